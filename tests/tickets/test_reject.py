"""A reply that fails review: the time it lay with the office is not the unit's, or is, as the city reads it."""

import pytest

from core.policy import Policy
from tests.tickets.desk import CALENDAR, HEYUAN, at, in_state, step, under
from tickets.clock import words
from tickets.lifecycle import sweep
from tickets.ticket import Ticket

pytestmark = pytest.mark.unit
RUNS_ON = under("heyuan", "rejected_clock=runs_on")
REPLIED = "2026-11-10T10:00"


def consult(policy: Policy = HEYUAN) -> Ticket:
    """Due on Wednesday 11 November 24:00, replied to on Tuesday."""
    return step(in_state("signed", policy, "consult"), "reply", REPLIED, policy)


def cards(ticket: Ticket, policy: Policy, until: str) -> list[tuple[str, str]]:
    done = sweep(ticket, policy, CALENDAR, at(until))
    return [(e.payload()["stage"], e.payload()["colour"]) for e in done.events if e.name == "ticket.card"]


def test_the_working_days_at_the_office_are_given_back_and_the_second_reply_is_in_time() -> None:
    back = step(consult(), "reject", "2026-11-17T16:00")  # five working days later
    assert back.due
    assert words(back.due) == "11月18日24:00"
    assert back.history[-1].facts["until"] == back.due.isoformat()
    assert step(back, "reply", "2026-11-18T23:59").history[-1].late is False
    assert step(back, "reply", "2026-11-19T00:00").history[-1].late is True


def test_the_cards_keep_their_distance_and_fall_once() -> None:
    before = consult()
    back = step(before, "reject", "2026-11-17T16:00")
    assert cards(back, HEYUAN, "2026-11-17T16:00") == []
    assert back.next_alarm_at is not None
    fell = cards(back, HEYUAN, "2026-12-01T00:00")
    assert ("handle", "red") in fell
    assert len(fell) == len(set(fell))


def test_where_the_clock_runs_on_the_old_deadline_stands_and_what_was_missed_falls_at_the_reject() -> None:
    back = step(consult(RUNS_ON), "reject", "2026-11-17T16:00", RUNS_ON)
    assert back.due
    assert words(back.due) == "11月11日24:00"
    fell = cards(back, RUNS_ON, "2026-11-17T16:00")
    assert {("handle", "overdue"), ("handle", "red")} <= set(fell)
    assert step(back, "reply", "2026-11-17T17:00", RUNS_ON).history[-1].late is True


def test_rejected_on_the_day_of_the_reply_moves_nothing() -> None:
    back = step(consult(), "reject", "2026-11-10T17:00")
    assert back.due
    assert words(back.due) == "11月11日24:00"
    assert back.next_alarm_at is not None


def test_a_reply_that_came_too_late_restores_nothing() -> None:
    late = step(in_state("signed", HEYUAN, "consult"), "reply", "2026-11-12T10:00")
    back = step(late, "reject", "2026-11-17T16:00")
    assert back.due == late.due
    assert ("handle", "red") in cards(back, HEYUAN, "2026-11-17T16:00")


def test_replied_on_the_last_evening_and_rejected_on_a_rest_day_the_unit_has_the_next_working_day() -> None:
    ticket = step(in_state("signed", HEYUAN, "consult", "2026-11-11T10:00"), "reply", "2026-11-13T23:00")
    back = step(ticket, "reject", "2026-11-14T10:00")
    assert back.due
    assert words(back.due) == "11月16日24:00"


def test_a_statutory_deadline_named_after_a_rejected_late_reply_passes_with_every_card() -> None:
    late = step(in_state("signed", HEYUAN, "complaint", "2026-03-02T10:00"), "reply", "2026-03-25T10:00")
    back = step(late, "reject", "2026-03-26T10:00")  # warning, yellow, overdue and red have fallen
    named = step(
        back, "set_term", "2026-03-26T11:00", until="2026-04-17T00:00:00+08:00", term="statutory", term_basis="信访工作条例"
    )  # fmt: skip
    assert named.next_alarm_at == at("2026-04-16T00:00")
    fell = [("handle", "warning"), ("handle", "yellow"), ("handle", "overdue"), ("handle", "red")]
    assert cards(named, HEYUAN, "2026-05-01T00:00") == fell


def test_an_extension_after_a_rejected_reply_warns_of_the_new_deadline() -> None:
    warned = step(in_state("signed", HEYUAN, "complaint", "2026-03-02T10:00"), "reply", "2026-03-14T10:00")
    back = step(warned, "reject", "2026-03-14T16:00")  # only the warning had fallen
    asked = step(back, "ask_extension", "2026-03-16T09:00")
    granted = step(asked, "grant_extension", "2026-03-16T10:00", until="2026-04-01T00:00:00+08:00")
    assert granted.next_alarm_at == at("2026-03-31T00:00")
    assert cards(granted, HEYUAN, "2026-03-31T00:00") == [("handle", "warning")]


def test_a_deadline_named_where_it_lay_brings_no_card_back() -> None:
    warned = step(in_state("signed", HEYUAN, "complaint", "2026-03-02T10:00"), "reply", "2026-03-14T10:00")
    back = step(warned, "reject", "2026-03-14T16:00")
    assert back.due
    same = step(back, "set_term", "2026-03-14T17:00", until=back.due.isoformat(), term="shorter")
    assert same.seen == back.seen
    assert ("handle", "warning") not in cards(same, HEYUAN, "2026-05-01T00:00")
