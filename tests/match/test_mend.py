"""Misheard characters are put right by the entries' own words; what is right stays."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.index import TextIndex
from match.mend import Mender, Seen

pytestmark = pytest.mark.unit

TEXTS = ["公司拖欠工资两个月", "路灯坏了没人修", "医保报销比例是多少", "公积金怎么提取", "工资没有发"]


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("公司拖欠公资", "公司拖欠工资"),
        ("医保报消比利", "医保报销比例"),
        ("路等坏了", "路灯坏了"),
        ("公鸡金怎么提取", "公积金怎么提取"),
    ],
)
def test_characters_of_the_same_sound_become_those_the_entries_have(heard: str, said: str) -> None:
    assert Mender(Seen.of(TEXTS)).mend(heard) == said


@pytest.mark.parametrize("text", [*TEXTS, "", "工", "xyz 123", "龘龘龘", "公司，路灯"])
def test_what_the_entries_know_and_what_has_no_other_reading_stays(text: str) -> None:
    assert Mender(Seen.of(TEXTS)).mend(text) == text


def test_without_entries_nothing_changes() -> None:
    assert Mender(Seen.of([])).mend("公司拖欠公资") == "公司拖欠公资"


@settings(deadline=None)
@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_comes_back_as_long_as_it_was(text: str, texts: list[str]) -> None:
    mended = Mender(Seen.of(texts)).mend(text)
    assert len(mended) == len(text)
    assert all(a == b for a, b in zip(mended, text, strict=True) if not "\u4e00" <= a <= "\u9fff")


def test_a_search_asks_for_what_was_probably_said() -> None:
    texts = ["社保转移接续", "设备转移登记", "社会保险缴费"]
    assert TextIndex(texts).search("设保转移", 1)[0].entry == 0
