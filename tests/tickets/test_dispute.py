"""Whose duty is it: the board climbs rung by rung (Heyuan 8(四), 9; Yanji 13), and deadlines the office names itself."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import BadInput, NotAllowed
from tests.tickets.desk import CALENDAR, HEYUAN, OFFICE, YANJI, at, in_state, step
from tickets.alarms import alarms
from tickets.clock import words
from tickets.lifecycle import apply
from tickets.recompute import recompute
from tickets.ticket import Person, Ticket

pytestmark = pytest.mark.unit
WHEN = at("2026-11-09T11:00")


def test_an_unclear_duty_gives_the_hotline_two_calendar_days_from_when_its_clock_began() -> None:
    filed = in_state("filed")
    disputed = step(filed, "dispute", "2026-11-10T09:00")
    assert words(disputed.due or WHEN) == "11月11日24:00"
    assert [alarm.stage for alarm in alarms(disputed, HEYUAN, CALENDAR)] == ["dispatch"]


def test_a_dispute_climbs_and_never_goes_down() -> None:
    disputed = in_state("disputed")
    risen = step(step(disputed, "escalate", WHEN), "escalate", WHEN, rung="government")
    assert (disputed.rung, risen.rung) == ("meeting", "government")
    with pytest.raises(NotAllowed, match="government"):
        step(risen, "escalate", WHEN, rung="office")
    with pytest.raises(BadInput, match="rung"):
        step(risen, "escalate", WHEN, rung="heaven")


def test_the_decision_dispatches_and_starts_the_units_clock() -> None:
    decided = apply(
        in_state("disputed"),
        "decide",
        OFFICE,
        at("2026-11-11T09:00"),
        HEYUAN,
        CALENDAR,
        unit="GD",
        basis="三定方案",
    )
    assert (decided.ticket.state, decided.ticket.unit, decided.ticket.rung) == ("dispatched", "GD", "")
    assert words(decided.ticket.due or WHEN) == "11月18日24:00"
    assert [event.name for event in decided.events] == ["ticket.dispatched", "ticket.stepped"]


def dispatched(policy: Any = HEYUAN, type: str = "help", **facts: Any) -> Ticket:
    return step(in_state("filed", policy, type), "dispatch", WHEN, policy, **facts)


def test_an_urgent_matter_gets_a_sooner_deadline_and_its_cards_come_with_it() -> None:
    urgent = dispatched(until="2026-11-13T00:00:00+08:00", term="shorter")
    assert (urgent.named, words(urgent.due or WHEN)) == ("shorter", "11月12日24:00")
    cards = {
        alarm.sign: words(alarm.at) for alarm in alarms(urgent, HEYUAN, CALENDAR) if alarm.stage == "handle"
    }
    assert cards == {
        "warning": "11月9日24:00",
        "yellow": "11月12日24:00",
        "overdue": "11月12日24:00",
        "red": "11月13日24:00",
    }


def test_urgency_never_lengthens() -> None:
    with pytest.raises(BadInput, match="11月16日24:00"):
        dispatched(until="2026-11-18T00:00:00+08:00", term="shorter")


def test_a_statutory_term_stands_instead_of_the_rules_own_and_names_its_law() -> None:
    until = "2027-01-09T00:00:00+08:00"
    with pytest.raises(BadInput, match="term_basis"):
        dispatched(until=until, term="statutory")
    law = dispatched(until=until, term="statutory", term_basis="行政处罚法 60")
    assert words(law.due or WHEN, 2026) == "2027年1月8日24:00"
    assert recompute(law, HEYUAN, CALENDAR, CALENDAR, WHEN, "why", "n1") is None


@pytest.mark.parametrize("role", ["agent", "expert", "unit"])
@pytest.mark.parametrize("term", ["statutory", "set"])
def test_only_the_hotline_names_a_deadline_beyond_the_rules_own(role: str, term: str) -> None:
    facts = {"unit": "SW", "until": "2027-10-09T00:00:00+08:00", "term": term, "term_basis": "行政处罚法 60"}
    ticket = replace(in_state("filed"), relation="descent") if role == "unit" else in_state("filed")
    with pytest.raises(NotAllowed, match="shorter"):
        apply(ticket, "dispatch", Person("p1", role, "SW"), WHEN, HEYUAN, CALENDAR, **facts)


def test_where_the_rules_are_silent_the_office_sets_the_term() -> None:
    until = "2026-11-20T00:00:00+08:00"
    assert dispatched(YANJI, "economic", until=until, term="set").due == at("2026-11-20T00:00")
    with pytest.raises(BadInput, match="shorter"):
        dispatched(until=until, term="set")


@pytest.mark.parametrize("facts", [
    {"until": "2026-11-12T00:00:00+08:00"}, {"term": "shorter"}, {"until": "x", "term": "shorter"},
    {"until": "2026-11-09T10:00:00+08:00", "term": "shorter"}, {"until": "2026-11-12T00:00:00+08:00", "term": "mine"},
])  # fmt: skip
def test_a_named_term_is_whole_or_refused(facts: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        dispatched(**facts)


def order(policy: Any = HEYUAN) -> Ticket:
    ticket = Ticket("T2", "help", parent="T1", relation="supervision")
    return step(step(ticket, "file", WHEN, policy), "dispatch", WHEN, policy)


def test_a_supervision_order_is_answered_within_its_own_term_and_cannot_be_given_back() -> None:
    ticket = order()
    assert words(ticket.due or WHEN) == "11月11日24:00"
    assert [(alarm.stage, alarm.sign) for alarm in alarms(ticket, HEYUAN, CALENDAR)] == [
        ("supervise", "overdue")
    ]
    for action in ("return", "ask_extension"):
        with pytest.raises(NotAllowed, match="督办"):
            step(step(ticket, "sign", WHEN), action, WHEN)  # type: ignore[arg-type]
    answered = step(step(ticket, "sign", WHEN), "reply", "2026-11-11T10:00")
    assert not answered.history[-1].late


def test_another_units_clock_is_its_own() -> None:
    lead = dispatched()
    assist = Ticket("T3", "help", parent="T1", relation="assist")
    assist = step(step(assist, "file", "2026-11-11T09:00"), "dispatch", "2026-11-11T09:00", unit="GD")
    assert words(lead.due or WHEN) == "11月16日24:00"
    assert words(assist.due or WHEN) == "11月18日24:00"


def test_withdrawing_and_merging_stop_every_clock() -> None:
    for action in ("withdraw", "merge"):
        over = step(in_state("signed"), action, WHEN)  # type: ignore[arg-type]
        assert (over.due, over.next_alarm_at) == (None, None)
        assert alarms(over, HEYUAN, CALENDAR) == ()
