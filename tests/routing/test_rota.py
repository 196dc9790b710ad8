"""The rota's rules: holes between shifts, who covers a line, when an alarm is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.rota import GRACE, LineDuty, OnDuty, gaps, standing

pytestmark = pytest.mark.unit
T0 = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return T0 + hours * HOUR


def person(seat: str, begins: float = 0, ends: float = 8, state: str = "ready") -> OnDuty:
    return OnDuty(
        f"s{begins}", "12333", "王", seat, state if seat else "logged_out", True, at(begins), at(ends)
    )


def test_holes_between_shifts_are_named_and_overlaps_are_none():
    shifts = [(at(5), at(8)), (at(-3), at(2)), (at(1), at(3)), (at(30), at(31))]
    assert gaps(shifts, T0, at(10)) == [(at(3), at(5)), (at(8), at(10))]
    assert gaps([], T0, at(1)) == [(T0, at(1))]
    assert gaps([(at(-1), at(2))], T0, at(2)) == []


@given(st.lists(st.tuples(st.integers(-5, 30), st.integers(1, 9)), max_size=8))
def test_every_hour_is_in_a_shift_or_in_a_hole_and_never_in_both(drawn: list[tuple[int, int]]):
    shifts = [(at(begin), at(begin + length)) for begin, length in drawn]
    holes = gaps(shifts, T0, at(24))
    for hour in range(24):
        moment = at(hour + 0.5)
        inside = [any(a <= moment < b for a, b in spans) for spans in (shifts, holes)]
        assert inside.count(True) == 1, (hour, shifts, holes)


def test_a_line_is_covered_by_one_who_is_there_absent_without_and_empty_without_a_shift():
    found = standing(["12348", "12333"], [person(""), person("8001")])
    assert [(one.line, one.state) for one in found] == [("12333", "covered"), ("12348", "empty")]
    assert LineDuty("12333", (person(""),)).state == "absent"
    assert LineDuty("12333", (person("8001", state="paused"),)).state == "covered"


def test_people_get_some_minutes_to_log_in_before_there_is_an_alarm():
    line = LineDuty("12333", (person(""),))
    just, late = T0 + GRACE - timedelta(seconds=1), T0 + GRACE
    assert line.alarm(just, "covered") == "covered"
    assert line.alarm(late, "covered") == "absent"
    assert line.alarm(just, "absent") == line.alarm(just, "empty") == "absent"  # it stands already
    assert LineDuty("12333").alarm(just, "covered") == "empty"
