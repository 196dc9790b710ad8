"""When a year's calendar comes every open ticket's dates are as if it had always been there; nothing falls twice or is lost."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import Calendar, YearPlan
from core.events import DeadlineNear
from core.policy import Policy
from core.policy_parts import TicketType
from tests.tickets.desk import (
    CALENDAR,
    DEMO,
    FACTS,
    HEYUAN,
    OFFICE,
    REPLY,
    UNIT,
    WAY,
    WHO,
    YANJI,
    at,
    in_state,
    step,
    under,
)  # fmt: skip
from tickets.alarms import alarms, next_alarm
from tickets.clock import words
from tickets.lifecycle import apply, sweep
from tickets.recompute import recompute
from tickets.ticket import State, Ticket

pytestmark = pytest.mark.unit
steady = settings(deadline=None)  # a busy machine is no failure
NEW_YEAR = {date(2027, 1, day): "元旦" for day in (1, 2, 3)}
NOTICE = YearPlan(
    2027, "made up", rest=NEW_YEAR | {date(2027, 1, 4): "元旦"}, make_up={date(2027, 1, 9): "元旦"}
)
"""Not the real notice: Monday 4 January off, Saturday 9 January worked."""
COME = CALENDAR.under(NOTICE)
NOW = at("2026-12-31T12:00")


def moved(ticket: Ticket, policy: Policy = HEYUAN, to: Calendar = COME, now: datetime = NOW) -> Ticket:
    done = recompute(ticket, policy, to, CALENDAR, now, "notice", "n1")
    return done.ticket if done else ticket


def day(ticket: Ticket) -> str:
    assert ticket.due
    return words(ticket.due)


def test_the_deadline_is_the_one_the_notice_gives_and_no_longer_provisional() -> None:
    ticket = in_state("signed", start="2026-12-30T10:00")
    assert (day(ticket), ticket.provisional) == ("1月7日24:00", True)
    fresh = moved(ticket)
    assert (day(fresh), fresh.provisional, fresh.version) == ("1月8日24:00", False, ticket.version + 1)


def test_the_event_tells_what_moved_from_where_to_where() -> None:
    ticket = in_state("signed", start="2026-12-30T10:00")
    done = recompute(ticket, HEYUAN, COME, CALENDAR, NOW, "2027年放假安排已公布", "n1")
    assert done
    told = done.events[0].payload()
    assert (told["why"], told["unit"], told["ticket_id"]) == ("2027年放假安排已公布", "SW", "T1")
    assert told["changes"] == {
        "due": ["2027-01-08T00:00:00+08:00", "2027-01-09T00:00:00+08:00"],
        "provisional": ["true", "false"],
        "handle.warning": ["2027-01-05T00:00:00+08:00", "2027-01-06T00:00:00+08:00"],
        "handle.yellow": ["2027-01-08T00:00:00+08:00", "2027-01-09T00:00:00+08:00"],
        "handle.red": ["2027-01-09T00:00:00+08:00", "2027-01-10T00:00:00+08:00"],
    }


Case = tuple[State, Policy, TicketType, datetime]


def lives(case: Any) -> bool:
    """Yanji knows no deemed acceptance and gives economic cases no term that could be extended."""
    state, policy, type, _ = case
    return policy is not YANJI or not (
        state == "deemed" or (state == "extension_asked" and type == "economic")
    )


CASES: st.SearchStrategy[Any] = st.tuples(
    st.sampled_from(["filed", "returned", "dispatched", "deemed", "signed", "extension_asked"]),
    st.sampled_from([HEYUAN, YANJI, DEMO]),
    st.sampled_from(["consult", "help", "complaint", "report", "suggestion", "economic"]),
    st.datetimes(datetime(2026, 11, 10), datetime(2027, 1, 20)),  # noqa: DTZ001 - desk.at adds the zone
).filter(lives)


def brought(state: State, policy: Policy, type: TicketType, start: str, calendar: Calendar) -> Ticket:
    """As desk.in_state, under another calendar."""
    ticket = Ticket("T1", type)
    for action in WAY[state]:
        when = at(start) if action != "deem_accepted" else at("2027-02-20T00:00")
        ticket = apply(ticket, action, WHO[action], when, policy, calendar, **FACTS[action]).ticket
    return ticket


@steady
@given(CASES)
def test_it_is_as_if_the_notice_had_been_known_all_along(case: Case) -> None:
    state, policy, type, start = case
    known, ticket = (
        brought(state, policy, type, start.isoformat(), calendar) for calendar in (COME, CALENDAR)
    )
    fresh = moved(ticket, policy)
    assert (fresh.due, fresh.provisional) == (known.due, known.provisional)
    assert [a.at for a in alarms(fresh, policy, COME)] == [
        a.at for a in alarms(known, policy, COME) if a.key not in fresh.seen
    ]


@steady
@given(CASES)
def test_twice_is_once(case: Case) -> None:
    """Whether the file is already in its place when somebody imports it again, or not."""
    state, policy, type, start = case
    once = moved(brought(state, policy, type, start.isoformat(), CALENDAR), policy)
    for known in (CALENDAR, COME):
        assert recompute(once, policy, COME, known, NOW, "notice", "n1") is None
    assert recompute(once, policy, COME, COME, NOW, "notice", "n2") is None


@pytest.mark.parametrize("state", ["answered", "refused", "resolved", "archived", "intake"])
def test_a_ticket_whose_clock_stands_still_is_left_alone(state: State) -> None:
    assert (
        recompute(in_state(state, start="2026-12-30T10:00"), HEYUAN, COME, CALENDAR, NOW, "notice", "n1")
        is None
    )


def test_a_ticket_the_year_does_not_touch_is_left_alone() -> None:
    assert recompute(in_state("signed"), HEYUAN, COME, CALENDAR, NOW, "notice", "n1") is None


def fallen(ticket: Ticket, calendar: Calendar, until: str) -> tuple[Ticket, list[tuple[str, str]]]:
    done = sweep(ticket, HEYUAN, calendar, at(until))
    cards = [(e.stage, e.colour) for e in done.events if isinstance(e, DeadlineNear)]
    return done.ticket, cards


def test_a_card_that_fell_does_not_fall_again_on_its_new_day() -> None:
    ticket = in_state("signed", start="2026-12-30T10:00")  # warning was 4 January 24:00, is to be 5 January
    ticket, first = fallen(ticket, CALENDAR, "2027-01-05T00:00")
    fresh = moved(ticket, now=at("2027-01-05T08:00"))
    _, later = fallen(fresh, COME, "2027-12-31T00:00")
    assert (first, later) == (
        [("handle", "warning")],
        [("handle", "yellow"), ("handle", "overdue"), ("handle", "red")],
    )


def test_a_card_moved_into_the_past_falls_at_the_next_sweep_and_others_not_again() -> None:
    shorter = YearPlan(
        2027,
        "made up",
        rest={date(2027, 1, 1): "元旦"},
        make_up={date(2027, 1, 2): "元旦", date(2027, 1, 3): "元旦"},
    )
    early = CALENDAR.under(shorter)  # the week-end after New Year is worked
    ticket = in_state("dispatched", start="2026-12-30T10:00")
    ticket, first = fallen(ticket, CALENDAR, "2027-01-03T12:00")
    assert first == [("sign", "warning")]
    fresh = moved(ticket, to=early, now=at("2027-01-03T12:00"))
    assert fresh.next_alarm_at == at("2027-01-03T00:00")
    _, then = fallen(fresh, early, "2027-01-03T12:01")
    assert then == [("sign", "yellow"), ("handle", "warning")]


def test_what_the_office_named_stays_and_a_length_is_counted_anew() -> None:
    for until, expected in ((None, "1月18日24:00"), ("2027-01-12T00:00:00+08:00", "1月11日24:00")):
        ticket = step(
            in_state("signed", DEMO, start="2026-12-30T10:00"), "ask_extension", "2026-12-30T11:00", DEMO
        )
        facts: dict[str, Any] = {"until": until} if until else {}
        ticket = apply(
            ticket, "grant_extension", OFFICE, at("2026-12-30T12:00"), DEMO, CALENDAR, **facts
        ).ticket
        known = step(
            brought("signed", DEMO, "help", "2026-12-30T10:00", COME),
            "ask_extension",
            "2026-12-30T11:00",
            DEMO,
        )
        known = apply(known, "grant_extension", OFFICE, at("2026-12-30T12:00"), DEMO, COME, **facts).ticket
        fresh = moved(ticket, DEMO)
        assert day(fresh) == day(known)
        assert until is None or day(fresh) == expected


def test_the_next_alarm_is_the_earliest_that_has_not_fallen() -> None:
    fresh = moved(in_state("signed", start="2026-12-30T10:00"))
    assert fresh.next_alarm_at == next_alarm(fresh, HEYUAN, COME, NOW)


def test_a_new_clock_forgets_what_fell_on_the_old_one() -> None:
    ticket, cards = fallen(in_state("signed", start="2026-12-29T10:00"), CALENDAR, "2027-01-01T00:00")
    fresh = moved(ticket, now=at("2027-01-01T08:00"))
    assert (cards, fresh.seen) == ([("handle", "warning")], ("handle.warning",))
    assert step(fresh, "return", "2026-12-30T09:00").seen == ()


@pytest.mark.parametrize("when", ["2026-12-31T15:00", "2027-01-05T10:00"])
@pytest.mark.parametrize(
    "policy", [HEYUAN, under("heyuan", "rejected_clock=runs_on")], ids=["restored", "runs_on"]
)
def test_a_reply_under_review_is_rejected_to_the_deadline_the_notice_gives_whenever_it_came(
    policy: Policy, when: str
) -> None:
    def replied(ticket: Ticket, calendar: Calendar) -> Ticket:
        return apply(ticket, "reply", UNIT, at("2026-12-31T09:00"), policy, calendar, **REPLY).ticket

    def rejected(ticket: Ticket) -> Ticket:
        return apply(ticket, "reject", OFFICE, at(when), policy, COME, reason="未答复").ticket

    signed = in_state("signed", policy, start="2026-12-30T10:00")
    before = replied(moved(signed, policy, now=at("2026-12-31T08:00")), COME)
    after = moved(replied(signed, CALENDAR), policy)
    assert (after.due, after.provisional, after.next_alarm_at) == (before.due, False, None)
    assert moved(after, policy) == after
    assert rejected(before).due == rejected(after).due
    assert not rejected(after).provisional
