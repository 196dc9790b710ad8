"""Which stored texts are likest: by words and, with a meaning, by what they mean."""

import pytest

from match.likest import Likest, Stored, substance
from tests.match.test_meaning import Three

pytestmark = pytest.mark.unit

STORED = [Stored(0, "拖欠工资找谁", 1.0), Stored(1, "路灯不亮找谁", 1.0), Stored(1, "路灯由城管局修", 0.5)]


def test_without_a_meaning_only_texts_that_share_something_are_looked_at() -> None:
    found = Likest(STORED).among("门口的照明坏了")
    assert all(like.near is None for like in found)
    assert not any(like.words > 0.1 for like in found)


def test_with_a_meaning_the_text_in_other_words_is_the_nearest() -> None:
    found = Likest(STORED, Three()).among("门口的照明坏了")
    nearest = max(found, key=lambda like: like.near or 0.0)
    assert nearest.stored.owner == 1
    assert nearest.near == pytest.approx(0.25, abs=0.01)  # a cosine of 1, and 0.75 is what anything gets
    wages = next(like for like in found if like.stored.owner == 0)
    assert wages.near == 0.0


def test_each_text_counts_by_its_share_and_says_what_it_was_likest_to() -> None:
    found = {like.stored.text: like for like in Likest(STORED).among("请讲，路灯由城管局修，对吗")}
    assert found["路灯由城管局修"].said == "路灯由城管局修"
    assert found["路灯由城管局修"].words == pytest.approx(0.5, abs=0.01)


def test_a_word_or_two_counts_less_than_a_question() -> None:
    assert substance("路灯") < substance("路灯坏了") < substance("门口的路灯坏了") == 1.0
    short = Likest(STORED, Three()).among("照明")
    whole = Likest(STORED, Three()).among("门口的照明坏了")
    assert max(like.near or 0.0 for like in short) < max(like.near or 0.0 for like in whole)


def test_nothing_said_is_like_nothing() -> None:
    assert Likest(STORED, Three()).among("") == []
    assert Likest([], Three()).among("路灯") == []
