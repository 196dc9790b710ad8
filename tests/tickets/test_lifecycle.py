"""The table holds: every step it names works, every other is refused by name, and nobody skips what a clause demands."""

from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from core.errors import BadInput, Conflict, NaiveTime, NotAllowed
from core.events import Dispatched, Replied, TicketFiled
from tests.tickets.desk import (
    AGENT,
    BY,
    CALENDAR,
    DEMO,
    FACTS,
    HEYUAN,
    MONDAY,
    OFFICE,
    REPLY,
    RULES_OF,
    UNIT,
    WHO,
    YANJI,
    at,
    in_state,
    step,
)
from tickets.clock import words
from tickets.lifecycle import MissingFact, apply
from tickets.table import FACTS as FACT_NAMES
from tickets.table import RULES, possible
from tickets.ticket import ACTIONS, STATES, Action, Person, State, Ticket, TicketStepped

pytestmark = pytest.mark.unit
WHEN = at("2026-11-09T11:00")
ILLEGAL = [pair for pair in product(STATES, ACTIONS) if pair not in RULES]
NEEDED = [
    (state, action, fact)
    for state, action in RULES
    for fact in FACTS[action]
    if not (action == "grant_extension" and fact == "until") and fact not in ("reasonable", "at_fault")
]


@pytest.mark.parametrize(("state", "action"), ILLEGAL)
def test_a_step_the_table_does_not_name_is_refused_with_state_and_action(
    state: State, action: Action
) -> None:
    with pytest.raises(NotAllowed) as caught:
        apply(in_state(state), action, WHO[action], WHEN, HEYUAN, CALENDAR, **FACTS[action])
    assert f"({state})" in str(caught.value)
    assert f"({action})" in str(caught.value)


@pytest.mark.parametrize(
    ("state", "action"), [pair for pair in RULES if pair != ("redoing", "ask_extension")]
)
def test_a_step_of_the_table_leads_where_it_says(state: State, action: Action) -> None:
    ticket = in_state(state)
    when = at("2026-11-11T00:00") if action == "deem_accepted" else WHEN
    done = apply(ticket, action, WHO[action], when, RULES_OF.get(action, HEYUAN), CALENDAR, **FACTS[action])
    leads_to = {"same": state, "working": "redoing" if ticket.redone else "signed"}
    assert done.ticket.state == leads_to.get(RULES[state, action].next, RULES[state, action].next)
    assert done.ticket.version == ticket.version + 1
    assert done.ticket.history == (*ticket.history, *done.entries)
    entry = done.entries[0]
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        WHO[action].id, action, state, done.ticket.state,
    )  # fmt: skip


@pytest.mark.parametrize(("state", "action"), RULES)
def test_only_the_roles_of_the_rule_may_act(state: State, action: Action) -> None:
    for role in BY.keys() - RULES[state, action].by | {"auditor", "admin"}:
        stranger = Person("x", role, "SW")
        with pytest.raises(NotAllowed, match=role):
            apply(in_state(state), action, stranger, WHEN, HEYUAN, CALENDAR, **FACTS[action])


@pytest.mark.parametrize(("state", "action", "fact"), NEEDED)
def test_a_step_without_a_fact_its_clause_demands_is_refused(state: State, action: Action, fact: str) -> None:
    for value in ({}, {fact: ""}, {fact: "  "}):
        facts: dict[str, Any] = {key: text for key, text in FACTS[action].items() if key != fact} | value
        with pytest.raises(MissingFact, match=fact):
            apply(in_state(state), action, WHO[action], WHEN, HEYUAN, CALENDAR, **facts)


@pytest.mark.parametrize("name", ["colour", "at", "ticket", "policy", "actor"])
def test_a_fact_nobody_asked_for_is_refused_whatever_its_name(name: str) -> None:
    facts: dict[str, Any] = {name: "red"}
    with pytest.raises(BadInput, match=name):
        apply(in_state("dispatched"), "sign", UNIT, WHEN, HEYUAN, CALENDAR, **facts)


def test_edges_know_every_fact_a_policy_may_demand() -> None:
    assert set(REPLY) | {"reason", "basis", "until", "unit"} <= FACT_NAMES


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], 7, b"x", "x" * 20_001])
def test_a_fact_that_is_no_text_or_endless_is_refused(value: object) -> None:
    with pytest.raises(BadInput, match="unit"):
        apply(in_state("filed"), "dispatch", AGENT, WHEN, HEYUAN, CALENDAR, unit=value)


@pytest.mark.parametrize("unit", ["GD", "", None])
def test_another_units_people_cannot_act_on_a_ticket(unit: str | None) -> None:
    with pytest.raises(NotAllowed, match="SW"):
        apply(in_state("dispatched"), "sign", Person("u2", "unit", unit), WHEN, HEYUAN, CALENDAR)


def test_a_unit_that_returned_a_ticket_can_no_longer_act_on_it() -> None:
    ticket = replace(in_state("returned"), state="dispatched")
    with pytest.raises(NotAllowed):
        apply(ticket, "sign", UNIT, WHEN, HEYUAN, CALENDAR)


def test_who_decided_on_an_older_version_loses() -> None:
    ticket = in_state("dispatched")
    signed = apply(ticket, "sign", UNIT, WHEN, HEYUAN, CALENDAR, version=ticket.version).ticket
    with pytest.raises(Conflict, match=str(signed.version)):
        apply(signed, "reply", UNIT, WHEN, HEYUAN, CALENDAR, version=ticket.version, **REPLY)


def test_a_step_at_a_time_without_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        apply(in_state("dispatched"), "sign", UNIT, datetime(2026, 11, 9), HEYUAN, CALENDAR)  # noqa: DTZ001


def test_filing_starts_the_hotlines_dispatch_clock() -> None:
    done = apply(Ticket("T1", "help", call_id="c1"), "file", AGENT, at(MONDAY), HEYUAN, CALENDAR)
    assert words(done.ticket.due or WHEN) == "11月10日24:00"
    assert done.events == (TicketFiled(at(MONDAY), "T1", "c1", "help"),)
    assert (done.ticket.policy, done.ticket.policy_hash) == ("heyuan", HEYUAN.hash)


def test_several_units_give_the_hotline_two_calendar_days() -> None:
    done = apply(Ticket("T1", "help"), "file", AGENT, at(MONDAY), HEYUAN, CALENDAR, multi_unit=True)
    assert words(done.ticket.due or WHEN) == "11月11日24:00"
    assert done.explanation
    assert done.explanation.clauses[0] == "001 9"


def test_the_units_clock_starts_at_dispatch_not_at_sign_in() -> None:
    filed = in_state("filed")
    done = apply(filed, "dispatch", AGENT, at("2026-11-10T09:00"), HEYUAN, CALENDAR, unit="SW")
    signed = apply(done.ticket, "sign", UNIT, at("2026-11-12T09:00"), HEYUAN, CALENDAR).ticket
    assert words(signed.due or WHEN) == "11月17日24:00"
    assert done.events == (Dispatched(at("2026-11-10T09:00"), "T1", "SW", signed.due),)
    assert done.explanation
    assert done.explanation.due == signed.due


def test_a_silent_policy_files_and_dispatches_without_inventing_a_date() -> None:
    ticket = in_state("filed", YANJI, "economic")
    assert (ticket.due, ticket.next_alarm_at) == (None, None)
    ticket = step(ticket, "dispatch", MONDAY, YANJI)
    assert ticket.due is None
    assert words(ticket.next_alarm_at or WHEN) == "11月9日11:00"  # signing within the hour still runs


LATE = [
    # Heyuan: dispatch due 10 Nov 24:00, return 10 Nov 24:00, help due 16 Nov 24:00; done at the due moment is late
    ("filed", "dispatch", "2026-11-10T23:59:59", False),
    ("filed", "dispatch", "2026-11-11T00:00", True),
    ("signed", "return", "2026-11-10T23:59:59", False),
    ("signed", "reply", "2026-11-16T23:59:59", False),
    ("signed", "reply", "2026-11-17T00:00", True),
    ("dispatched", "sign", "2026-11-20T00:00", False),  # Heyuan sets no sign-in deadline
]


@pytest.mark.parametrize(("state", "action", "when", "late"), LATE)
def test_done_before_the_deadline_is_on_time(state: State, action: Action, when: str, late: bool) -> None:
    assert step(in_state(state), action, when).history[-1].late is late


@pytest.mark.parametrize(("when", "late"), [("2026-11-09T10:59:59", False), ("2026-11-09T11:00", True)])
def test_yanji_wants_the_sign_in_within_the_hour(when: str, late: bool) -> None:
    assert step(in_state("dispatched", YANJI), "sign", when, YANJI).history[-1].late is late


def test_yanji_takes_a_late_return_and_notes_it() -> None:
    returned = apply(
        in_state("signed", YANJI), "return", UNIT, at("2026-11-11T09:00"), YANJI, CALENDAR, reason="职责"
    ).ticket
    assert (returned.state, returned.history[-1].late) == ("returned", True)


@pytest.mark.parametrize(
    ("when", "late"),
    [("2026-11-11T09:00", False), ("2026-11-11T23:59:59", False), ("2026-11-12T00:00", True)],
)
def test_a_return_that_needed_a_site_check_has_yanjis_second_working_day(when: str, late: bool) -> None:
    claim = {"on_site": True, "evidence": "11月10日到现场查看，管线属供热公司"}
    returned = step(in_state("signed", YANJI), "return", when, YANJI, **claim)
    assert returned.history[-1].late is late
    assert claim.items() <= returned.history[-1].facts.items()
    assert returned.on_site is False  # the next unit says for itself whether it had to look


def test_a_site_check_is_not_claimed_without_what_was_found_there() -> None:
    with pytest.raises(BadInput, match="确需现场核查"):
        step(in_state("signed", YANJI), "return", "2026-11-11T09:00", YANJI, on_site=True, evidence=" ")


def test_the_office_corrects_at_dispatch_what_was_said_of_the_matter_when_it_was_filed() -> None:
    filed = in_state("filed", YANJI, "consult")
    sent = apply(
        filed, "dispatch", OFFICE, WHEN, YANJI, CALENDAR, unit="SW", complex=True, note="涉及三个部门的政策"
    )
    assert sent.ticket.due == at("2026-11-13T00:00")
    (told,) = sent.events
    assert isinstance(told, Dispatched)
    assert told.facts == {"complex": True, "note": "涉及三个部门的政策"}
    back = step(step(sent.ticket, "sign", WHEN, YANJI), "return", WHEN, YANJI)
    plain = apply(
        back, "dispatch", OFFICE, WHEN, YANJI, CALENDAR, unit="JT", complex=False, note="只问一个电话"
    )
    assert plain.ticket.due == at("2026-11-11T00:00")


def test_what_was_filed_is_corrected_by_the_hotline_alone_and_with_the_reason() -> None:
    filed = in_state("filed", YANJI, "consult")
    with pytest.raises(NotAllowed, match="complex"):
        apply(filed, "dispatch", AGENT, WHEN, YANJI, CALENDAR, unit="SW", complex=True, note="复杂")
    with pytest.raises(MissingFact, match="note"):
        apply(filed, "dispatch", OFFICE, WHEN, YANJI, CALENDAR, unit="SW", complex=True)


@pytest.mark.parametrize(
    ("said", "late"), [({}, True), ({"multi_unit": True, "note": "水务、住建两家"}, False)]
)
def test_a_dispatch_that_finds_several_units_has_heyuans_two_days(said: dict[str, Any], late: bool) -> None:
    sent = apply(
        in_state("filed"), "dispatch", OFFICE, at("2026-11-11T09:00"), HEYUAN, CALENDAR, unit="SW", **said
    )
    assert sent.ticket.history[-1].late is late


@pytest.mark.parametrize("state", ["dispatched", "signed"])
def test_heyuan_takes_no_return_after_silence_was_acceptance(state: State) -> None:
    with pytest.raises(NotAllowed, match="11月10日24:00"):
        step(in_state(state), "return", "2026-11-11T00:00")


def test_nobody_is_deemed_to_accept_a_moment_too_soon() -> None:
    with pytest.raises(NotAllowed):
        step(in_state("dispatched"), "deem_accepted", "2026-11-10T23:59:59")


def test_a_returned_ticket_gives_the_hotline_a_new_dispatch_clock_and_the_next_unit_its_own() -> None:
    returned = step(in_state("signed"), "return", "2026-11-10T15:00")
    assert returned.unit is None
    assert words(returned.due or WHEN) == "11月11日24:00"
    again = step(returned, "dispatch", "2026-11-11T09:00", unit="GD")
    assert again.unit == "GD"
    assert words(again.due or WHEN) == "11月18日24:00"


def test_a_reply_stops_the_clock_and_keeps_the_deadline_on_record() -> None:
    done = apply(in_state("signed"), "reply", UNIT, WHEN, HEYUAN, CALENDAR, **REPLY)
    assert done.events == (Replied(WHEN, "T1", "SW"),)
    assert done.ticket.next_alarm_at is None
    assert done.ticket.due == in_state("signed").due


def test_yanji_asks_of_a_reply_only_its_result() -> None:
    done = apply(in_state("signed", YANJI), "reply", UNIT, WHEN, YANJI, CALENDAR, result="已修复")
    assert done.ticket.state == "replied"


def test_other_steps_tell_who_did_what_with_numbers_masked() -> None:
    done = apply(
        in_state("intake"),
        "refuse",
        AGENT,
        WHEN,
        HEYUAN,
        CALENDAR,
        ground="001 6(二)",
        told="机主13812345678请拨110",
    )
    event = done.events[0]
    assert isinstance(event, TicketStepped)
    assert (event.action, event.state, event.actor) == ("refuse", "refused", "a1")
    assert event.payload()["facts"] == {"ground": "001 6(二)", "told": "机主138****5678请拨110"}


def test_the_desk_shows_only_buttons_that_the_table_knows() -> None:
    assert set(possible("signed", "unit")) == {
        "contact", "return", "ask_extension", "reply", "set_term",
    }  # fmt: skip
    assert set(possible("signed", "unit", "supervision")) == {"contact", "reply"}
    assert set(possible("resolved", "office")) == {"revisit", "archive"}
    assert possible("archived", "office") == ()


def test_a_whole_life_under_the_demonstration_citys_rules() -> None:
    ticket = Ticket("T9", "complaint")
    ticket = step(ticket, "file", "2026-09-30T10:00", DEMO)
    ticket = step(ticket, "dispatch", "2026-09-30T11:00", DEMO)
    ticket = step(ticket, "sign", "2026-09-30T11:30", DEMO)
    ticket = step(ticket, "ask_extension", "2026-10-16T10:00", DEMO)
    ticket = apply(ticket, "grant_extension", OFFICE, at("2026-10-16T15:00"), DEMO, CALENDAR).ticket
    assert words(ticket.due or WHEN) == "10月27日24:00"
    ticket = step(ticket, "reply", "2026-10-26T10:00", DEMO)
    ticket = step(ticket, "resolve", "2026-10-27T10:00", DEMO)
    assert [entry.after for entry in ticket.history] == [
        "filed", "dispatched", "signed", "extension_asked", "signed", "replied", "resolved",
    ]  # fmt: skip
    assert not any(entry.late for entry in ticket.history)
    assert [entry.version for entry in ticket.history] == [2, 3, 4, 5, 6, 7, 8]


def test_the_citizen_was_told_of_this_rounds_work_not_before_it_began() -> None:
    told = dict(REPLY, told_at="2026-11-11T10:00:00+08:00", told_how="phone")
    sent = step(step(in_state("filed"), "dispatch", "2026-11-11T10:00:30"), "sign", "2026-11-11T10:05")
    first = step(sent, "reply", "2026-11-11T11:00", **told)  # people name the minute
    again = step(first, "redo", "2026-11-12T09:00", YANJI)
    for early in (told["told_at"], "2026-11-12T08:59:00+08:00"):
        with pytest.raises(BadInput, match="11-12 09:00"):
            step(again, "reply", "2026-11-13T09:00", **told | {"told_at": early})
    with pytest.raises(BadInput, match="told_at"):
        step(sent, "reply", "2026-11-11T11:00", **told | {"told_at": "2026-11-10T10:00:00+08:00"})
    assert step(again, "reply", "2026-11-13T09:00", **told | {"told_at": "2026-11-12T09:00:00+08:00"})


def test_told_before_a_rejection_counts_in_the_same_round() -> None:
    told = dict(REPLY, told_at="2026-11-10T10:00:00+08:00", told_how="phone")
    back = step(step(in_state("signed"), "reply", "2026-11-10T11:00", **told), "reject", "2026-11-10T15:00")
    assert step(back, "reply", "2026-11-10T16:00", **told).state == "replied"
