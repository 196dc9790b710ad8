"""Grades named in words, and the numbers we would call or text."""

import pytest

from app.errands.spoken import denies_contact, grade_said
from core.numbers import diallable, textable

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "grade"),
    [
        ("非常满意。", "very_satisfied"),
        ("嗯，我很满意，谢谢你们", "very_satisfied"),
        ("满意", "satisfied"),
        ("挺满意的", "satisfied"),
        ("基本 满意吧", "fairly_satisfied"),
        ("还算满意", "fairly_satisfied"),
        ("不满意！", "dissatisfied"),
        ("不太满意，来了两次都没修好", "dissatisfied"),
        ("我非常不满意", "very_dissatisfied"),
        ("很不满意", "very_dissatisfied"),
        ("接待的同志我满意，但是结果不满意", None),
        ("你问我满不满意，我说不好", None),
        ("水还没有来", None),
        ("", None),
    ],
)
def test_a_grade_is_taken_from_words_only_where_it_is_plain(said: str, grade: str | None) -> None:
    assert grade_said(said) == grade


@pytest.mark.parametrize(
    ("number", "called", "texted"),
    [
        ("13812345678", True, True),
        ("+8613812345678", True, True),
        ("07352345678", True, False),
        ("2345678", True, False),
        ("12345", False, False),
        ("110", False, False),
        ("+88213812345678", False, False),
        ("0085212345678900", False, False),
        ("anonymous", False, False),
        ("", False, False),
    ],
)
def test_only_domestic_numbers_are_called_and_only_mobiles_texted(
    number: str, called: bool, texted: bool
) -> None:
    assert (diallable(number), textable(number)) == (called, texted)


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("根本没有人联系我", True), ("没人跟我打过电话", True), ("从来没联系过我", True), ("我没接到过任何电话", True),
        ("没有人来处理", True), ("他们联系我了，还可以", False), ("满意", False), ("打过电话了", False), ("不是没联系我", False),
        ("以前一直没人管，这次局里来人就修好了，很满意", False), ("没人处理过这么快的，很满意", False),
        ("没人处理得这么快", False), ("之前没有人联系我，后来派人上门了", False), ("没人理过我们小区，现在修好了", False),
        ("以前没人管，现在也没人管", True), ("没人管，不满意", True), ("之前没人联系过我，现在才接到你们电话", True),
        ("没人联系我，水是修好了", True), ("压根没人来处理", True), ("从来没有人管", True),
    ],
)  # fmt: skip
def test_who_says_that_nobody_called_is_heard(text: str, denies: bool) -> None:
    assert denies_contact(text) is denies
