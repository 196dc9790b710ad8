"""Numbers that citizens say aloud are masked wherever somebody else reads along."""

import pytest

from api.masked import masked

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("我的电话13812345678", "我的电话138****5678"),
        ({"text": "13812345678", "call_id": "13812345678", "linkedid": "1763690400.12"},
         {"text": "138****5678", "call_id": "13812345678", "linkedid": "1763690400.12"}),
        ([{"quote": ["身份证11010519491231002X"]}], [{"quote": ["身份证110****002X"]}]),
        ({"score": 0.5, "known": True, "none": None, "short": "12345"},
         {"score": 0.5, "known": True, "none": None, "short": "12345"}),
    ],
)  # fmt: skip
def test_numbers_are_masked_and_our_own_ids_are_not(plain: object, shown: object) -> None:
    assert masked(plain) == shown
