"""Phrases with gaps, by spelling and by sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from match.phrase import GAP, Heard, Phrase, PhraseBook
from match.text import tidy

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("phrase", "said", "exact"),
    [
        ("拖欠*工资", "公司拖欠了我两个月的工资", True),
        ("拖欠*工资", "公司脱欠了我两个月的公资", False),
        ("拖欠*工资", "拖欠工资", True),
        ("医保卡", "我的医保,卡丢了", True),
        ("北湖", "在北湖区", True),
    ],
)
def test_phrases_are_found_with_words_in_between_and_by_sound(phrase: str, said: str, exact: bool) -> None:
    span = Phrase.of(phrase).find(Heard(tidy(said)))
    assert span is not None
    assert span.exact is exact


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("拖欠*工资", "工资拖欠"),
        ("拖欠*工资", "拖欠" + "了" * (GAP + 1) + "工资"),
        ("北湖", "被胡"),  # two syllables must be spelt
        ("", "北湖"),
        ("*", "北湖"),
        ("北湖", ""),
    ],
)
def test_phrases_are_not_found_where_they_are_not_said(phrase: str, said: str) -> None:
    assert Phrase.of(phrase).find(Heard(tidy(said))) is None


def test_a_quote_is_the_citizens_own_words_inside_the_clause() -> None:
    heard = Heard(tidy("您好，公司拖欠了我的工资，怎么办"))
    span = Phrase.of("拖欠*工资").find(heard)
    assert span is not None
    assert heard.quote(span) == "拖欠了我的工资"
    assert heard.quote(span, 9) == "公司拖欠了我的工资"
    assert heard.before(span, 9) == "公司"
    assert heard.after(span, 9) == ""


@given(st.text(max_size=60), st.lists(st.text(alphabet="公司拖欠工资了*a1 ", max_size=6), max_size=5))
def test_any_text_and_phrases_are_searched_without_failing(said: str, phrases: list[str]) -> None:
    heard = Heard(tidy(said))
    for i, span in PhraseBook(phrases).find(heard):
        assert 0 <= span.start < span.end <= len(heard.text)
        assert heard.quote(span, 3) in heard.tidied
        assert phrases[i].strip("* ")


@given(st.text(alphabet="公司拖欠工资北湖区的我了，", max_size=40))
def test_the_book_finds_what_each_phrase_finds_alone(said: str) -> None:
    raws = ["拖欠*工资", "北湖区", "公司", "我", "工*区"]
    heard = Heard(tidy(said))
    alone = [(i, span) for i, raw in enumerate(raws) if (span := Phrase.of(raw).find(heard))]
    assert PhraseBook(raws).find(heard) == alone
