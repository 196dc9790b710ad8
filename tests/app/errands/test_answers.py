"""What citizens answer to a text: a key, with or without the last digits of their ticket's number."""

import pytest

from app.errands.answers import Answer, marks, read

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("words", "mark"),
    [
        ("5", ""), (" ５ ", ""), ("1234 5", "1234"), ("尾号1234 5", "1234"), ("尾号 1234，5", "1234"),
        ("工单尾号１２３４：5", "1234"), ("工单20261120-001234、5", "20261120001234"),
    ],
)  # fmt: skip
def test_an_answer_is_a_key_and_may_name_its_ticket(words: str, mark: str) -> None:
    assert read(words) == Answer("5", mark)


@pytest.mark.parametrize("words", ["", "谢谢", "12345", "55", "第3次了 5", "123 5", "1234 5 3"])
def test_anything_else_is_no_answer(words: str) -> None:
    assert read(words) is None


def test_a_mark_names_whatever_number_ends_with_it() -> None:
    assert [Answer("5", mark).names("20261120-001234") for mark in ("", "1234", "001234", "1235")] == [
        True, True, True, False,
    ]  # fmt: skip


def test_marks_are_as_long_as_tells_the_tickets_apart() -> None:
    assert marks(["20261120-001234", "20261120-005678"]) == ["1234", "5678"]
    assert marks(["20261120-001234", "20261120-771234"]) == ["01234", "71234"]
    assert marks(["20261120-001234", "20261121-001234"]) == ["0001234", "1001234"]
