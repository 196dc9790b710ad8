"""Yanji's hundred points, computed by hand: what happened, and what each item comes to. Source: 002 22-23 and its annex."""

from decimal import Decimal

import pytest

from tests.tickets.assessment.make import (
    CLOSED,
    KEPT,
    Story,
    again,
    one,
    points,
    scored,
    told,
    well_done,
    with_urging,
)
from tests.tickets.desk import at
from tickets.assessment.fact import Fact
from tickets.assessment.sheet import Sheet

pytestmark = pytest.mark.unit


def graded(good: int, bad: int, unrated: int = 0, **data: object) -> list[Story]:
    """So many tickets, all well done, with these grades."""
    grades = ["satisfied"] * good + ["dissatisfied"] * bad + [""] * unrated
    return [well_done(f"T{n}", grade, **data) for n, grade in enumerate(grades)]


def to_the_platform() -> Story:
    """Asked the citizen about it, then answered the platform in time and nobody else."""
    story = told().then("2026-10-12T09:30", "sign").then("2026-10-12T14:00", "contact")
    return story.then("2026-10-13T09:00", "reply", told=False)


CASES: list[tuple[str, str, list[Fact | Story], dict[str, str]]] = [
    # clause, what happened, the facts, what is not full
    ("附一至附六", "nothing went wrong", [well_done()], {}),
    ("附五(一)1", "signed after 61 minutes: −0.5",
     [told().then("2026-10-12T10:01", "sign", late=True).then("2026-10-13T09:00", "reply").then("2026-10-14T09:00", "grade", grade="satisfied")],
     {"sign": "2.50"}),
    ("附五(一)1", "never signed, but answered in time: −0.5",
     [told().then("2026-10-13T09:00", "reply").then("2026-10-14T09:00", "grade", grade="satisfied")], {"sign": "2.50"}),
    ("附五(一)1", "seven signed late: the item is used up",
     [told(f"T{n}").then("2026-10-12T11:00", "sign", late=True).then("2026-10-13T09:00", "reply").then("2026-10-14T09:00", "grade", grade="satisfied") for n in range(7)],
     {"sign": "0.00"}),
    ("附五(一)1", "signed late while the platform was down: exempt",
     [told().then("2026-10-12T11:00", "sign", late=True).then("2026-10-13T09:00", "reply").then("2026-10-14T09:00", "grade", grade="satisfied"),
      one("ruling", "2026-10-12T12:00", "r1", scopes=["sign"], starts_at="2026-10-12T09:20:00+08:00", ends_at="2026-10-12T10:50:00+08:00", reason="平台故障")],
     {}),
    ("附五(一)2", "given back after its day: −0.5, and no longer its ticket",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-14T09:00", "return", late=True), well_done("T2")], {"return": "2.50"}),
    ("附五(一)3", "settled late: −1, and answered late: −0.5",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-16T09:00", "reply").then("2026-10-17T09:00", "grade", grade="satisfied")],
     {"on_time": "28.00", "reply": "2.50"}),
    ("附五(一)3", "never settled: −2, −0.5, and nobody satisfied",
     [told().then("2026-10-12T09:30", "sign")], {"on_time": "27.00", "reply": "2.50", "satisfaction": "0.00"}),
    ("附五(一)3", "the very moment of 24:00 is too late",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-16T00:00", "reply").then("2026-10-17T09:00", "grade", grade="satisfied")],
     {"on_time": "28.00", "reply": "2.50"}),
    ("附五(一)3", "a statutory term stands in the event: in time by it",
     [told(due="2026-12-01T00:00", statutory=True).then("2026-10-12T09:30", "sign").then("2026-10-20T09:00", "reply").then("2026-10-21T09:00", "grade", grade="satisfied")],
     {}),
    ("附五(一)4", "extension asked for outside its days, twice for one ticket: −0.5 once",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-15T09:00", "ask_extension", late=True).then("2026-10-15T10:00", "ask_extension", late=True)
      .then("2026-10-15T11:00", "grant_extension", due="2026-10-21T00:00").then("2026-10-20T09:00", "reply").then("2026-10-21T09:00", "grade", grade="satisfied")],
     {"extension": "2.50"}),
    ("附五(一)4", "a fourth request: −0.5",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "ask_extension").then("2026-10-13T10:00", "ask_extension")
      .then("2026-10-13T11:00", "ask_extension").then("2026-10-13T12:00", "ask_extension").then("2026-10-13T13:00", "reply").then("2026-10-14T09:00", "grade", grade="satisfied")],
     {"extension": "2.50"}),
    ("附五(一)4", "statutory terms are excepted",
     [told(statutory=True).then("2026-10-12T09:30", "sign").then("2026-10-15T09:00", "ask_extension", late=True).then("2026-10-15T13:00", "reply").then("2026-10-16T09:00", "grade", grade="satisfied")],
     {}),
    ("附五(一)5", "answered to the platform only: −0.5",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply", told=False).then("2026-10-14T09:00", "grade", grade="satisfied")],
     {"reply": "2.50"}),
    ("附五(一)5", "answered to the platform, and the citizen told before the term's end",
     [to_the_platform().then("2026-10-15T23:59", "contact").then("2026-10-16T09:00", "grade", grade="satisfied")], {}),
    ("附五(一)5", "answered to the platform, and the citizen told when the term was over: −0.5",
     [to_the_platform().then("2026-10-16T00:00", "contact").then("2026-10-16T09:00", "grade", grade="satisfied")], {"reply": "2.50"}),
    ("附五(一)5", "answered to the platform, and the citizen rung and not reached: −0.5",
     [to_the_platform().then("2026-10-14T09:00", "contact", reached=False).then("2026-10-16T09:00", "grade", grade="satisfied")], {"reply": "2.50"}),
    ("附五(一)5", "an assisting unit answers the lead, and one it is handed down to: the citizen hears it from the lead",
     [well_done(), *(told(name, relation=how).then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply", told=False)
                     for name, how in (("T2", "assist"), ("T3", "descent")))], {}),
    ("附五(一)5", "the citizen says in the revisit that nobody answered: −0.5",
     [well_done("T1", "").then("2026-10-14T09:00", "revisit", contacted=False).then("2026-10-14T09:01", "grade", grade="satisfied")], {"reply": "2.50"}),
    ("附五(一)5", "only a machine heard the citizen say so: a flag for people, no verdict",
     [well_done("T1", "").then("2026-10-14T09:00", "denied", contacted=False).then("2026-10-14T09:01", "grade", grade="satisfied")], {}),
    ("附五(一)6", "an assisting unit's part is not graded and does not count",
     [well_done(), well_done("T2", "", relation="assist")], {}),
    ("附五(二)", "a supervision ticket is no matter of its own",
     [well_done(), told("T2", relation="supervision", parent="T1").then("2026-10-13T09:00", "reply")], {}),
    ("附五(一)6", "19 of 20 satisfied is 95 %: full", [*graded(19, 1)], {}),
    ("附五(一)6", "18 of 20 is 90 %: five points below, −0.55", [*graded(18, 2)], {"satisfaction": "9.45"}),
    ("附五(一)6", "one unrated of ten is unsatisfied, 90 %: −0.55", [*graded(9, 0, 1)], {"satisfaction": "9.45"}),
    ("附五(一)6", "14 of 15 is 93.33 %: one whole point, −0.11", [*graded(14, 1)], {"satisfaction": "9.89"}),
    ("附五(一)6", "nobody satisfied: 95 × 0.11 is more than the item has", [*graded(0, 4)], {"satisfaction": "0.00"}),
    ("附五(一)7", "sent back, found to be the unit's fault: −0.5",
     [well_done("T1", "").then("2026-10-14T09:00", "redo", due="2026-10-20T00:00", reasonable=True, reviewed=True, unit_at_fault=True)
      .then("2026-10-15T09:00", "reply").then("2026-10-16T09:00", "grade", grade="satisfied")], {"redo": "2.50"}),
    ("附五(一)7", "sent back, not the unit's fault",
     [well_done("T1", "").then("2026-10-14T09:00", "redo", due="2026-10-20T00:00", unit_at_fault=False)
      .then("2026-10-15T09:00", "reply").then("2026-10-16T09:00", "grade", grade="satisfied")], {}),
    ("附五(一)7", "sent back twice: 1件, −0.5 once",
     [well_done("T1", "").then("2026-10-14T09:00", "redo", due="2026-10-20T00:00", unit_at_fault=True).then("2026-10-15T09:00", "reply")
      .then("2026-10-16T09:00", "redo", due="2026-10-22T00:00", unit_at_fault=True).then("2026-10-17T09:00", "reply")
      .then("2026-10-18T09:00", "grade", grade="satisfied")], {"redo": "2.50"}),
    ("附五(一)7", "sent back twice, once by the unit's fault: −0.5",
     [well_done("T1", "").then("2026-10-14T09:00", "redo", due="2026-10-20T00:00", unit_at_fault=False).then("2026-10-15T09:00", "reply")
      .then("2026-10-16T09:00", "redo", due="2026-10-22T00:00", unit_at_fault=True).then("2026-10-17T09:00", "reply")
      .then("2026-10-18T09:00", "grade", grade="satisfied")], {"redo": "2.50"}),
    ("附五(一)8", "the same person again: −0.5", [well_done(), well_done("T2", relation="repeat", parent="T1"), again("T2")], {"repeat": "2.50"}),
    ("附五(一)8", "merged into the first: the further ticket counts all the same",
     [well_done(), again(way="merge")], {"repeat": "2.50"}),
    ("附五(一)8", "a stranger's, one that is another matter, and one judged unreasonable",
     [well_done(), Story("T5").then("2026-10-14T09:00", "repeat", of="T1", count=0), Story("T6").then("2026-10-14T09:00", "repeat", of="T1", count=1, confirmed=False),
      Story("T7").then("2026-10-14T09:00", "repeat", of="T1", count=1).then("2026-10-15T09:00", "repeat", of="T1", count=0, reasonable=False)], {}),
    ("附五(一)8", "what was raised again is no 转办件 of a unit that gave it back: the first ticket was, two hours after it came",
     [well_done(), told("T2").then("2026-10-12T09:20", "sign").then("2026-10-12T11:00", "return"), again(of="T2", when="2026-10-12T10:00")], {}),
    ("附五(一)8", "the first one was answered at the desk: this unit was given the matter once",
     [well_done(relation="repeat", parent="T0")], {}),
    ("附五(一)5", "told in time though the platform was answered late: −1 only",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-16T09:00", "reply", told=True, told_late=False).then("2026-10-17T09:00", "grade", grade="satisfied")], {"on_time": "28.00"}),
    ("附五(一)5", "settled in time, told too late: −0.5",
     [told().then("2026-10-12T09:30", "sign").then("2026-10-15T09:00", "reply", told=True, told_late=True).then("2026-10-17T09:00", "grade", grade="satisfied")], {"reply": "2.50"}),
    ("附五(一)8", "an unreasonable demand again", [well_done(), well_done("T2", relation="repeat"), again("T2", reasonable=False)], {}),
    ("附一(一)", "no section named: nothing of two points", [well_done(), one("register", "2026-10-02T09:00", chief=True, leader=True, section=False, handlers=1)], {"leaders": "0.00"}),
    ("附一(二)", "no handler", [well_done(), one("register", "2026-10-02T09:00", chief=True, leader=True, section=True, handlers=0)], {"staff": "0.00"}),
    ("附三(一)", "the network was down twice, once by force majeure: −0.5",
     [well_done(), one("network_outage", name="n1"), one("network_outage", "2026-10-22T10:00", "n2"),
      one("ruling", "2026-10-22T12:00", "r1", scopes=["network"], starts_at="2026-10-22T00:00:00+08:00", ends_at="2026-10-23T00:00:00+08:00", reason="暴雨")],
     {"network": "1.50"}),
    ("附三(二)", "half an hour without an answer, twice: −1", [well_done(), one("fixed_line_outage", name="p1"), one("fixed_line_outage", name="p2")], {"fixed_line": "1.00"}),
    ("附三(三)", "a mobile not reached, and once excused: −0.5", [well_done(), one("mobile_outage", name="p1"), one("mobile_outage", name="p2", excused="不可抗力")], {"mobiles": "1.50"}),
    ("附四(一)", "two articles late: 3 points once", [well_done(), one("knowledge_late", name="k1"), one("knowledge_late", name="k2")], {"knowledge": "0.00"}),
    ("附四(二)", "two notices missed: −2", [well_done(), one("notice_missed", name="k1"), one("notice_missed", name="k2")], {"notices": "1.00"}),
    ("附六(三)", "rude in a three-way call: −1", [well_done(), one("attitude", name="a1", events=["rec_1"])], {"service": "7.00"}),
    ("附六(四)", "held to account and criticised: −8", [well_done(), one("accountable", name="a1"), one("criticised", name="a2")], {"service": "0.00"}),
    ("附六(一)(二)", "praise makes good a rude call: −1 +1", [well_done(), one("attitude", name="a1"), one("praised", name="a2")], {}),
    ("附六", "more than eight is not given, less than nothing is not taken", [well_done(), *(one("adopted", name=f"a{n}") for n in range(3))], {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "what", "facts", "expected"),
    CASES,
    ids=[f"{n}-{case[1][:40]}" for n, case in enumerate(CASES)],
)
def test_the_table_comes_out_as_by_hand(
    clause: str, what: str, facts: list[Fact | Story], expected: dict[str, str]
) -> None:
    assert points(scored(facts)) == expected, (clause, what)


def test_the_table_has_a_hundred_points_in_the_six_parts_the_document_names_and_says_that_it_counts_seven() -> (
    None
):
    found = scored([well_done()])
    assert [(part["part"], part["full"]) for part in found.as_json()["parts"]] == [
        ("组织机构", "4.00"), ("制度建设", "4.00"), ("联络畅通", "6.00"), ("知识库维护", "6.00"), ("工作实绩", "72.00"), ("服务质量", "8.00"),
    ]  # fmt: skip
    assert sum(item.full for item in found.items) == 100
    assert any("称共7个部分，列出的是6个" in note for note in found.notes)


def test_a_month_counts_the_72_points_of_its_work_and_shows_how_the_rest_stands() -> None:
    found = scored([told().then("2026-10-12T11:00", "sign", late=True), one("mobile_outage")])
    assert (found.points, found.full) == (Decimal("59.00"), Decimal("72.00"))  # −0.5 −2 −0.5 −10
    assert found.as_json()["standing"] == {"points": "86.50", "full": "100.00"}


def test_every_half_point_names_its_events_and_its_clause() -> None:
    found = scored(
        [told().then("2026-10-12T11:00", "sign", late=True), one("attitude", name="a1", events=["rec_1"])]
    )
    changes = {change.key: change for item in found.items for change in item.changes}
    assert changes["sign:T1"].events == ("T1.1", "T1.2")
    assert changes["on_time:T1"].events == ("T1.1",)
    assert changes["service:a1"].events == ("a1", "rec_1")
    assert changes["sign:T1"].clause == "002 附五(一)1"
    for item in found.items:
        assert item.points == item.full + sum(change.points for change in item.changes), item.name


def test_an_empty_house_has_nothing_of_the_first_two_parts() -> None:
    assert points(scored([well_done()], kept=False)) == {
        "leaders": "0.00", "staff": "0.00", "rules": "0.00", "procedure": "0.00",
    }  # fmt: skip


# --- 附五(二) ---------------------------------------------------------------------------------------------------------

LATE = "2026-10-16T09:00"
URGED: list[tuple[str, str, Fact | Story]] = [
    ("002 附五(二)1", "extended_overdue", told().then("2026-10-13T09:00", "ask_extension").then("2026-10-13T10:00", "grant_extension", due="2026-10-20T00:00").then("2026-10-21T09:00", "reply")),
    ("002 附五(二)2", "pressed_overdue", told().then("2026-10-15T09:00", "press", form="phone").then(LATE, "reply")),
    ("002 附五(二)2", "pressed_overdue", told(relation="supervision").then(LATE, "reply")),
    ("002 附五(二)3", "notice_overdue", told(relation="supervision", supervision="notice").then(LATE, "reply")),
    ("002 附五(二)3", "notice_overdue", told().then("2026-10-16T01:00", "press", form="notice", until="2026-10-17T00:00:00+08:00").then("2026-10-18T09:00", "reply")),
    ("002 附五(二)4", "on_site_undone", one("on_site_undone")),
    ("002 附五(二)4", "on_site_undone", told(relation="supervision", supervision="on_site").then(LATE, "reply")),
    ("002 附五(二)4", "on_site_undone", told(relation="supervision", supervision="media", published="2026-10-14T09:00:00+08:00").then(LATE, "reply")),
    ("002 附五(二)4", "on_site_undone", told(relation="supervision", supervision="listed", published="2026-10-14T09:00:00+08:00").then(LATE, "reply")),
    ("002 附五(二)2", "pressed_overdue", told(relation="supervision", supervision="media").then(LATE, "reply")),
    ("002 附五(二)2", "pressed_overdue", told(relation="supervision", supervision="media", published="2026-10-17T09:00:00+08:00").then(LATE, "reply")),
    ("002 附五(二)5", "leader_ordered", one("leader_ordered")),
    ("002 附五(二)6", "shirking", one("shirking")),
]  # fmt: skip


def urging(found: Sheet) -> tuple[str, list[tuple[str, str, str]], bool]:
    item = next(item for item in found.items if item.name == "urging")
    return str(item.points), [(c.clause, c.case, str(c.points)) for c in item.changes], item.configured


@pytest.mark.parametrize(("clause", "case", "fact"), URGED)
def test_the_six_situations_cost_what_the_office_set(clause: str, case: str, fact: Fact | Story) -> None:
    assert urging(scored([fact], policy=with_urging())) == ("12.50", [(clause, case, "-2.50")], True)


@pytest.mark.parametrize(("clause", "case", "fact"), URGED)
def test_without_a_tariff_they_are_listed_and_nothing_is_invented(
    clause: str, case: str, fact: Fact | Story
) -> None:
    found = scored([fact])
    assert urging(found) == ("15.00", [(clause, case, "0.00")], False)
    assert any("urging_each" in note for note in found.notes)


def test_pressed_after_the_term_and_then_done_is_no_second_lapse() -> None:
    story = told().then("2026-10-16T08:00", "press", form="phone").then(LATE, "reply")
    assert urging(scored([story], policy=with_urging()))[1] == []


@pytest.mark.parametrize("how", ["withdraw", "merge", "return"])
@pytest.mark.parametrize(
    ("left", "until", "in_vain"),
    [
        ("2026-10-17T09:00", "2026-10-20T00:00:00+08:00", False),  # it was with the unit no more
        ("2026-10-20T00:00", "2026-10-20T00:00:00+08:00", True),
        ("2026-10-17T09:00", "", False),
    ],
)
def test_a_notice_about_what_left_the_unit_before_the_papers_day_was_not_in_vain(
    how: str, left: str, until: str, in_vain: bool
) -> None:
    story = told().then("2026-10-16T09:00", "press", form="notice", until=until).then(left, how)
    cases = [case for _, case, _ in urging(scored([story], policy=with_urging()))[1]]
    assert cases == (["notice_overdue"] if in_vain else [])


def ordered(at: str, due: str, form: str = "order", replied: str = "") -> Story:
    """A supervision order about T1; the unit answers it in time."""
    story = Story("T9").then(at, "dispatch", due=due, relation="supervision", parent="T1", supervision=form)
    return story.then(replied or at, "reply")


DONE_LATE = told().then(LATE, "reply")
ORDERS: list[tuple[str, Story, Story, list[str]]] = [
    ("ordered while the term ran, and late all the same", DONE_LATE, ordered("2026-10-14T09:00", "2026-10-15T00:00"), ["pressed_overdue"]),
    ("on site, and late all the same", DONE_LATE, ordered("2026-10-14T09:00", "2026-10-15T00:00", "on_site"), ["on_site_undone"]),
    ("ordered afterwards, and not done by the order's day", told(), ordered("2026-10-17T09:00", "2026-10-20T00:00"), ["pressed_overdue"]),
    ("ordered afterwards, and done by the order's day", told().then("2026-10-19T09:00", "reply"), ordered("2026-10-17T09:00", "2026-10-20T00:00"), []),
    ("ordered, and done within its term", told().then("2026-10-15T09:00", "reply"), ordered("2026-10-14T09:00", "2026-10-16T00:00"), []),
    ("ordered when it was done already", DONE_LATE, ordered("2026-10-17T09:00", "2026-10-18T00:00"), []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "matter", "order", "cases"), ORDERS, ids=[one[0] for one in ORDERS])
def test_an_order_that_was_answered_does_not_make_good_that_the_matter_stays_undone(
    what: str, matter: Story, order: Story, cases: list[str]
) -> None:
    item = next(item for item in scored([matter, order], policy=with_urging()).items if item.name == "urging")
    assert [change.case for change in item.changes] == cases, what
    assert all(change.subject == "T1" and "T9.1" in change.events for change in item.changes)


def test_an_order_late_itself_and_its_matter_are_one_case_the_graver_one() -> None:
    order = ordered("2026-10-14T09:00", "2026-10-15T00:00", "on_site", replied="2026-10-17T09:00")
    found_by_a_person = Fact("fnd_1", at("2026-10-16T10:00"), "SW", "pressed_overdue", "T1")
    item = next(
        item
        for item in scored([DONE_LATE, order, found_by_a_person], policy=with_urging()).items
        if item.name == "urging"
    )
    assert [(change.subject, change.case, str(change.points)) for change in item.changes] == [
        ("T1", "on_site_undone", "-2.50")
    ]


# --- switches ---------------------------------------------------------------------------------------------------------

LATE_STORY = (
    told()
    .then("2026-10-12T09:30", "sign")
    .then(LATE, "reply")
    .then("2026-10-17T09:00", "grade", grade="satisfied")
)
UNREACHED = [
    well_done("T1"),
    well_done("T2", ""),
    well_done("T3", "dissatisfied"),
    well_done("T4", "").then("2026-10-20T09:00", "revisit"),
]
SWITCHES: list[tuple[str, list[Fact | Story], dict[str, str]]] = [
    ("late_reply=once", [LATE_STORY], {"on_time": "28.00"}),
    ("matter_belongs=dispatch", [LATE_STORY], {"on_time": "28.00", "reply": "2.50"}),
    ("satisfaction_step=pro_rata", [*graded(14, 1)], {"satisfaction": "9.82"}),  # 95 − 93.33… = 1.66… × 0.11 = 0.18
    ("satisfaction_of=all_forwarded", [*UNREACHED], {"satisfaction": "2.30"}),  # 25 %: 70 × 0.11
    ("satisfaction_of=revisited", [*UNREACHED], {"satisfaction": "3.29"}),  # 1 of 3: 61 whole points
    ("satisfaction_of=rated", [*UNREACHED], {"satisfaction": "5.05"}),  # 1 of 2: 45 × 0.11
    ("basically_satisfied=not_satisfied", [well_done("T1", "fairly_satisfied")], {"satisfaction": "0.00"}),
    ("enforcement_satisfaction=excluded", [well_done(), well_done("T2", "dissatisfied", enforcement=True)], {}),
    ("enforcement_satisfaction=counted", [well_done(), well_done("T2", "dissatisfied", enforcement=True)], {"satisfaction": "5.05"}),
    ("service_starts=zero", [well_done(), one("praised")], {"service": "1.00"}),
    ("service_cap=none", [well_done(), one("praised")], {"service": "9.00"}),
    ("service_floor=none", [well_done(), *(one("criticised", name=f"c{n}") for n in range(2))], {"service": "-2.00"}),
    ("service_floor=zero", [well_done(), *(one("criticised", name=f"c{n}") for n in range(2))], {"service": "0.00"}),
]  # fmt: skip


@pytest.mark.parametrize(("switches", "facts", "expected"), SWITCHES)
def test_each_reading_moves_the_points_it_names(
    switches: str, facts: list[Fact | Story], expected: dict[str, str]
) -> None:
    assert points(scored(facts, switches=switches)) == expected


def test_a_ticket_whose_term_ends_next_month_belongs_to_it_or_to_the_month_it_was_sent() -> None:
    story = (
        told(sent="2026-10-30T09:00", due="2026-11-05T00:00")
        .then("2026-10-30T09:30", "sign")
        .then("2026-11-06T09:00", "reply")
    )
    story.then("2026-11-07T09:00", "grade", grade="satisfied")
    assert points(scored([story])) == {}
    assert points(scored([story], "2026-11")) == {"on_time": "28.00", "reply": "2.50"}
    assert points(scored([story], switches="matter_belongs=dispatch")) == {
        "on_time": "28.00",
        "reply": "2.50",
    }
    assert points(scored([story], "2026-11", switches="matter_belongs=dispatch")) == {}


def test_who_was_not_told_counts_against_the_round_they_were_asked_about() -> None:
    story = well_done("T1", "dissatisfied").then(
        "2026-10-15T09:00", "redo", due="2026-11-05T00:00", unit_at_fault=False
    )
    story.then("2026-11-03T09:00", "reply").then("2026-11-04T09:00", "revisit", contacted=False)
    story.then("2026-11-04T09:00", "grade", grade="satisfied")
    assert "reply" not in points(scored([story]))
    assert points(scored([story], "2026-11"))["reply"] == "2.50"


ENDS_WITH_OCTOBER = (
    told(sent="2026-10-29T09:00", due="2026-11-01T00:00", sign_due="2026-11-01T00:00")
    .then("2026-11-02T09:00", "sign", late=True)
    .then("2026-11-02T10:00", "reply")
    .then("2026-11-03T09:00", "grade", grade="satisfied")
)


def test_a_term_at_a_months_end_counts_in_that_month() -> None:
    assert points(scored([ENDS_WITH_OCTOBER])) == {"sign": "2.50", "on_time": "28.00", "reply": "2.50"}
    assert points(scored([ENDS_WITH_OCTOBER], "2026-11")) == {}


def test_a_term_at_a_years_end_counts_in_that_year_and_its_last_quarter() -> None:
    story = told(sent="2026-12-29T09:00", due="2027-01-01T00:00").then("2026-12-29T09:30", "sign")
    story.then("2027-01-04T09:00", "reply").then("2027-01-05T09:00", "grade", grade="satisfied")
    found = {
        name: scored([story], name, as_of=at("2027-02-10T09:00")) for name in ("2026", "2026-Q4", "2027-Q1")
    }
    lost = {
        name: [item.name for item in one.items if item.name == "on_time" and item.changes]
        for name, one in found.items()
    }
    assert lost == {"2026": ["on_time"], "2026-Q4": ["on_time"], "2027-Q1": []}


def test_an_hour_term_that_ends_in_the_morning_counts_in_the_month_of_that_morning() -> None:
    story = told(sent="2026-11-01T09:00", due="2026-11-01T10:00").then("2026-11-01T09:30", "sign")
    story.then("2026-11-01T11:00", "reply").then("2026-11-02T09:00", "grade", grade="satisfied")
    assert points(scored([story])) == {}
    assert points(scored([story], "2026-11")) == {"on_time": "28.00", "reply": "2.50"}


def test_denominators_stand_side_by_side() -> None:
    share = scored([*UNREACHED, well_done("T5", enforcement=True)]).as_json()["shares"][0]
    found = {name: (one["good"], one["of"]) for name, one in share["denominators"].items()}
    assert found == {
        "all_forwarded": (2, 5),
        "revisited": (2, 4),
        "rated": (2, 3),
        "settled": (2, 5),
        "enforcement_excluded": (1, 4),
        "first_grade": (2, 5),
    }


def test_an_appeal_strikes_its_deduction_and_no_other() -> None:
    facts = [
        told().then("2026-10-12T11:00", "sign", late=True),
        told("T2").then("2026-10-12T11:00", "sign", late=True),
    ]
    struck = one(
        "struck",
        "2026-11-05T09:00",
        "apl_1",
        key="sign:T1",
        why="当日系统故障",
        period_start="2026-10-01T00:00:00+08:00",
    )
    item = next(item for item in scored([*facts, struck]).items if item.name == "sign")
    assert str(item.points) == "2.50"
    assert [(c.key, c.excused, str(c.points)) for c in item.changes] == [
        ("sign:T1", "申诉成立：当日系统故障", "0.00"), ("sign:T2", "", "-0.50"),
    ]  # fmt: skip
    assert item.changes[0].events[-1] == "apl_1"


def test_an_appeal_takes_an_unfair_grade_out_of_the_denominator() -> None:
    facts = [well_done("T1"), well_done("T2", "dissatisfied")]
    assert scored(facts).shares[0].missed == ("T2",)
    struck = one(
        "struck",
        "2026-11-05T09:00",
        "apl_1",
        key="satisfaction:T2",
        why="诉求不合理",
        period_start="2026-10-01T00:00:00+08:00",
    )
    found = scored([*facts, struck])
    assert (found.shares[0].good, found.shares[0].of) == (1, 1)
    assert points(found) == {}


def test_what_is_excused_in_one_round_may_count_in_another() -> None:
    story = told().then("2026-10-12T11:00", "sign", late=True).then("2026-10-12T12:00", "return")
    story.then("2026-10-14T09:00", "dispatch", due="2026-10-20T00:00", sign_due="2026-10-14T10:00").then(
        "2026-10-14T11:00", "sign", late=True
    )
    story.then("2026-10-15T09:00", "reply").then("2026-10-16T09:00", "grade", grade="satisfied")
    ruling = one(
        "ruling",
        name="r1",
        scopes=["sign"],
        starts_at="2026-10-12T09:30+08:00",
        ends_at="2026-10-12T10:30+08:00",
        reason="平台故障",
    )
    assert points(scored([story, ruling])) == {"sign": "2.50"}


def test_a_repeat_costs_the_first_unit_alone_on_the_day_it_was_raised() -> None:
    raised = again(when="2026-10-31T20:00")  # on a Saturday, dispatched on Monday
    sent = told("T9", sent="2026-11-02T09:00", due="2026-11-06T00:00", relation="repeat", parent="T1")
    sent.then("2026-11-02T09:30", "sign").then("2026-11-03T09:00", "reply")
    sent.then("2026-11-04T09:00", "grade", grade="satisfied")
    assert points(scored([well_done(), raised, sent])) == {"repeat": "2.50"}
    assert points(scored([well_done(), sent], "2026-11")) == {}  # what was raised before is not read again
    theirs = [
        Fact(fact.id, fact.at, "JT", fact.kind, fact.ticket, fact.data, fact.seq) for fact in sent.facts
    ]
    for reasonable, lost in ((None, {"repeat": "2.50"}), (False, {})):
        facts = [well_done(), again(when="2026-10-31T20:00", reasonable=reasonable), *theirs]
        assert points(scored(facts)) == lost


def test_the_second_late_article_bears_the_points_when_the_first_is_struck() -> None:
    late = [one("knowledge_late", name="k1"), one("knowledge_late", "2026-10-21T10:00", "k2")]
    struck = one(
        "struck",
        "2026-11-05T09:00",
        "apl_1",
        key="knowledge:k1",
        why="已更新",
        period_start="2026-10-01T00:00:00+08:00",
    )
    item = next(item for item in scored([*late, struck]).items if item.name == "knowledge")
    assert [str(change.points) for change in item.changes] == ["0.00", "-3.00"]


def test_what_happens_after_the_sheet_is_made_is_not_seen() -> None:
    story = told().then("2026-10-12T09:30", "sign").then("2026-11-20T09:00", "reply")
    assert points(scored([story]))["on_time"] == "27.00"
    assert points(scored([story], as_of=CLOSED.replace(day=25)))["on_time"] == "28.00"


def test_facts_of_other_units_do_no_harm() -> None:
    other = one("criticised", unit="JT", name="x1")
    assert points(scored([well_done(), other])) == {}
    assert scored([well_done(), other]).facts_hash == scored([well_done()]).facts_hash
    assert scored([well_done()]).facts == 5 + len(KEPT)
