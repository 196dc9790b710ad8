from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import CallView, RoutingPolicy, SeatView, Snapshot, decide

pytestmark = pytest.mark.unit
T0 = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
POLICY = RoutingPolicy(offer_callback_after_s=60)


def seat(name: str, state: str = "ready", idle: int = 0, skills: frozenset[str] = frozenset()) -> SeatView:
    return SeatView(name, state, T0 - timedelta(seconds=idle), 1, skills)  # type: ignore[arg-type]


def test_the_seat_that_has_been_idle_longest_takes_the_call():
    route = decide(
        CallView("c", 0), Snapshot((seat("a", idle=5), seat("b", idle=50), seat("c", idle=20))), POLICY
    )
    assert route.target == "seat"
    assert route.seat is not None
    assert route.seat.id == "b"


def test_a_seat_that_let_it_ring_is_not_asked_again_while_another_is_free():
    floor = Snapshot((seat("a", idle=90), seat("b", idle=5)))
    route = decide(CallView("c", 20, tried=frozenset({"a"})), floor, POLICY)
    assert route.seat is not None
    assert route.seat.id == "b"


def test_when_every_free_seat_let_it_ring_a_new_round_begins():
    route = decide(CallView("c", 20, tried=frozenset({"a"})), Snapshot((seat("a"),)), POLICY)
    assert route.target == "seat"


def test_after_a_long_wait_before_seats_that_let_it_ring_a_call_back_is_offered_once():
    floor = Snapshot((seat("a"),))
    tried = frozenset({"a"})
    assert decide(CallView("c", 61, tried=tried), floor, POLICY).target == "callback"
    assert decide(CallView("c", 61, tried=tried, callback_offered=True), floor, POLICY).target == "seat"


def test_a_later_call_does_not_overtake_one_that_waits():
    route = decide(CallView("c", 0, ahead=1), Snapshot((seat("a"),)), POLICY)
    assert (route.target, route.position) == ("wait", 2)


def test_with_two_seats_free_the_second_in_line_is_served_too():
    route = decide(CallView("c", 0, ahead=1), Snapshot((seat("a", idle=9), seat("b", idle=5))), POLICY)
    assert route.seat is not None
    assert route.seat.id == "b"


def test_busy_seats_mean_waiting_with_a_position():
    route = decide(CallView("c", 10, ahead=2), Snapshot((seat("a", "talking"),)), POLICY)
    assert (route.target, route.position) == ("wait", 3)


def test_a_long_wait_is_offered_a_call_back_once():
    floor = Snapshot((seat("a", "talking"),))
    assert decide(CallView("c", 61), floor, POLICY).target == "callback"
    assert decide(CallView("c", 61, callback_offered=True), floor, POLICY).target == "wait"


def test_nobody_logged_in_offers_a_call_back_at_once():
    assert decide(CallView("c", 0), Snapshot((seat("a", "logged_out"),)), POLICY).target == "callback"
    assert decide(CallView("c", 0), Snapshot(()), POLICY).target == "callback"


def test_a_skill_is_preferred_but_never_leaves_a_caller_waiting_beside_a_free_seat():
    floor = Snapshot((seat("a", idle=90), seat("b", idle=5, skills=frozenset({"english"}))))
    chosen = decide(CallView("c", 0, skill="english"), floor, POLICY).seat
    assert chosen is not None
    assert chosen.id == "b"
    assert decide(CallView("c", 0, skill="korean"), floor, POLICY).target == "seat"


@given(
    st.lists(
        st.tuples(st.sampled_from(["ready", "paused", "talking", "logged_out"]), st.integers(0, 999)),
        max_size=12,
    ),
    st.integers(0, 5),
    st.floats(0, 500),
    st.booleans(),
)
def test_the_decision_never_takes_a_seat_that_is_not_free_and_always_says_why(states, ahead, waited, offered):
    floor = Snapshot(tuple(seat(f"s{i}", state, idle) for i, (state, idle) in enumerate(states)))
    route = decide(CallView("c", waited, ahead, callback_offered=offered), floor, POLICY)
    assert route.reason
    assert (route.seat is not None) == (route.target == "seat")
    assert route.seat is None or route.seat.state == "ready"
    assert not (route.target == "callback" and offered)
