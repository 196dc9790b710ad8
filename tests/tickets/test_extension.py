"""Extensions: Heyuan 10(五) and 13, Yanji annex 五(一)4."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.policies import HOUSE, load
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from core.policy_text import parse_policy
from tests.tickets.desk import CALENDAR, DEMO, HEYUAN, OFFICE, UNIT, YANJI, at, in_state, step, under
from tickets.clock import words
from tickets.lifecycle import MissingFact, apply
from tickets.ticket import Person, Ticket

pytestmark = pytest.mark.unit
# Monday 9 November 10:00: Heyuan help due Monday 16 Nov 24:00; Yanji help due Thursday 12 Nov 24:00


def grant(ticket: Ticket, when: str, policy: Policy, **facts: Any) -> Ticket:
    return apply(ticket, "grant_extension", OFFICE, at(when), policy, CALENDAR, **facts).ticket


def asked(policy: Policy, when: str = "2026-11-10T10:00") -> Ticket:
    return step(in_state("signed", policy), "ask_extension", when, policy)


def last_working_day_reading() -> Policy:
    text = (HOUSE / "yanji.yaml").read_text(encoding="utf-8")
    return parse_policy(text.replace("one_working_day_before", "last_working_day"), "yanji.yaml")


def test_after_expiry_no_extension_can_be_asked_for() -> None:
    step(in_state("signed"), "ask_extension", "2026-11-16T23:59:59")
    with pytest.raises(NotAllowed, match="11月16日24:00"):
        step(in_state("signed"), "ask_extension", "2026-11-17T00:00")


def test_heyuan_grants_one_extension_and_no_second() -> None:
    ticket = grant(asked(HEYUAN), "2026-11-10T15:00", HEYUAN, until="2026-11-20T00:00:00+08:00")
    with pytest.raises(NotAllowed, match="1次"):
        step(ticket, "ask_extension", "2026-11-17T10:00")


def test_heyuan_lets_a_unit_ask_again_after_a_refusal() -> None:
    ticket = step(asked(HEYUAN), "refuse_extension", "2026-11-10T15:00")
    assert step(ticket, "ask_extension", "2026-11-11T10:00").asked == 2


def test_yanji_counts_every_request_and_takes_three() -> None:
    ticket = in_state("signed", YANJI)
    for hour in (10, 12, 14):
        ticket = step(ticket, "ask_extension", f"2026-11-10T{hour}:00", YANJI)
        ticket = step(ticket, "refuse_extension", f"2026-11-10T{hour}:30", YANJI)
    with pytest.raises(NotAllowed, match="3次"):
        step(ticket, "ask_extension", "2026-11-10T16:00", YANJI)


def test_a_statutes_term_that_was_shortened_for_urgency_still_takes_a_fourth_request() -> None:
    law = {"until": "2027-05-01T00:00:00+08:00", "term": "statutory", "term_basis": "行政处罚法第六十条"}
    ticket = step(in_state("signed", YANJI), "set_term", "2026-11-09T11:00", YANJI, **law)
    ticket = apply(
        ticket, "set_term", UNIT, at("2026-11-09T12:00"), YANJI, CALENDAR, term="shorter", until="2027-04-01T00:00:00+08:00"
    ).ticket  # fmt: skip
    for hour in (10, 12, 14, 16):
        ticket = step(ticket, "ask_extension", f"2026-11-10T{hour}:00", YANJI)
        ticket = step(ticket, "refuse_extension", f"2026-11-10T{hour}:30", YANJI)
    assert ticket.asked == 4


@pytest.mark.parametrize("city", ["henan", "heyuan", "yanji", "chenzhou", "jiayuguan", "demo"])
def test_a_refused_extension_gives_its_reason_in_every_city(city: str) -> None:
    policy = load(city)
    ticket = replace(asked(HEYUAN), state="extension_asked")
    with pytest.raises(MissingFact, match="reason"):
        apply(ticket, "refuse_extension", OFFICE, at("2026-11-10T15:00"), policy, CALENDAR)
    assert step(ticket, "refuse_extension", "2026-11-10T15:00", policy).state == "signed"


def test_a_city_may_order_that_a_refusal_needs_no_reason() -> None:
    raw = YANJI.model_dump(mode="json", by_alias=True)
    raw["extension"]["refusal_needs_reason"] = False
    policy = Policy.model_validate(raw)
    ticket = step(in_state("signed", policy), "ask_extension", "2026-11-10T10:00", policy)
    refused = apply(ticket, "refuse_extension", OFFICE, at("2026-11-10T11:00"), policy, CALENDAR)
    assert refused.ticket.state == "signed"


def extended_and_given_back(policy: Policy) -> Ticket:
    """SW asked three times and gave it back all the same."""
    ticket = in_state("signed", policy)
    for hour in (10, 12, 14):
        ticket = step(ticket, "ask_extension", f"2026-11-09T{hour}:01", policy)
        ticket = grant(ticket, f"2026-11-09T{hour}:30", policy, until=f"2026-11-{hour + 6}T00:00:00+08:00")
    return step(ticket, "return", "2026-11-09T15:00", policy)


def sent_to(unit: str, ticket: Ticket, policy: Policy, hour: int) -> Ticket:
    """Dispatched there and signed for."""
    there = step(ticket, "dispatch", f"2026-11-09T{hour}:00", policy, unit=unit)
    return apply(
        there, "sign", Person("u2", "unit", unit), at(f"2026-11-09T{hour}:10"), policy, CALENDAR
    ).ticket


def test_another_unit_begins_anew_and_the_same_one_goes_on_counting() -> None:
    first = extended_and_given_back(YANJI)
    assert (first.asked, first.asked_by, first.granted_by) == (3, ("SW",) * 3, ("SW",) * 3)
    second = sent_to("JT", first, YANJI, 16)
    assert (second.asked, second.granted, second.grants) == (0, 0, ())
    asks = Person("u2", "unit", "JT")
    later = apply(second, "ask_extension", asks, at("2026-11-10T10:00"), YANJI, CALENDAR, reason="现场核查")
    assert later.ticket.asked_by == ("SW", "SW", "SW", "JT")
    back = apply(
        second, "return", asks, at("2026-11-10T10:00"), YANJI, CALENDAR, reason="非我单位职责"
    ).ticket
    again = sent_to("SW", back, YANJI, 17)
    with pytest.raises(NotAllowed, match="3次"):
        step(again, "ask_extension", "2026-11-10T11:00", YANJI)


def test_where_a_city_counts_by_the_ticket_the_next_unit_has_what_is_left() -> None:
    policy = under("yanji", "extension_counts=ticket")
    second = sent_to("JT", extended_and_given_back(policy), policy, 16)
    asks = Person("u2", "unit", "JT")
    with pytest.raises(NotAllowed, match="3次"):
        apply(second, "ask_extension", asks, at("2026-11-10T10:00"), policy, CALENDAR, reason="现场核查")


WINDOWS = [
    # due Thursday 12 Nov 24:00; at least one working day before = until Wednesday 24:00
    (YANJI, "2026-11-11T23:59:59", False),
    (YANJI, "2026-11-12T00:00", True),
    (last_working_day_reading(), "2026-11-11T23:59:59", True),
    (last_working_day_reading(), "2026-11-12T00:00", False),
    (last_working_day_reading(), "2026-11-12T23:59:59", False),
    (HEYUAN, "2026-11-16T23:59:59", False),
]


@pytest.mark.parametrize(("policy", "when", "outside"), WINDOWS)
def test_a_request_outside_the_clauses_window_is_taken_and_marked(
    policy: Policy, when: str, outside: bool
) -> None:
    assert asked(policy, when).history[-1].late is outside


def test_where_the_clause_names_no_length_whoever_grants_must() -> None:
    with pytest.raises(BadInput, match="until"):
        grant(asked(HEYUAN), "2026-11-10T15:00", HEYUAN)


def test_the_granted_moment_becomes_the_deadline_in_any_zone() -> None:
    moment = datetime(2026, 11, 19, 16, tzinfo=UTC)
    for until in (moment, moment.isoformat()):
        ticket = grant(asked(HEYUAN), "2026-11-10T15:00", HEYUAN, until=until)
        assert ticket.due == moment
        assert words(ticket.due or moment) == "11月19日24:00"


@pytest.mark.parametrize(
    "until", ["2026-11-17T00:00:00+08:00", "2026-11-01T00:00:00+08:00", "2028-01-01T00:00:00+08:00",
              "2026-11-20T00:00:00", "soon", ""],
)  # fmt: skip
def test_an_extension_must_extend_by_a_year_at_most_and_say_which_zone(until: str) -> None:
    with pytest.raises(BadInput):
        grant(asked(HEYUAN), "2026-11-10T15:00", HEYUAN, until=until)


def test_the_named_length_counts_from_the_old_last_day() -> None:
    # demo: 5 working days after Monday 16 Nov 24:00 = Monday 23 Nov 24:00
    assert words(grant(asked(DEMO), "2026-11-10T15:00", DEMO).due or at("2026-11-10")) == "11月23日24:00"


def test_less_than_the_named_length_may_be_granted_but_not_more() -> None:
    less = grant(asked(DEMO), "2026-11-10T15:00", DEMO, until="2026-11-20T00:00:00+08:00")
    assert words(less.due or at("2026-11-10")) == "11月19日24:00"
    with pytest.raises(BadInput, match="11月23日24:00"):
        grant(asked(DEMO), "2026-11-10T15:00", DEMO, until="2026-11-24T00:00:01+08:00")


def test_an_extension_into_an_unpublished_year_is_provisional() -> None:
    ticket = in_state("signed", DEMO, start="2026-12-21T10:00")
    assert not ticket.provisional
    ticket = step(ticket, "ask_extension", "2026-12-22T10:00", DEMO)
    ticket = grant(ticket, "2026-12-22T15:00", DEMO)
    assert words(ticket.due or at("2026-12-22"), 2026) == "2027年1月5日24:00"
    assert ticket.provisional


def test_a_refusal_gives_its_reason_and_the_unit_goes_on_under_the_old_deadline() -> None:
    ticket = step(asked(HEYUAN), "refuse_extension", "2026-11-10T15:00")
    assert (ticket.state, ticket.due) == ("signed", in_state("signed").due)
    assert ticket.history[-1].facts["reason"]


def test_a_unit_may_reply_while_its_request_is_pending() -> None:
    assert step(asked(HEYUAN), "reply", "2026-11-11T10:00").state == "replied"


def test_where_there_is_no_deadline_there_is_nothing_to_extend() -> None:
    with pytest.raises(NotAllowed):
        apply(
            in_state("signed", YANJI, "economic"),
            "ask_extension",
            UNIT,
            at("2026-11-10T10:00"),
            YANJI,
            CALENDAR,
            reason="x",
        )


@pytest.mark.parametrize(("dispatched", "asks", "late"), [
    ("2026-10-17T10:00", "2026-10-17T10:05", False),  # a Saturday: due on Monday, the working day before it was Friday
    ("2026-10-17T10:00", "2026-10-19T16:00", False),
    ("2026-10-15T10:00", "2026-10-15T16:00", False),  # a Thursday: due on Friday
    ("2026-10-15T10:00", "2026-10-16T09:00", True),
])  # fmt: skip
def test_nobody_is_late_for_a_window_that_was_over_when_the_work_came(
    dispatched: str, asks: str, late: bool
) -> None:
    ticket = in_state("signed", YANJI, "consult", dispatched)
    done = apply(ticket, "ask_extension", UNIT, at(asks), YANJI, CALENDAR, reason="需会同核查")
    assert done.entries[0].late is late


def test_a_number_that_only_the_city_gives_is_told_with_the_citys_clause() -> None:
    text = (
        (HOUSE / "heyuan.yaml")
        .read_text(encoding="utf-8")
        .replace("documents:", "extends: henan\ndocuments:", 1)
    )
    policy = parse_policy(text, "heyuan.yaml", load)
    granted = grant(asked(policy), "2026-11-10T11:00", policy, until="2026-12-01T00:00:00+08:00")
    with pytest.raises(NotAllowed, match=r"延期以1次为限（001 10\(五\)）"):
        step(granted, "ask_extension", "2026-11-11T10:00", policy, reason="管材仍未到")
