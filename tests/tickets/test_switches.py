"""Readings that show only in a ticket's life: both directions of each."""

from datetime import datetime

import pytest

from core.errors import NotAllowed
from core.policy import Policy
from tests.tickets.desk import CALENDAR, FACTS, HEYUAN, OFFICE, YANJI, at, in_state, step, under
from tickets.alarms import alarms
from tickets.clock import words
from tickets.explain import explain
from tickets.lifecycle import apply, sweep
from tickets.ticket import Ticket

pytestmark = pytest.mark.unit
FILING = under("heyuan", "handle_clock=filing")
ONCE = under("yanji", "extension_short_term=once")
STOP = under("heyuan", "cards_after_deemed=stop")


def dispatched(policy: Policy, filed: str, sent: str) -> Ticket:
    return step(step(Ticket("T1", "consult"), "file", filed, policy), "dispatch", sent, policy)


def due(ticket: Ticket) -> str:
    assert ticket.due
    return words(ticket.due)


def test_the_units_term_runs_from_dispatch_or_from_filing_as_the_policy_reads_it() -> None:
    filed, sent = "2026-11-09T10:00", "2026-11-10T10:00"
    assert due(dispatched(HEYUAN, filed, sent)) == "11月12日24:00"
    assert due(dispatched(FILING, filed, sent)) == "11月11日24:00"


def test_sign_in_and_return_always_run_from_dispatch() -> None:
    for policy in (HEYUAN, FILING):
        ticket = dispatched(policy, "2026-11-09T10:00", "2026-11-11T10:00")
        found = [words(a.at) for a in alarms(ticket, policy, CALENDAR) if a.stage == "sign"]
        assert found == ["11月12日24:00", "11月12日24:00", "11月13日24:00", "11月16日24:00"]
        assert step(ticket, "return", "2026-11-12T23:59", policy).history[-1].late is False


def test_the_cards_of_handling_follow_its_own_clock() -> None:
    ticket = dispatched(FILING, "2026-11-09T10:00", "2026-11-10T10:00")
    found = [(words(a.at), a.sign) for a in alarms(ticket, FILING, CALENDAR) if a.stage == "handle"]
    assert found == [
        ("11月10日24:00", "warning"), ("11月11日24:00", "yellow"), ("11月11日24:00", "overdue"), ("11月12日24:00", "red"),
    ]  # fmt: skip


def test_after_a_return_the_filing_stays_the_beginning() -> None:
    ticket = step(
        dispatched(FILING, "2026-11-09T10:00", "2026-11-09T11:00"), "return", "2026-11-09T12:00", FILING
    )
    assert due(step(ticket, "dispatch", "2026-11-10T10:00", FILING)) == "11月11日24:00"


@pytest.mark.parametrize(("policy", "stages"), [(HEYUAN, {"sign", "handle"}), (STOP, {"handle"})])
def test_acceptance_cards_run_on_after_deemed_acceptance_or_stop(policy: Policy, stages: set[str]) -> None:
    ticket = in_state("deemed", policy)
    assert {alarm.stage for alarm in alarms(ticket, policy, CALENDAR)} == stages


def test_where_they_stop_no_acceptance_card_ever_falls_after_silence() -> None:
    done = sweep(in_state("dispatched", STOP), STOP, CALENDAR, at("2026-11-11T00:00"))
    assert done.ticket.state == "deemed"
    late = sweep(done.ticket, STOP, CALENDAR, at("2026-12-31T00:00"))
    assert {
        event.payload()["stage"] for event in (*done.events, *late.events) if event.name == "ticket.card"
    } == {"handle"}


def test_where_they_stop_what_is_left_is_counted_and_cited() -> None:
    found = explain(STOP, "sign", "help", at("2026-11-09T10:00"), calendar=CALENDAR)
    assert (found.due, found.cards, words(found.deemed_accepted_at or at("2026-01-01"))) == (
        None,
        (),
        "11月10日24:00",
    )
    assert [(f"{one.date:%m-%d}", one.counts) for one in found.steps] == [("11-09", False), ("11-10", True)]
    assert "001 10(一)" in found.clauses
    assert "001 17(一)" not in found.clauses


@pytest.mark.parametrize("named", [True, False], ids=["named", "as counted"])
def test_a_card_keeps_its_time_of_day_where_the_deadline_moved(named: bool) -> None:
    policy = under("heyuan", "card_moment=n_times_24h")
    ticket = (
        step(in_state("extension_asked", policy), "grant_extension", "2026-11-10T10:00", policy)
        if named
        else in_state("signed", policy)
    )
    fall = [
        words(a.at) for a in alarms(ticket, policy, CALENDAR) if a.stage == "handle" and a.sign != "overdue"
    ]
    assert {one[-5:] for one in fall} == {"10:00"}


def extended(policy: Policy, type: str, times: int) -> Ticket:
    ticket = in_state("signed", policy, type)
    for n in range(times):
        ticket = step(ticket, "ask_extension", f"2026-11-09T1{n + 1}:00", policy)
        ticket = apply(
            ticket,
            "refuse_extension",
            OFFICE,
            at(f"2026-11-09T1{n + 1}:30"),
            policy,
            CALENDAR,
            **FACTS["refuse_extension"],
        ).ticket
    return ticket


@pytest.mark.parametrize(
    ("policy", "type", "most"),
    [(YANJI, "consult", 3), (YANJI, "help", 3), (ONCE, "consult", 1), (ONCE, "help", 3)],
)
def test_a_task_of_one_day_may_be_extended_as_often_as_others_or_once(
    policy: Policy, type: str, most: int
) -> None:
    ticket = extended(policy, type, most)
    with pytest.raises(NotAllowed, match=f"{most}次"):
        step(ticket, "ask_extension", "2026-11-09T16:00", policy)


def test_where_no_number_of_extensions_is_stated_none_is_invented() -> None:
    raw = YANJI.model_dump(mode="json", by_alias=True)
    raw["extension"]["times"] = None
    policy = Policy.model_validate(raw)
    assert extended(policy, "help", 6).asked == 6


def test_a_complex_consult_has_the_longer_term_from_dispatch_to_its_end() -> None:
    plain = dispatched(YANJI, "2026-11-09T10:00", "2026-11-09T11:00")
    filed = apply(
        Ticket("T1", "consult"), "file", OFFICE, at("2026-11-09T10:00"), YANJI, CALENDAR, complex=True
    ).ticket
    ticket = step(filed, "dispatch", "2026-11-09T11:00", YANJI)
    assert (due(plain), due(ticket)) == ("11月10日24:00", "11月12日24:00")
    assert isinstance(ticket.filed_at, datetime)
