"""Candidates come from the facts that units are scored by: each situation of the documents, with its events, found once."""

from datetime import datetime
from typing import Any

import pytest

from app.accountability.rules import situations
from app.policies import load
from core.accountability import FOUND, STEPS, Situations
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from tests.tickets.assessment.make import Story as Told
from tests.tickets.assessment.make import told
from tests.tickets.desk import HEYUAN, YANJI, at, under
from tickets.accountability.cases import Standing, stepped
from tickets.accountability.find import Candidate, Story, by_themselves, candidates
from tickets.assessment.trace import Happened

pytestmark = pytest.mark.unit
NOW = at("2026-11-10T09:00")
LATE = "2026-10-20T09:00"


def found(story: Told, policy: Policy = YANJI, now: datetime = NOW, **more: Any) -> list[Candidate]:
    return candidates(Story("T1", more.pop("state", "signed"), story.facts, **more), policy, now)


def event(name: str, when: str, ref: str = "e1", **payload: Any) -> Happened:
    return Happened(ref, 1, name, at(when), payload)


def repeat(n: int, when: str = "2026-10-14T09:00", **said: Any) -> Happened:
    return event("ticket.repeat", when, f"r{n}", of="T1", count=n, **said)


@pytest.mark.parametrize(
    ("kinds", "story", "more"),
    [
        (("overdue",), told().then(LATE, "reply"), {}),
        (("overdue",), told(), {}),
        (("extended_overdue",), told().then("2026-10-14T09:00", "ask_extension").then("2026-10-14T10:00", "grant_extension", due="2026-10-19T00:00").then(LATE, "reply"), {}),
        (("pressed_overdue",), told().then("2026-10-15T09:00", "press", form="phone").then(LATE, "reply"), {}),
        (("notice_overdue",), told().then("2026-10-15T09:00", "press", form="notice"), {}),
        (("notice_overdue", "pressed_overdue"), told().then("2026-10-15T09:00", "press", form="phone").then("2026-10-15T10:00", "press", form="notice"), {}),
        (("overdue",), told().then(LATE, "withdraw"), {}),
        (("overdue",), told().then(LATE, "merge"), {}),
        (("overdue",), told().then(LATE, "return"), {}),
        (("order_overdue",), told(), {"relation": "supervision"}),
        (("on_site_undone", "order_overdue"), told(), {"relation": "supervision", "happened": [event("supervision.noted", "2026-10-14T09:00", form="on_site", kind="visit")]}),
        (("on_site_undone", "order_overdue"), told(), {"relation": "supervision", "happened": [event("supervision.publication", "2026-10-14T09:00", publication="approved")]}),
        (("pressed_overdue",), told().then(LATE, "reply"), {"orders": [event("supervision.opened", "2026-10-14T09:00", unit="SW", form="")]}),
        (("overdue",), told().then(LATE, "reply"), {"orders": [event("supervision.opened", "2026-10-14T09:00", unit="JT", form="")]}),
        (("pressed_overdue",), told(), {"orders": [event("supervision.opened", "2026-10-16T09:00", unit="SW", due="2026-10-18T00:00:00+08:00")]}),
        (("overdue",), told().then(LATE, "reply"), {"orders": [event("supervision.opened", "2026-10-19T09:00", unit="SW", due="2026-10-22T00:00:00+08:00")]}),
        (("on_site_undone", "pressed_overdue"), told(), {"orders": [event("supervision.opened", "2026-10-14T09:00", unit="SW", form="on_site"), event("supervision.noted", "2026-10-14T10:00", "e2", unit="SW", form="on_site", kind="visit")]}),
        (("overdue",), told().then("2026-10-16T09:00", "press", form="phone").then(LATE, "reply"), {}),
        (("overdue",), told().then("2026-10-16T09:00", "press", form="notice", until="2026-10-21T00:00:00+08:00").then(LATE, "reply"), {}),
        (("notice_overdue",), told().then("2026-10-16T09:00", "press", form="notice", until="2026-10-19T00:00:00+08:00").then(LATE, "reply"), {}),
        (("shared_slack", "overdue"), told().then(LATE, "reply"), {"assisted": True, "happened": [event("ticket.stepped", "2026-10-16T09:00", action="urge")]}),
    ],
)  # fmt: skip
def test_lateness_is_one_case_with_all_it_falls_under(kinds: tuple[str, ...], story: Told, more: Any) -> None:
    (case,) = found(story, **more)
    assert (case.kinds, case.unit, case.about) == (kinds, "SW", "T1.1/SW")
    assert case.events[0] == "T1.1"


def test_a_visit_to_an_earlier_round_shows_nothing_of_the_one_that_is_late() -> None:
    story = told().then("2026-10-14T09:00", "reply").then("2026-10-19T09:00", "redo", due="2026-10-22T00:00")
    story.then("2026-10-25T09:00", "reply")
    visits = [
        event("supervision.noted", f"2026-10-{day}T09:00", f"v{day}", form="on_site", kind="visit")
        for day in (13, 20)
    ]
    kinds = [
        case.kinds
        for visit in visits
        for case in found(story, happened=[visit])
        if "redo_overdue" in case.kinds
    ]
    assert kinds == [("redo_overdue",), ("on_site_undone", "redo_overdue")]


@pytest.mark.parametrize(
    "story",
    [
        told().then("2026-10-15T09:00", "reply"),
        told().then("2026-10-15T09:00", "press", form="phone").then("2026-10-15T10:00", "reply"),
        told().then("2026-10-13T09:00", "withdraw"),
        told().then("2026-10-12T10:00", "return"),
    ],
)
def test_what_was_done_in_time_or_is_nobodys_is_no_case(story: Told) -> None:
    assert found(story) == []


def test_a_term_that_has_not_ended_is_no_case() -> None:
    assert found(told(), now=at("2026-10-15T23:59")) == []


def test_a_redo_counts_where_the_city_reads_it_so_and_the_unit_was_at_fault() -> None:
    story = told().then("2026-10-14T09:00", "reply").then("2026-10-14T10:00", "redo", due="2026-11-20T00:00")
    (case,) = found(story, HEYUAN)
    assert (case.kinds, case.events) == (("redo",), ("T1.1", "T1.2", "T1.3"))
    assert found(story, under("heyuan", "redo_accountable=never")) == []
    unfair = told().then("2026-10-14T09:00", "reply")
    unfair.then("2026-10-14T10:00", "redo", due="2026-11-20T00:00", reasonable=False)
    assert found(unfair, HEYUAN) == []


def test_who_gave_back_what_was_theirs_or_gave_it_back_late() -> None:
    story = told().then("2026-10-14T09:00", "return", late=True)
    (late,) = found(story)
    assert late.kinds == ("late_return",)
    story.then("2026-10-15T09:00", "dispatch", due="2026-11-20T00:00")
    (both,) = found(story)
    assert (both.kinds, both.about) == (("shirked", "late_return"), late.about)


@pytest.mark.parametrize("heard", ["revisit", "denied"])
def test_a_citizen_who_says_nobody_told_them(heard: str) -> None:
    story = told().then("2026-10-14T09:00", "reply").then("2026-10-16T09:00", heard, contacted=False)
    assert [case.kinds for case in found(story)] == [("not_told",)]


def test_three_repeats_left_unsolved_are_a_case_two_or_solved_ones_are_not() -> None:
    story = told().then("2026-10-13T09:00", "reply")
    three = [repeat(n) for n in (1, 2, 3)]
    (case,) = found(story, HEYUAN, repeats=three)
    assert (case.kinds, case.events, case.about) == (("repeated",), ("r1", "r2", "r3"), "T1/repeated")
    assert found(story, HEYUAN, repeats=three[:2]) == []
    assert found(story, HEYUAN, repeats=[*three[:2], repeat(3, reasonable=False)]) == []
    assert found(story, HEYUAN, repeats=[*three[:2], repeat(3, confirmed=False)]) == []
    judged = event("ticket.repeat", "2026-10-15T09:00", "j3", ticket_id="r3", way="judged", reasonable=False)
    assert found(story, HEYUAN, repeats=[*three, judged]) == []
    solved = told().then("2026-10-13T09:00", "reply").then("2026-10-20T09:00", "resolve")
    assert found(solved, HEYUAN, repeats=three, state="resolved") == []
    assert found(solved, HEYUAN, repeats=[*three, repeat(4, "2026-10-21T09:00")], state="resolved")
    assert found(story, YANJI, repeats=three) == []  # Yanji names no number


def test_a_leaders_note_knowledge_and_attitude_propose_by_themselves() -> None:
    noted = event("supervision.opened", "2026-10-14T09:00", trigger="leader_note", unit="SW")
    assert [case.kinds for case in found(told(), now=at("2026-10-14T10:00"), happened=[noted])] == [
        ("leader_ordered",)
    ]
    alone = [
        event("knowledge.overdue", LATE, unit="SW", article="art_1"),
        event("knowledge.misled", LATE, unit="SW", ticket_id="T1"),
        event("call.attitude", LATE, unit="SW"),
        event("knowledge.published", LATE, unit="SW"),
    ]
    assert [case.kinds for case in by_themselves(alone)] == [("knowledge_late",), ("misled",), ("attitude",)]


def test_every_situation_is_there_with_its_clause_and_a_way_to_find_it() -> None:
    table = situations()
    clauses = [one.clause for key in ("001", "002", "003", "000") for one in table.of([key])]
    assert [f"001 19({n})" for n in "一二三四五六七八九十"] == clauses[:10]
    assert {f"002 附五(二){n}" for n in range(1, 7)} | {"002 16", "002 18", "003 二.9", "000 三(七)"} <= set(
        clauses
    )
    assert set(FOUND) == {kind for key in table.documents for one in table.of([key]) for kind in one.found}
    assert [one.clause for one in table.grounds(["extended_overdue"], YANJI.documents)] == [
        "002 16", "002 18", "002 附五(二)1",
    ]  # fmt: skip
    assert table.grounds(["knowledge_late"], load("chenzhou").documents) == []
    assert "市纪委监委" in table.authority(HEYUAN.documents)
    with pytest.raises(ValueError, match="found"):
        Situations.model_validate(
            {"documents": {"1": {"situations": [{"clause": "1 1", "found": ["rumour"]}]}}}
        )


LATENESS = [kind for kind in FOUND if kind.endswith("_overdue") or kind in ("overdue", "on_site_undone")]


@pytest.mark.parametrize(
    ("city", "clauses"),
    [("heyuan", {"001 19(三)", "001 19(六)"}), ("yanji", {"002 16", "002 18"}), ("henan", {"000 三(五)"})],
)
@pytest.mark.parametrize("kind", LATENESS)
def test_what_is_late_in_any_way_is_a_case_wherever_a_clause_speaks_of_lateness(
    kind: Any, city: str, clauses: set[str]
) -> None:
    assert clauses & {one.clause for one in situations().grounds([kind], load(city).documents)}


def test_a_talk_that_the_citizen_denies_is_a_case_where_false_reports_are() -> None:
    for city in ("heyuan", "yanji", "chenzhou"):
        assert situations().grounds(["not_told"], load(city).documents)


SAID: dict[str, dict[str, Any]] = {
    "verify": {"words": "属实", "evidence": ["rec_1"]}, "dismiss": {"words": "系统故障"}, "propose": {"words": "提请追究"},
    "decide": {"words": "通报", "outcome": "criticised"},
}  # fmt: skip


@pytest.mark.parametrize(("state", "action"), STEPS)
def test_a_case_is_stepped_as_the_table_says_with_what_it_needs(state: Any, action: Any) -> None:
    case, step = Standing("acc_1", state, "anna"), STEPS[state, action]
    assert stepped(case, action, "bo", SAID[action]) == step.after
    for need in step.needs:
        with pytest.raises(BadInput, match=need):
            stepped(case, action, "bo", SAID[action] | {need: ""})


def test_two_persons_and_no_other_way() -> None:
    with pytest.raises(NotAllowed, match="两人"):
        stepped(Standing("acc_1", "verified", "anna"), "propose", "anna", SAID["propose"])
    with pytest.raises(NotAllowed, match="candidate"):
        stepped(Standing("acc_1", "candidate"), "propose", "bo", SAID["propose"])
    with pytest.raises(BadInput, match="outcome"):
        stepped(Standing("acc_1", "proposed"), "decide", "bo", {"words": "x", "outcome": "shot"})
