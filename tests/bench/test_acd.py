"""The simulated floor is right before it is fast: who takes whom, nobody lost, and Erlang C where Erlang C holds."""

import pytest

from bench import acd, acd_day, erlang
from bench.acd_day import START, Caller, Shift
from bench.acd_hall import Hall, Tally
from routing import RoutingPolicy, SeatView

pytestmark = pytest.mark.unit
RULES = RoutingPolicy(patience_s={"": 20})


def call(number: int, at: float, wants: str = "", busy: float = 100, gives_up: float = 1e9) -> Caller:
    return Caller(number, at, tuple(wants.split()), busy, gives_up)


def shift(name: str, skills: str = "", begins: float = 0, ends: float = 1e6, kind: str = "agent") -> Shift:
    return Shift(SeatView(name, "logged_out", START, 0, frozenset(skills.split()), kind), begins, ends)


def waits(calls: list[Caller], shifts: list[Shift]) -> tuple[list[float], Tally]:
    tally = Hall(RULES, 1.25).run(calls, shifts)
    return list(tally.waits), tally


def test_the_first_in_line_is_served_first_and_waits_as_long_as_the_talk_before():
    assert waits([call(0, 10), call(1, 20), call(2, 30)], [shift("a")])[0] == [0, 90, 180]


def test_a_call_waits_for_its_skill_then_takes_anybody_who_needs_longer():
    shifts = [shift("a"), shift("tax", "tax")]
    found, tally = waits([call(0, 0, "tax"), call(1, 10, "tax"), call(2, 11, "", 5)], shifts)
    assert found == [0, 0, 20]  # the second is widened after 20 s: the third had the other seat by then
    assert (tally.wanted, tally.matched, tally.busy_s) == (2, 1, 100 + 125 + 5)


def test_a_seat_that_becomes_free_goes_to_whoever_it_is_for_not_to_whoever_is_first():
    shifts = [shift("tax", "tax"), shift("law", "law"), shift("a", ends=0.5)]
    calls = [call(0, 1, "law", 50), call(1, 2, "tax", 10), call(2, 3, "law", 10), call(3, 4, "tax", 10)]
    assert waits(calls, shifts)[0] == [0, 0, 8, 20]


def test_who_gives_up_is_counted_and_keeps_no_seat():
    found, tally = waits([call(0, 0), call(1, 1, gives_up=30), call(2, 2)], [shift("a")])
    assert (found, tally.gave_up) == ([0, 98], 1)


def test_a_shift_ends_after_the_talk_and_nobody_new_is_given_to_it():
    found, _ = waits([call(0, 5), call(1, 20)], [shift("a", ends=10), shift("b", begins=200)])
    assert found == [0, 180]


def test_every_call_of_a_drawn_day_ends_and_every_skilled_talk_was_wanted():
    calls = acd_day.callers(2000, 7)
    sitting = acd_day.shifts(60, acd_day.load_by_hour(calls), 8)
    tally = Hall(acd.OURS, 1.25).run(calls, sitting)
    assert tally.offered == 2000 == len(tally.waits) + tally.gave_up
    assert 0 < tally.matched <= tally.wanted <= 2000
    assert min(tally.waits) >= 0


def test_the_same_seed_draws_the_same_day():
    assert acd_day.callers(200, 3) == acd_day.callers(200, 3) != acd_day.callers(200, 4)


def test_a_floor_of_one_skill_behaves_as_erlang_c_says():
    found = acd.control(acd.Control(seats=6, erlang=3.5, handle_s=120, runs=2), 10_000, 11)
    assert found["points_apart"] < 3


def test_erlang_c_gives_the_published_example():
    """10 Erlang, 14 agents, calls of 180 s: 17.4 % wait, 88.8 % answered within 20 s (Call Centre Helper)."""
    assert erlang.delayed(14, 10) == pytest.approx(0.1741, abs=1e-4)
    assert erlang.answered_within(14, 10, 180, 20) == pytest.approx(0.8884, abs=1e-4)
    with pytest.raises(ValueError, match="never settles"):
        erlang.delayed(10, 10)
