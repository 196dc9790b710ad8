"""The one rule, case by case."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import CallView, Route, RoutingPolicy, SeatView, Snapshot, decide, kept
from routing.index import FloorIndex
from routing.words import REASONS, explained, situation

pytestmark = pytest.mark.unit
T0 = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
POLICY = RoutingPolicy()
STATES = ("ready", "paused", "reserved", "ringing", "talking", "wrap_up", "logged_out")


def seat(name: str, state: str = "ready", idle: float = 0, skills: str = "", kind: str = "agent") -> SeatView:
    turn = T0 - timedelta(seconds=idle)
    return SeatView(name, state, turn, 1, frozenset(skills.split()), kind)  # type: ignore[arg-type]


def floor(
    *seats: SeatView,
    queue: Mapping[str, int] | None = None,
    handle_s: float | None = None,
    rota: Mapping[str, tuple[str, ...]] | None = None,
) -> Snapshot:
    return replace(Snapshot.of(seats, queue, handle_s), rota=rota or {})


def call(waited: float = 0, wants: str = "", tried: str = "", **facts: object) -> CallView:
    return CallView("c", waited, frozenset(tried.split()), tuple(wants.split()), **facts)  # type: ignore[arg-type]


def to(route: Route) -> str:
    return route.seat.id if route.seat else route.target


def test_the_seat_that_has_been_idle_longest_takes_the_call():
    route = decide(call(), floor(seat("a", idle=5), seat("b", idle=50), seat("c", idle=20)), POLICY)
    assert (to(route), route.reason) == ("b", "longest_idle")


def test_a_seat_that_let_it_ring_is_not_asked_again_while_another_is_free():
    assert to(decide(call(20, tried="a"), floor(seat("a", idle=90), seat("b", idle=5)), POLICY)) == "b"


def test_when_every_free_seat_let_it_ring_a_new_round_begins():
    assert to(decide(call(20, tried="a"), floor(seat("a")), POLICY)) == "a"


def test_after_a_long_wait_before_seats_that_let_it_ring_a_call_back_is_offered_once():
    assert to(decide(call(61, tried="a"), floor(seat("a")), POLICY)) == "callback"
    assert to(decide(call(61, tried="a", callback_offered=True), floor(seat("a")), POLICY)) == "a"


def test_a_later_call_does_not_overtake_one_that_waits():
    route = decide(call(), floor(seat("a"), queue={"": 1}), POLICY)
    assert (route.target, route.reason, route.position) == ("wait", "in_line", 2)


def test_with_two_seats_free_the_second_in_line_is_served_too():
    assert to(decide(call(), floor(seat("a", idle=9), seat("b", idle=5), queue={"": 1}), POLICY)) == "b"


def test_busy_seats_mean_waiting_with_a_position_and_an_estimate():
    seen = floor(seat("a", "talking"), seat("b", "wrap_up"), seat("c", "paused"), queue={"": 2}, handle_s=180)
    route = decide(call(10), seen, POLICY)
    assert (route.target, route.reason, route.position, route.wait_s) == ("wait", "all_busy", 3, 270)


def test_nothing_is_estimated_from_nothing():
    assert decide(call(10), floor(seat("a", "talking")), POLICY).wait_s is None
    assert decide(call(10), floor(seat("a", "paused"), handle_s=180), POLICY).wait_s is None


def test_a_long_wait_is_offered_a_call_back_once():
    seen = floor(seat("a", "talking"))
    assert decide(call(61), seen, POLICY).reason == "waited_long"
    assert decide(call(61, callback_offered=True), seen, POLICY).target == "wait"


def test_nobody_logged_in_offers_a_call_back_at_once():
    assert decide(call(), floor(seat("a", "logged_out")), POLICY).reason == "nobody_there"
    assert decide(call(), floor(), POLICY).target == "callback"


# --- skills -----------------------------------------------------------------------------------------------------------


def test_a_seat_with_the_wanted_skill_goes_before_one_that_has_been_idle_longer():
    seen = floor(seat("a", idle=90), seat("b", idle=5, skills="lang.yue"))
    route = decide(call(wants="lang.yue"), seen, POLICY)
    assert (to(route), route.reason) == ("b", "skilled")


def test_a_skill_is_waited_for_as_long_as_the_city_says_then_anybody_helps():
    seen = floor(seat("a"), seat("b", "talking", skills="lang.yue"))
    assert decide(call(44, wants="lang.yue"), seen, POLICY).reason == "wait_for_skill"
    route = decide(call(45, wants="lang.yue"), seen, POLICY)
    assert (to(route), route.reason) == ("a", "widened")


def test_a_skill_nobody_at_work_has_is_not_waited_for():
    seen = floor(
        seat("a"), seat("b", "paused", skills="lang.yue"), seat("c", "logged_out", skills="lang.yue")
    )
    assert to(decide(call(wants="lang.yue"), seen, POLICY)) == "a"


def test_a_line_may_insist_longer_than_the_city():
    seen = floor(seat("a"), seat("b", "talking", skills="line.12333"))
    assert to(decide(call(wants="line.12333"), seen, POLICY)) == "a"
    assert decide(call(29, wants="line.12333", insists_s=30), seen, POLICY).reason == "wait_for_skill"


def test_a_countys_own_seat_goes_first_then_the_city():
    near, busy = seat("r", skills="region.beihu", kind="remote"), seat("r", "talking", skills="region.beihu")
    assert to(decide(call(wants="region.beihu"), floor(seat("a", idle=99), near), POLICY)) == "r"
    assert decide(call(wants="region.beihu"), floor(seat("a"), busy), POLICY).target == "wait"
    assert to(decide(call(8, wants="region.beihu"), floor(seat("a"), busy), POLICY)) == "a"


def test_of_two_wishes_the_longer_one_is_kept_when_the_other_has_run_out():
    both, tongue = seat("b", "talking", skills="lang.yue region.beihu"), seat("t", skills="lang.yue")
    wants = "lang.yue region.beihu"
    assert decide(call(5, wants=wants), floor(both, tongue, seat("a", idle=9)), POLICY).target == "wait"
    assert to(decide(call(9, wants=wants), floor(both, tongue, seat("a", idle=9)), POLICY)) == "t"


def test_an_expert_is_kept_for_the_line_until_the_wait_is_long():
    seen = floor(seat("x", idle=99, skills="line.12348", kind="expert"), seat("a", "talking"))
    assert to(decide(call(wants="line.12348"), seen, POLICY)) == "x"
    assert decide(call(19), seen, POLICY).target == "wait"
    assert to(decide(call(20), seen, POLICY)) == "x"


def test_where_only_experts_and_the_shifts_lead_are_at_work_they_help_at_once():
    seen = floor(seat("s", kind="supervisor"), seat("a", "paused"))
    assert to(decide(call(), seen, POLICY)) == "s"


def test_calls_ahead_take_the_seats_they_want_and_leave_the_others():
    yue, plain = seat("y", idle=9, skills="lang.yue"), seat("p")
    assert to(decide(call(), floor(yue, plain, queue={"lang.yue": 1}), POLICY)) == "p"
    assert decide(call(), floor(yue, plain, queue={"lang.yue": 1, "": 1}), POLICY).target == "wait"
    assert to(decide(call(wants="lang.yue"), floor(yue, plain, queue={"lang.min": 3}), POLICY)) == "wait"
    assert to(decide(call(wants="lang.yue"), floor(yue, plain, seat("m", skills="lang.min"),
                                                   queue={"lang.min": 3}), POLICY)) == "y"  # fmt: skip


def test_who_insists_on_a_skill_stands_in_line_with_those_who_do_too():
    seen = floor(
        seat("y", "talking", skills="lang.yue"),
        seat("a", "talking"),
        queue={"": 7, "lang.yue": 2},
        handle_s=60,
    )
    route = decide(call(wants="lang.yue"), seen, POLICY)
    assert (route.position, route.wait_s) == (3, 180)


# --- the agent who knows the citizen ----------------------------------------------------------------------------------


def test_the_agent_who_spoke_with_the_citizen_lately_goes_first():
    route = decide(call(prefers="b"), floor(seat("a", idle=99), seat("b", idle=1)), POLICY)
    assert (to(route), route.reason) == ("b", "same_agent")


def test_that_agent_is_waited_for_a_moment_while_filing_and_not_while_talking():
    filing, talking = floor(seat("a"), seat("b", "wrap_up")), floor(seat("a"), seat("b", "talking"))
    assert decide(call(9, prefers="b"), filing, POLICY).reason == "wait_for_agent"
    assert to(decide(call(10, prefers="b"), filing, POLICY)) == "a"
    assert to(decide(call(0, prefers="b"), talking, POLICY)) == "a"


def test_that_agent_is_not_asked_again_after_a_miss_and_is_nobody_elses_loss():
    assert to(decide(call(prefers="b", tried="b"), floor(seat("a"), seat("b")), POLICY)) == "a"
    seen = floor(seat("b", idle=9), seat("a"), queue={"": 1})
    assert to(decide(call(prefers="b"), seen, POLICY)) == "a"


# --- for every floor --------------------------------------------------------------------------------------------------

WANTS = st.sampled_from(["", "lang.yue", "region.beihu", "lang.yue region.beihu", "line.12333"])
SEATS = st.lists(
    st.builds(
        lambda state, idle, skills, kind: (state, idle, skills, kind),
        st.sampled_from(STATES),
        st.integers(0, 999),
        WANTS,
        st.sampled_from(["agent", "remote", "expert", "supervisor"]),
    ),
    max_size=14,
)
CALLS = st.builds(
    lambda waited, wants, tried, prefers, offered: CallView(
        "c", waited, frozenset(f"s{n}" for n in tried), tuple(wants.split()), f"s{prefers}", offered
    ),
    st.floats(0, 120),
    WANTS,
    st.sets(st.integers(0, 4), max_size=3),
    st.integers(0, 5),
    st.booleans(),
)
QUEUES = st.dictionaries(WANTS, st.integers(1, 3), max_size=3)


def every_seat(given_seats: list[tuple[str, int, str, str]]) -> list[SeatView]:
    return [seat(f"s{n}", *facts) for n, facts in enumerate(given_seats)]


@given(SEATS, CALLS, QUEUES)
def test_only_free_seats_are_taken_and_every_route_says_why(seats, asking, queue):
    seen = Snapshot.of(every_seat(seats), queue, 120)
    route = decide(asking, seen, POLICY)
    assert route.reason in REASONS
    assert explained(route)
    assert situation(asking, seen)
    assert (route.seat is not None) == (route.target == "seat")
    assert route.seat is None or route.seat.state == "ready"
    assert not (route.target == "callback" and asking.callback_offered)


@given(SEATS, CALLS)
def test_nobody_waits_for_ever_beside_a_free_seat(seats, asking):
    patient = replace(asking, waited_s=3600, callback_offered=True)
    seen = Snapshot.of(every_seat(seats))
    assert (decide(patient, seen, POLICY).target == "seat") == any(s.state == "ready" for s in seen.seats)


@given(SEATS, CALLS, QUEUES)
def test_the_index_finds_what_a_look_at_every_seat_finds(seats, asking, queue):
    whole = Snapshot.of(every_seat(seats), queue, 120)
    part = FloorIndex(whole.seats).snapshot(asking, POLICY, queue, 120)
    assert kept.Outcome.of(decide(asking, part, POLICY)) == kept.Outcome.of(decide(asking, whole, POLICY))


@given(SEATS, SEATS)
def test_the_index_forgets_what_was(before, after):
    index = FloorIndex(every_seat(before))
    for one in every_seat(after):
        index.put(one)
    gone = every_seat(before)[len(after) :]
    assert index.free() == sum(one.state == "ready" for one in [*every_seat(after), *gone])


@given(SEATS, CALLS, QUEUES)
def test_a_decision_comes_out_the_same_from_what_was_kept_of_it(seats, asking, queue):
    seen = Snapshot.of(every_seat(seats), queue, 120)
    memory = json.loads(json.dumps(kept.seen(asking, seen)))
    again = decide(kept.call_of("c", memory), kept.floor_of(memory), POLICY)
    assert kept.Outcome.of(again) == kept.Outcome.of(decide(asking, seen, POLICY))


EXPERT = "line.12333"
SKILLED = (
    seat("a", idle=90, skills=EXPERT, kind="expert"), seat("b", idle=5, skills=EXPERT, kind="expert"), seat("c", idle=99),
)  # fmt: skip


def test_who_is_on_duty_for_the_line_goes_before_others_that_merely_have_its_skill():
    for patience in (POLICY, RoutingPolicy(patience_s={"line.": 10})):
        route = decide(call(wants=EXPERT), floor(*SKILLED, rota={EXPERT: ("b",)}), patience)
        assert (to(route), route.reason) == ("b", "on_duty")


def test_without_a_shift_now_it_is_as_if_there_were_no_rota():
    found = [
        decide(call(wants=EXPERT), floor(*SKILLED, rota=r), POLICY) for r in (None, {"line.12348": ("b",)})
    ]
    assert [(to(route), route.reason) for route in found] == [("a", "skilled")] * 2


def test_duty_does_not_make_up_for_the_skill_nor_for_being_away():
    for rota in ({EXPERT: ("c",)}, {EXPERT: ("z",)}):
        assert to(decide(call(wants=EXPERT), floor(*SKILLED, rota=rota), POLICY)) == "a"
    away = (SKILLED[0], seat("b", "paused", idle=5, skills=EXPERT, kind="expert"))
    assert to(decide(call(wants=EXPERT), floor(*away, rota={EXPERT: ("b",)}), POLICY)) == "a"


def test_among_those_on_duty_it_goes_by_turn_and_one_who_let_it_ring_comes_last():
    rota = {EXPERT: ("b", "a")}
    assert to(decide(call(wants=EXPERT), floor(*SKILLED, rota=rota), POLICY)) == "a"
    assert to(decide(call(wants=EXPERT, tried="a"), floor(*SKILLED, rota=rota), POLICY)) == "b"
    assert to(decide(call(wants=EXPERT, tried="a b"), floor(*SKILLED, rota=rota), POLICY)) == "c"


def test_duty_is_kept_with_the_decision_and_told():
    seen, asked = floor(*SKILLED, rota={EXPERT: ("b",)}), call(wants=EXPERT)
    stored = json.loads(json.dumps(kept.seen(asked, seen)))
    again = decide(kept.call_of("c", stored), kept.floor_of(stored), POLICY)
    assert kept.Outcome.of(again) == kept.Outcome.of(decide(asked, seen, POLICY))
    assert again.reason == "on_duty"
    assert "line.12333 当班且空闲：b" in situation(asked, seen)
    assert "rota" not in kept.seen(asked, floor(*SKILLED))
