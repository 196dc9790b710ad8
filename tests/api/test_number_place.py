"""Where a number was issued, for the screen pop."""

import pytest

from api.number_place import number_place

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("number", "place"),
    [
        ("13907350011", "湖南省郴州市"), ("07352222345", "湖南省郴州市"), ("02012345678", "广东省广州市"), ("13800138000", "北京市"),
        ("4008001234", ""), ("95533", ""), ("", ""), ("anonymous", ""), ("-", ""),
    ],
)  # fmt: skip
def test_a_number_tells_where_it_was_issued_and_nothing_where_that_is_not_known(
    number: str, place: str
) -> None:
    assert number_place(number) == place
