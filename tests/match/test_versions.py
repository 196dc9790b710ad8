"""Which text held at a moment, and what differs between two."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from match.versions import Served, as_of, differences

pytestmark = pytest.mark.unit
START = datetime(2026, 11, 1, tzinfo=UTC)


def day(n: float) -> datetime:
    return START + timedelta(days=n)


def test_the_last_to_begin_holds_from_its_first_moment() -> None:
    chain = [Served(1, day(0)), Served(2, day(5)), Served(3, day(9))]
    moments = (-0.001, 0, 4.999, 5, 8, 9, 400)
    assert [as_of(chain, day(n)) for n in moments] == [None, 1, 1, 2, 2, 3, 3]


def test_what_was_replaced_does_not_come_back_when_its_successor_is_withdrawn() -> None:
    chain = [Served(1, day(0)), Served(2, day(5), day(7))]
    assert [as_of(chain, day(n)) for n in (6, 7, 8)] == [2, None, None]
    assert as_of([*chain, Served(3, day(8))], day(8)) == 3


def test_of_two_that_begin_together_the_later_number_holds() -> None:
    assert as_of([Served(2, day(1)), Served(1, day(1))], day(1)) == 2


@given(
    st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 60)), max_size=8), st.integers(-1, 70)
)
def test_what_holds_has_begun_and_was_not_withdrawn(chain: list[tuple[int, int | None]], at: int) -> None:
    served = [
        Served(n, day(since), None if until is None else day(max(since, until)))
        for n, (since, until) in enumerate(chain, 1)
    ]
    found = as_of(served, day(at))
    if found is not None:
        one = served[found - 1]
        assert one.since <= day(at)
        assert one.until is None or day(at) < one.until
        assert all(other.since <= one.since for other in served if other.since <= day(at))


def test_differences_are_told_field_by_field_and_line_by_line() -> None:
    before = {"title": "停水", "answer": "先看公告。再打电话。", "questions": ["停水怎么办"], "clause": "三"}
    after = before | {"answer": "先看公告。再打12345。", "questions": ["停水怎么办", "没水"]}
    found = {one["field"]: one["lines"] for one in differences(before, after)}
    assert found == {
        "questions": ["  停水怎么办", "+ 没水"],
        "answer": ["  先看公告。", "- 再打电话。", "+ 再打12345。"],
    }
    assert differences(before, before) == []
