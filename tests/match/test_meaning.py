"""Passages, and ranking by vectors brought from outside: here a meaning of three words, each an axis."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from match.index import TextIndex
from match.meaning import LONGEST, MOST, TAIL, Meanings, passages

pytestmark = pytest.mark.unit

AXES = (("工资", "薪水"), ("路灯", "照明"), ("医保", "看病"))


class Three:
    """Counts words by what they mean; knows only the texts it was told of."""

    def __init__(self, unknown: Sequence[str] = ()) -> None:
        self.unknown = unknown

    def asked(self, text: str) -> NDArray[np.float32]:
        found = np.array([sum(text.count(word) for word in words) for words in AXES], np.float32) + 0.01
        return np.asarray(found / np.linalg.norm(found), np.float32)

    def known(self, texts: Sequence[str]) -> list[NDArray[np.float32] | None]:
        return [None if text in self.unknown else self.asked(text) for text in texts]


def test_other_words_of_the_same_meaning_find_the_entry() -> None:
    texts = ["拖欠工资", "路灯不亮", "医保报销"]
    assert TextIndex(texts).search("照明", 3) == []
    assert TextIndex(texts, Three()).search("照明", 3)[0].entry == 1


def test_a_long_entry_is_as_near_as_its_nearest_passage() -> None:
    long = "路灯不亮。" * 40 + "医保报销。" * 40
    near = Meanings([long, "路灯"], Three()).near(Three().asked("看病"))
    assert near[0] > 0.99
    assert near[1] < 0.1


def test_an_entry_without_vectors_is_neither_favoured_nor_hidden() -> None:
    texts = ["工资", "路灯", "医保"]
    known = Meanings(texts, Three(unknown=["路灯"]))
    assert known.missing == ["路灯"]
    near = known.near(Three().asked("工资"))
    assert near[2] < near[1] < near[0]
    assert TextIndex(texts, Three(unknown=texts)).search("工资", 1)[0].entry == 0


@settings(deadline=None)
@given(st.text(alphabet="甲乙。，！\n 丙", max_size=1500))
def test_passages_are_short_and_lose_nothing_but_blanks(text: str) -> None:
    cut = passages(text)
    assert 1 <= len(cut) <= MOST
    assert all(len(piece) <= LONGEST + TAIL for piece in cut) or len(text) <= LONGEST + TAIL
    whole = "".join(text.split())
    assert whole.startswith("".join("".join(cut).split())) or len(cut) == MOST
