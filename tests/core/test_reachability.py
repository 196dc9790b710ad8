"""Outages of a unit's telephone: thirty minutes count, twenty-nine do not; rulings, fairness."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reachability import FairUse, Outage, Result, Rule, Ruling, is_due, may_call, outages, points_off

pytestmark = pytest.mark.unit
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RULE, FAIR = Rule(), FairUse()


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def calls(*tries: tuple[float, str]) -> list[Result]:
    return [Result("phone_1", at(minutes), outcome) for minutes, outcome in tries]


def failed(*minutes: float) -> list[Result]:
    return calls(*((m, "no_answer") for m in minutes))


def test_thirty_minutes_without_an_answer_are_an_outage_of_half_a_point() -> None:
    found = outages(failed(0, 15, 30), RULE)
    assert found == [Outage("phone_1", at(0), at(30), 3)]
    assert points_off(found) == 0.5


@pytest.mark.parametrize(
    "tries",
    [
        failed(0, 15, 29.99),
        failed(0, 30),
        failed(0, 15) + calls((20, "answered")) + failed(30, 45),
        failed(0, 15) + calls((30, "busy")),
        failed(0, 15) + calls((30, "congestion")),
        failed(0, 15, 76),
        calls((0, "busy"), (15, "busy"), (30, "busy")),
        [],
    ],
)
def test_less_than_that_is_none(tries: list[Result]) -> None:
    assert outages(tries, RULE) == []


def test_a_busy_line_neither_breaks_nor_makes_a_run() -> None:
    assert len(outages(failed(0, 15) + calls((20, "busy")) + failed(30), RULE)) == 1


def test_a_telephone_switched_off_or_refused_counts_like_one_nobody_takes() -> None:
    assert len(outages(calls((0, "unreachable"), (15, "rejected"), (30, "no_answer")), RULE)) == 1


def test_one_long_run_is_one_outage_and_an_answer_begins_the_next() -> None:
    tries = failed(0, 15, 30, 45, 60) + calls((70, "answered")) + failed(80, 95, 110)
    assert [(o.began, o.tries) for o in outages(tries, RULE)] == [(at(0), 5), (at(80), 3)]


def test_force_majeure_is_excused_and_only_for_whom_it_was_ruled() -> None:
    storm = Ruling("WATER", at(-10), at(40))
    assert points_off(outages(failed(0, 15, 30), RULE, [storm], "WATER")) == 0
    assert points_off(outages(failed(0, 15, 30), RULE, [Ruling("", at(-10), at(40))], "ROADS")) == 0
    assert points_off(outages(failed(0, 15, 30), RULE, [storm], "ROADS")) == 0.5


def test_what_fails_after_the_ruling_ends_counts_by_itself() -> None:
    storm = Ruling("WATER", at(-10), at(20))
    assert outages(failed(0, 15, 30, 45), RULE, [storm], "WATER")[0].excused
    counted = outages(failed(0, 15, 30, 45, 60), RULE, [storm], "WATER")
    assert [(o.began, o.ended, o.excused) for o in counted] == [(at(30), at(60), False)]


def test_time_inside_a_ruling_joins_no_two_ends_into_an_outage() -> None:
    storm = Ruling("", at(10), at(40))
    assert [o.excused for o in outages(failed(0, 15, 30, 45, 55), RULE, [storm])] == [True]


def test_a_routine_call_a_day_and_a_quick_series_after_a_failure() -> None:
    assert is_due([], at(0), FAIR, RULE)
    assert not is_due(calls((0, "answered")), at(60), FAIR, RULE)
    assert is_due(calls((0, "answered")), at(24 * 60), FAIR, RULE)
    assert not is_due(failed(0), at(14), FAIR, RULE)
    assert is_due(failed(0), at(15), FAIR, RULE)
    assert is_due(failed(0, 15), at(30), FAIR, RULE)
    assert not is_due(failed(0, 15, 30), at(45), FAIR, RULE), "the outage is proven: nobody is rung any more"
    assert not is_due(calls((0, "")), at(15), FAIR, RULE), "one under way is waited for"


@given(st.lists(st.sampled_from(["no_answer", "busy", "answered", "congestion"]), max_size=40))
def test_no_telephone_is_ever_rung_more_often_than_is_fair(outcomes: list[str]) -> None:
    done: list[Result] = []
    left = iter(outcomes)
    for minute in range(0, 3 * 24 * 60, 5):
        recent = [one for one in done if at(minute) - one.at < timedelta(days=1)]
        if is_due(recent, at(minute), FAIR, RULE):
            done += calls((minute, next(left, "busy")))
    for one in done:
        hour = [o for o in done if timedelta(0) <= one.at - o.at < timedelta(hours=1)]
        day = [o for o in done if timedelta(0) <= one.at - o.at < timedelta(days=1)]
        assert len(hour) <= FAIR.per_hour
        assert len(day) <= FAIR.per_day


def test_the_limits_hold_for_whoever_asks() -> None:
    assert may_call(failed(0, 10), at(20), FAIR)
    assert not may_call(failed(0, 10, 20), at(30), FAIR)
    assert not may_call(failed(*range(-1200, 0, 200)), at(120), FAIR)
