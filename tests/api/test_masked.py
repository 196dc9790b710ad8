"""Numbers that citizens say aloud are masked wherever somebody else reads along."""

import pytest

from api.masked import masked
from core.masking import mask_numbers

pytestmark = pytest.mark.unit


def test_where_matters_are_compared_places_stay_and_numbers_do_not() -> None:
    seen = {"places": ["燕泉路12号"], "same_words": ["电话138 1234 5678"]}
    compared = masked(seen, mask=mask_numbers)
    assert compared == {"places": ["燕泉路12号"], "same_words": ["电话138****5678"]}
    assert masked(seen)["places"] == ["燕泉路**号"]


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
