"""Tidying and sounds."""

import pytest

from match.text import bare, sound, tidy

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("拖欠", "脱欠"),
        ("公资", "工资"),
        ("投诉", "头诉"),
        ("四川", "是川"),
        ("奶奶", "来来"),
        ("人民", "仁明"),
        ("金融", "精融"),
    ],
)
def test_words_that_the_telephone_confuses_sound_the_same(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(
    ("one", "other"), [("工资", "公司"), ("北湖", "苏仙"), ("投诉", "咨询"), ("12333", "12315")]
)
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert sound(one) != sound(other)


def test_full_width_digits_and_blanks_between_words_are_tidied() -> None:
    assert tidy(" １２３３３ 电话 打 不通 ") == "12333电话打不通"
    assert bare("您好，12333！") == "您好12333"
