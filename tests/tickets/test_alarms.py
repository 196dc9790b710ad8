"""No card is missed and none falls twice, whenever the sweep comes and whatever else happens meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import DeadlineNear, Event
from core.policy import Policy
from core.policy_parts import TicketType
from tests.tickets.desk import CALENDAR, DEMO, HEYUAN, OFFICE, UNIT, YANJI, at, in_state, step
from tickets.alarms import alarms, next_alarm
from tickets.clock import words
from tickets.lifecycle import apply, sweep
from tickets.ticket import Ticket, TicketStepped

pytestmark = pytest.mark.unit
steady = settings(deadline=None)  # a busy machine is no failure

LIFE = [
    # Heyuan help dispatched Wednesday 30 September 10:00 and left alone; (moment, stage, sign)
    ("10月8日24:00", "sign", "warning"),
    ("10月8日24:00", "sign", "deemed"),
    ("10月9日24:00", "sign", "yellow"),
    ("10月9日24:00", "handle", "warning"),
    ("10月10日24:00", "sign", "red"),
    ("10月13日24:00", "handle", "yellow"),
    ("10月13日24:00", "handle", "overdue"),
    ("10月14日24:00", "handle", "red"),
]


def cards(events: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(event.stage, event.colour) for event in events if isinstance(event, DeadlineNear)]


def swept(ticket: Ticket, policy: Policy, moments: list[datetime]) -> tuple[Ticket, list[tuple[str, str]]]:
    fell: list[tuple[str, str]] = []
    for moment in moments:
        done = sweep(ticket, policy, CALENDAR, moment)
        ticket, fell = done.ticket, [*fell, *cards(done.events)]
    return ticket, fell


def test_a_ticket_left_alone_shows_every_alarm_of_its_life() -> None:
    ticket = in_state("dispatched", start="2026-09-30T10:00")
    found = [(words(a.at), a.stage, a.sign) for a in alarms(ticket, HEYUAN, CALENDAR)]
    assert sorted(found) == sorted(LIFE)


@steady
@given(st.lists(st.integers(0, 24 * 30), max_size=40))
def test_however_often_the_sweep_comes_each_card_falls_once(hours: list[int]) -> None:
    ticket = in_state("dispatched", start="2026-09-30T10:00")
    start = at("2026-09-30T10:00")
    moments = [start + timedelta(hours=n) for n in sorted(hours)] + [start + timedelta(days=31)]
    ticket, fell = swept(ticket, HEYUAN, moments)
    assert sorted(fell) == sorted((stage, sign) for _, stage, sign in LIFE if sign != "deemed")
    assert (ticket.state, ticket.next_alarm_at) == ("deemed", None)


def test_a_sweep_before_the_next_alarm_changes_nothing() -> None:
    ticket = in_state("dispatched")
    assert ticket.next_alarm_at == at("2026-11-11T00:00")
    done = sweep(ticket, HEYUAN, CALENDAR, at("2026-11-10T23:59:59"))
    assert (done.ticket, done.events, done.entries) == (ticket, (), ())


def test_a_second_sweep_at_the_same_moment_changes_nothing() -> None:
    once = sweep(in_state("dispatched"), HEYUAN, CALENDAR, at("2026-11-11T00:00"))
    again = sweep(once.ticket, HEYUAN, CALENDAR, at("2026-11-11T00:00"))
    assert once.events
    assert (again.ticket, again.events) == (once.ticket, ())


def test_deemed_acceptance_is_an_act_of_the_law_and_ends_no_card() -> None:
    done = sweep(in_state("dispatched"), HEYUAN, CALENDAR, at("2026-11-11T00:00"))
    assert done.ticket.state == "deemed"
    assert isinstance(done.events[-1], TicketStepped)
    assert done.entries[0].role == "clock"
    _, fell = swept(done.ticket, HEYUAN, [at("2026-11-13T00:00")])
    assert ("sign", "yellow") in fell
    assert ("sign", "red") in fell


def test_a_signed_ticket_gets_no_more_acceptance_cards() -> None:
    ticket = step(in_state("dispatched"), "sign", "2026-11-10T09:00")
    assert {alarm.stage for alarm in alarms(ticket, HEYUAN, CALENDAR)} == {"handle"}
    assert ticket.next_alarm_at == at("2026-11-12T00:00")


def test_a_card_that_fell_before_a_step_is_not_lost_when_the_sweep_comes_too_late() -> None:
    ticket = in_state("dispatched")
    done = apply(ticket, "sign", UNIT, at("2026-11-11T08:00"), HEYUAN, CALENDAR)
    assert cards(done.events) == [("sign", "warning")]
    _, fell = swept(done.ticket, HEYUAN, [at("2026-12-31T00:00")])
    assert ("sign", "warning") not in fell


def test_a_step_timed_just_before_the_last_sweep_brings_no_card_back() -> None:
    """Two nodes' clocks differ by a second: the card that fell stays fallen."""
    ticket, fell = swept(in_state("signed"), HEYUAN, [at("2026-11-12T00:00:05")])
    assert fell == [("handle", "warning")]
    asked = apply(
        ticket, "ask_extension", UNIT, at("2026-11-11T23:59:59"), HEYUAN, CALENDAR, reason="管材未到"
    )
    assert cards(asked.events) == []
    assert asked.ticket.next_alarm_at == at("2026-11-17T00:00")


def test_a_reply_in_time_means_no_card_ever() -> None:
    ticket = step(in_state("signed"), "reply", "2026-11-10T09:00")
    assert alarms(ticket, HEYUAN, CALENDAR) == ()
    assert sweep(ticket, HEYUAN, CALENDAR, at("2027-06-01T00:00")).events == ()


def test_yanji_has_no_cards_but_its_deadlines_still_ring() -> None:
    ticket = in_state("dispatched", YANJI)
    _, fell = swept(ticket, YANJI, [at("2026-12-31T00:00")])
    assert fell == [("sign", "overdue"), ("handle", "overdue")]


def test_after_an_extension_the_cards_keep_their_distance_from_the_new_deadline() -> None:
    # help due 16 Nov, warning 2 of 5 days = 3 before, red 1 after; extended to Monday 23 Nov
    ticket = step(in_state("signed", DEMO), "ask_extension", "2026-11-10T10:00", DEMO)
    ticket = apply(ticket, "grant_extension", OFFICE, at("2026-11-10T11:00"), DEMO, CALENDAR).ticket
    found = [(words(a.at), a.sign) for a in alarms(ticket, DEMO, CALENDAR)]
    assert found == [
        ("11月18日24:00", "warning"),
        ("11月23日24:00", "yellow"),
        ("11月23日24:00", "overdue"),
        ("11月24日24:00", "red"),
    ]
    assert words(ticket.next_alarm_at or at("2026-11-10")) == "11月18日24:00"


def test_a_warning_already_given_falls_again_only_for_the_new_deadline() -> None:
    ticket = in_state("signed", DEMO)
    ticket, first = swept(ticket, DEMO, [at("2026-11-13T00:00")])
    ticket = step(ticket, "ask_extension", "2026-11-13T10:00", DEMO)
    ticket = apply(ticket, "grant_extension", OFFICE, at("2026-11-13T11:00"), DEMO, CALENDAR).ticket
    _, second = swept(ticket, DEMO, [at("2026-12-31T00:00")])
    assert first == [("handle", "warning")]
    assert second == [("handle", "warning"), ("handle", "yellow"), ("handle", "overdue"), ("handle", "red")]


@steady
@given(
    st.sampled_from([HEYUAN, YANJI, DEMO]),
    st.sampled_from(["consult", "help", "complaint", "report", "suggestion", "economic"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - desk.at adds the zone
)
def test_the_next_alarm_is_the_earliest_to_come(policy: Policy, type: TicketType, start: datetime) -> None:
    ticket = in_state("dispatched", policy, type, start.isoformat())
    coming = [alarm.at for alarm in alarms(ticket, policy, CALENDAR)]
    now = at(start.isoformat())
    assert all(moment > now for moment in coming)
    assert ticket.next_alarm_at == min(coming, default=None) == next_alarm(ticket, policy, CALENDAR, now)


def test_a_ticket_with_no_running_clock_has_no_alarm() -> None:
    ticket = replace(in_state("resolved"), next_alarm_at=None)
    assert next_alarm(ticket, HEYUAN, CALENDAR, at("2026-11-10T00:00")) is None
