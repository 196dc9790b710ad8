"""Events as the ticket's life writes them become facts: the life itself is played, nothing is made up."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from core.policy import Policy
from tests.tickets.assessment.make import CLOSED, KEPT, points
from tests.tickets.desk import CALENDAR, FACTS, WHO, YANJI, at
from tickets.assessment.fact import Fact, period
from tickets.assessment.sheet import Sheet, sheet
from tickets.assessment.trace import Happened, Told, traced
from tickets.lifecycle import apply
from tickets.ticket import Rescheduled, Ticket

pytestmark = pytest.mark.unit


class Played:
    """A ticket of SW that goes through the lifecycle; its events get ids e1, e2, …."""

    def __init__(self, policy: Policy = YANJI, type: Any = "help") -> None:
        self.ticket, self.policy, self.events = Ticket("T1", type), policy, list[Happened]()

    def then(self, when: str, action: Any, by: str = "", **facts: Any) -> "Played":
        """`by`: whoever does this other deed."""
        moment = at(when)
        done = apply(
            self.ticket, action, WHO[by or action], moment, self.policy, CALENDAR, **(FACTS[action] | facts)
        )
        self.ticket = done.ticket
        for event in done.events:
            n = len(self.events) + 1
            self.events.append(Happened(f"e{n}", n, event.name, event.at, event.payload()))
        return self

    def id(self, kind: str) -> str:
        """Of the event that tells of this step."""
        return next(fact.id for fact in self.facts if fact.kind == kind)

    @property
    def facts(self) -> list[Fact]:
        told = Told("T1", self.ticket.type, self.policy.name)
        return list(traced(told, self.events, self.policy, CALENDAR))

    def sheet(self, name: str = "2026-10", as_of: datetime = CLOSED) -> Sheet:
        return sheet([*self.facts, *KEPT], YANJI, period(name), "SW", as_of)


def sent(**facts: Any) -> Played:
    return Played().then("2026-10-12T08:50", "file").then("2026-10-12T09:00", "dispatch", **facts)


def test_what_was_done_in_time_costs_nothing_but_the_missing_grade() -> None:
    played = (
        sent()
        .then("2026-10-12T09:30", "sign")
        .then("2026-10-13T09:00", "reply")
        .then("2026-10-14T09:00", "resolve")
    )
    assert points(played.sheet()) == {"satisfaction": "0.00"}
    played.then("2026-10-15T09:00", "revisit", grade="satisfied")
    assert points(played.sheet()) == {}


def test_the_lifes_own_judgement_of_lateness_is_taken_over() -> None:
    played = (
        sent()
        .then("2026-10-12T10:30", "sign")
        .then("2026-10-16T09:00", "reply")
        .then("2026-10-16T10:00", "resolve")
    )
    played.then("2026-10-17T09:00", "revisit", grade="satisfied")
    found = played.sheet()
    assert points(found) == {"sign": "2.50", "on_time": "28.00", "reply": "2.50"}
    changes = {c.key: c.events for item in found.items for c in item.changes}
    assert changes["sign:T1"] == (played.id("dispatch"), played.id("sign"))
    assert changes["on_time:T1"] == (played.id("dispatch"), played.id("reply"))


def test_a_ticket_given_back_late_is_the_first_units_lapse() -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-15T09:00", "return")
    assert points(played.sheet()) == {"return": "2.50"}


def test_a_granted_extension_moves_the_term_to_the_day_the_office_named() -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "ask_extension")
    played.then("2026-10-13T10:00", "grant_extension", until="2026-10-21T00:00:00+08:00").then(
        "2026-10-20T09:00", "reply"
    )
    assert points(played.sheet()) == {"satisfaction": "0.00"}


def test_never_answered_after_an_extension_is_undone_and_the_first_of_the_six_situations() -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "ask_extension")
    played.then("2026-10-13T10:00", "grant_extension", until="2026-10-21T00:00:00+08:00")
    found = played.sheet()
    assert points(found) == {"on_time": "27.00", "reply": "2.50", "satisfaction": "0.00"}
    urging = next(item for item in found.items if item.name == "urging")
    assert [(change.case, change.events) for change in urging.changes] == [
        ("extended_overdue", (played.id("dispatch"), played.id("grant_extension")))
    ]


LAW = {"until": "2026-10-21T00:00:00+08:00", "term": "statutory", "term_basis": "行政处罚法第六十条"}


@pytest.mark.parametrize("named", ["at dispatch", "afterwards"])
def test_what_is_asked_for_while_the_laws_own_deadline_holds_is_excepted_and_stays_so_after_a_redo(
    named: str,
) -> None:
    law: dict[str, Any] = {"by": "set_term"} | LAW
    played = sent(**(law if named == "at dispatch" else {})).then("2026-10-12T09:30", "sign")
    if named == "afterwards":
        played.then("2026-10-13T09:00", "set_term", **LAW)
    played.then("2026-10-20T23:00", "ask_extension").then("2026-10-20T23:30", "reply")
    assert "extension" not in points(played.sheet())
    played.then(
        "2026-10-26T09:00", "redo", cause="poor_quality", reason="未处理", until="2026-10-29T00:00:00+08:00"
    )
    assert "extension" not in points(played.sheet())


def test_a_statutes_term_shortened_for_urgency_excuses_requests_as_before() -> None:
    played = sent(**{"by": "set_term"} | LAW).then("2026-10-12T09:30", "sign")
    played.then("2026-10-13T09:00", "set_term", until="2026-10-17T00:00:00+08:00", term="shorter")
    played.then("2026-10-16T23:00", "ask_extension").then("2026-10-16T23:30", "reply")
    assert "extension" not in points(played.sheet())


def test_a_term_of_the_rules_shortened_for_urgency_excuses_nothing() -> None:
    played = sent().then("2026-10-12T09:30", "sign")
    played.then("2026-10-13T09:00", "set_term", until="2026-10-15T00:00:00+08:00", term="shorter")
    played.then("2026-10-14T23:00", "ask_extension")
    assert points(played.sheet())["extension"] == "2.50"


def test_a_deadline_of_the_law_named_later_excuses_no_earlier_request() -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-15T23:00", "ask_extension")
    assert points(played.sheet())["extension"] == "2.50"
    played.then("2026-10-15T23:10", "refuse_extension", reason="已近期限").then(
        "2026-10-15T23:30", "set_term", **LAW
    )
    assert points(played.sheet())["extension"] == "2.50"


def test_sent_back_by_the_office_counts_where_the_unit_is_at_fault() -> None:
    def back(**said: Any) -> dict[str, str]:
        played = sent().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply")
        given = {"cause": "poor_quality", "reason": "未处理", "until": "2026-10-20T00:00:00+08:00"} | said
        played.then("2026-10-14T09:00", "redo", **given).then("2026-10-15T09:00", "reply").then(
            "2026-10-15T10:00", "resolve"
        )
        return points(played.then("2026-10-16T09:00", "revisit", grade="satisfied").sheet())

    assert back(reasonable=True, at_fault=True) == {"redo": "2.50"}


@pytest.mark.parametrize(("reached", "lost"), [(True, {}), (False, {"reply": "2.50"})])
def test_a_citizen_told_after_the_reply_is_told_once_they_were_reached(
    reached: bool, lost: dict[str, str]
) -> None:
    untold = {"told_at": "", "told_how": "", "talk": "", "attested": False}
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply", **untold)
    assert points(played.sheet()) == {"reply": "2.50", "satisfaction": "0.00"}
    played.then("2026-10-14T09:00", "contact", reached=reached)
    assert points(played.sheet()) == lost | {"satisfaction": "0.00"}


def test_pressed_before_the_term_and_late_all_the_same() -> None:
    played = (
        sent()
        .then("2026-10-12T09:30", "sign")
        .then("2026-10-15T09:00", "press", way="phone")
        .then("2026-10-17T09:00", "reply")
    )
    urging = next(item for item in played.sheet().items if item.name == "urging")
    assert [(change.case, change.events) for change in urging.changes] == [
        ("pressed_overdue", (played.id("dispatch"), played.id("reply"), played.id("press")))
    ]


def test_a_ticket_that_ran_under_other_rules_is_judged_by_the_moments_themselves() -> None:
    played = sent().then("2026-10-12T10:30", "sign")
    told = Told("T1", "help", "heyuan")
    signed = next(f for f in traced(told, played.events, YANJI, CALENDAR) if f.kind == "sign")
    assert "late" not in signed.data


LOOKED = {"on_site": True, "evidence": "现场照片两张"}


@pytest.mark.parametrize(
    ("action", "when", "said", "item"),
    [
        ("return", "2026-10-13T23:59", {}, ""),  # 附五(一)2: one working day, over at the 13th 24:00
        ("return", "2026-10-14T00:00", {}, "return"),
        ("return", "2026-10-14T23:59", LOOKED, ""),  # 附五(一)2: two where the site had to be seen
        ("return", "2026-10-15T00:00", LOOKED, "return"),
        ("ask_extension", "2026-10-14T23:59", {}, ""),  # 附五(一)4: the working day before the 15th
        ("ask_extension", "2026-10-15T00:00", {}, "extension"),
    ],
)
def test_giving_back_and_asking_for_time_under_other_rules_are_judged_by_those_that_score(
    action: str, when: str, said: dict[str, Any], item: str
) -> None:
    played = sent().then("2026-10-12T09:30", "sign").then(when, action, **said)
    other = [
        replace(one, payload=dict(one.payload) | {"late": not item}) for one in played.events
    ]  # as rules of another length would have judged
    facts = list(traced(Told("T1", "help", "county"), other, YANJI, CALENDAR))
    found = points(sheet([*facts, *KEPT], YANJI, period("2026-10"), "SW", at("2026-10-15T12:00")))
    assert found.keys() - {"satisfaction"} == ({item} if item else set())


def test_events_of_nobodys_ticket_are_no_facts() -> None:
    assert Played().then("2026-10-12T08:50", "file").facts == []


@pytest.mark.parametrize("action", ["withdraw", "merge", "return"])
def test_what_left_the_unit_only_after_its_term_was_never_done_in_time(action: str) -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-23T09:00", action)
    (change,) = next(item for item in played.sheet().items if item.name == "on_time").changes
    assert (change.case, change.events) == ("undone", (played.id("dispatch"), played.id(action)))


@pytest.mark.parametrize("action", ["withdraw", "merge"])
def test_what_left_the_unit_while_its_term_ran_costs_it_nothing(action: str) -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-15T23:59", action)
    assert points(played.sheet()) == {}


def test_a_rejected_reply_is_judged_by_the_restored_deadline() -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-14T09:00", "reply")
    played.then("2026-10-21T09:00", "reject").then("2026-10-22T09:00", "reply")
    assert points(played.sheet()) == {"satisfaction": "0.00"}


def test_dates_computed_anew_are_the_dates_that_are_scored() -> None:
    played = sent().then("2026-10-12T09:30", "sign")
    moved = Rescheduled(
        at("2026-10-13T09:00"), "T1", "SW", "调休", {"due": ["2026-10-16T00:00:00+08:00", "2026-10-20T00:00:00+08:00"]}
    )  # fmt: skip
    played.events.append(Happened("moved", 99, moved.name, moved.at, moved.payload()))
    assert points(played.sheet(as_of=at("2026-10-17T09:00"))) == {"satisfaction": "0.00"}
    (change,) = next(item for item in played.sheet().items if item.name == "on_time").changes
    assert (change.case, change.events) == ("undone", (played.id("dispatch"), "moved"))


@pytest.mark.parametrize(("noted", "kind"), [(True, "revisit"), (False, "denied"), (None, "denied")])
def test_a_flag_that_a_person_noted_is_a_revisit_one_a_machine_heard_is_not(
    noted: bool | None, kind: str
) -> None:
    played = sent().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply")
    payload = {"unit": "SW"} | ({} if noted is None else {"noted": noted})
    flag = Happened("flag", 99, "ticket.false_closure", at("2026-10-14T09:00"), payload)
    told = Told("T1", "help", YANJI.name)
    (fact,) = (one for one in traced(told, [*played.events, flag], YANJI, CALENDAR) if one.id == "flag")
    assert (fact.kind, fact.data["contacted"]) == (kind, False)
