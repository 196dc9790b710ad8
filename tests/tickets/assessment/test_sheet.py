"""Months make quarters, quarters make years; cities without points get their rates; versions are compared."""

from decimal import Decimal
from typing import Any

import pytest

from core.errors import BadInput
from tests.tickets.assessment.make import KEPT, SW, Story, one, points, scored, told, well_done
from tests.tickets.desk import at, under
from tickets.assessment.compare import changed, ranked
from tickets.assessment.fact import Fact, ordered, period
from tickets.assessment.sheet import NoScheme, sheet

pytestmark = pytest.mark.unit
NEW_YEAR = at("2027-01-10T09:00")


@pytest.mark.parametrize(
    ("name", "start", "end", "title"),
    [
        ("2026-10", "2026-10-01", "2026-11-01", "2026年10月"),
        ("2026-12", "2026-12-01", "2027-01-01", "2026年12月"),
        ("2026-Q1", "2026-01-01", "2026-04-01", "2026年第一季度"),
        ("2026-Q4", "2026-10-01", "2027-01-01", "2026年第四季度"),
        ("2026", "2026-01-01", "2027-01-01", "2026年度"),
    ],
)
def test_a_period_has_its_first_moment_and_the_first_one_after_it(
    name: str, start: str, end: str, title: str
) -> None:
    found = period(name)
    assert (found.start, found.end, found.title) == (at(start), at(end), title)


@pytest.mark.parametrize("name", ["2026-13", "2026-Q5", "26-10", "October", "2026-1", "2026-10\n", ""])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        period(name)


def month(number: int, late: int) -> list[Story]:
    """So many tickets settled late on the 20th of a month, and one that was well done."""
    sent, due, day = f"2026-{number:02d}-12T09:00", f"2026-{number:02d}-16T00:00", f"2026-{number:02d}-"
    stories = []
    for n in range(late + 1):
        story = told(f"M{number}-{n}", sent=sent, due=due).then(day + "12T09:30", "sign")
        story.then(day + ("13T09:00" if n == late else "20T09:00"), "reply").then(
            day + "21T09:00", "grade", grade="satisfied"
        )
        stories.append(story)
    return stories


QUARTER = [*month(10, 1), *month(11, 0), *month(12, 4)]


@pytest.mark.parametrize(
    ("reading", "on_time", "reply"),
    [
        ("mean", "27.33", "2.17"),  # (28 + 29 + 25) / 3; (2.5 + 3 + 1) / 3
        ("pooled", "24.00", "0.50"),
        ("last", "25.00", "1.00"),
    ],
)
def test_a_quarter_takes_the_72_points_from_its_months(reading: str, on_time: str, reply: str) -> None:
    found = scored(QUARTER, "2026-Q4", as_of=NEW_YEAR, switches=f"quarter_of_months={reading}")
    assert points(found) == {"on_time": on_time, "reply": reply}
    item = next(item for item in found.items if item.name == "on_time")
    assert item.parts == {
        "2026-10": Decimal("28.00"),
        "2026-11": Decimal("29.00"),
        "2026-12": Decimal("25.00"),
    }
    assert len(item.changes) == 5
    assert (found.full, found.points) == (100, 100 - (29 - Decimal(on_time)) - (3 - Decimal(reply)))


def test_the_28_other_points_are_scored_over_the_whole_quarter() -> None:
    outages = [one("mobile_outage", f"2026-{month}-20T10:00", f"p{month}") for month in (10, 11, 12)]
    assert points(scored([*QUARTER, *outages], "2026-Q4", as_of=NEW_YEAR))["mobiles"] == "0.50"


def test_a_year_is_the_mean_of_its_quarters_or_what_the_switch_says() -> None:
    outages = [one("mobile_outage", f"2026-{month:02d}-20T10:00", f"p{month}") for month in (2, 11, 12)]
    facts: list[Any] = [*QUARTER, *outages, *(story for n in range(1, 10) for story in month(n, 0))]
    assert points(scored(facts, "2026", as_of=NEW_YEAR)) == {
        "mobiles": "1.63",
        "on_time": "28.58",
        "reply": "2.79",
    }
    pooled = scored(
        facts, "2026", as_of=NEW_YEAR, switches="quarter_of_months=pooled year_of_quarters=pooled"
    )
    assert points(pooled) == {"mobiles": "0.50", "on_time": "24.00", "reply": "0.50"}
    last = scored(facts, "2026", as_of=NEW_YEAR, switches="quarter_of_months=last year_of_quarters=last")
    assert points(last) == {"mobiles": "1.00", "on_time": "25.00", "reply": "1.00"}


@pytest.mark.parametrize(("rude", "service"), [(0, "4.00"), (1, "3.00")])
def test_quarters_pooled_from_nothing_add_what_each_brought(rude: int, service: str) -> None:
    """附六(一), service_starts zero: one praise in each quarter; a rude call takes the point of its own quarter's."""
    praise = [one("praised", f"2026-{month:02d}-20T10:00", f"p{month}") for month in (2, 5, 8, 11)]
    calls = [one("attitude", "2026-11-21T10:00", f"a{n}") for n in range(rude)]
    switches = "service_starts=zero year_of_quarters=pooled"
    found = scored([*praise, *calls], "2026", as_of=NEW_YEAR, switches=switches)
    assert points(found)["service"] == service


def test_a_month_that_was_frozen_goes_into_the_quarter_as_it_was() -> None:
    october = scored(month(10, 1)).as_json()
    frozen = Fact(
        "asm_1", at("2026-11-05T09:00"), SW, "frozen", data={"period": "2026-10", "items": october["items"]}
    )
    later = month(10, 3)  # what came to light afterwards
    found = scored([*later, *month(11, 0), *month(12, 4), frozen], "2026-Q4", as_of=NEW_YEAR)
    item = next(item for item in found.items if item.name == "on_time")
    assert item.parts["2026-10"] == Decimal("28.00")
    assert points(found)["on_time"] == "27.33"


def test_a_total_of_means_is_rounded_once_as_whoever_adds_up_the_signed_months_finds() -> None:
    """October 70.50, November and December 72: (70.5 + 72 + 72) / 3 = 71.50, though three lines show 2.83."""
    lapses = told("L1", sent="2026-10-12T09:00", due="2026-10-16T00:00")
    lapses.then("2026-10-12T10:30", "sign", late=True).then("2026-10-13T08:00", "ask_extension", late=True)
    lapses.then("2026-10-13T09:00", "reply", told=False).then("2026-10-14T09:00", "grade", grade="satisfied")
    stories = [lapses, *month(11, 0), *month(12, 0)]
    assert scored([lapses]).points == Decimal("70.50")
    found = scored(stories, "2026-Q4", as_of=NEW_YEAR)
    assert points(found) == {"sign": "2.83", "extension": "2.83", "reply": "2.83"}
    assert found.points == Decimal("99.50")
    assert any("只舍入一次" in note for note in found.notes)
    made = found.as_json()
    assert {part["part"]: part["points"] for part in made["parts"]}["工作实绩"] == "71.50"
    frozen = Fact(
        "asm_q", at("2027-01-05T09:00"), SW, "frozen", data={"period": "2026-Q4", "items": made["items"]}
    )
    others = [story for n in range(1, 10) for story in month(n, 0)]
    year = scored([*others, *stories, frozen], "2026", as_of=at("2027-01-06T09:00"))
    assert year.points == scored([*others, *stories], "2026", as_of=NEW_YEAR).points == Decimal("99.88")


def test_a_month_frozen_inside_a_quarter_that_is_not_goes_into_the_year_as_it_was() -> None:
    october = scored(month(10, 1)).as_json()
    data = {"period": "2026-10", "items": october["items"]}
    frozen = Fact("asm_1", at("2026-11-05T09:00"), SW, "frozen", data=data)
    facts = [*month(10, 3), *month(11, 0), *month(12, 4), frozen]
    quarter, year = (scored(facts, span, as_of=NEW_YEAR) for span in ("2026-Q4", "2026"))
    item = next(item for item in year.items if item.name == "on_time")
    assert str(item.parts["2026-Q4"]) == points(quarter)["on_time"] == "27.33"


def test_a_quarter_that_still_runs_takes_the_months_there_are_and_says_so() -> None:
    found = scored(month(10, 1), "2026-Q4", as_of=at("2026-11-10T09:00"))
    assert list(next(item for item in found.items if item.name == "on_time").parts) == ["2026-10", "2026-11"]
    assert any("本期未结束" in note for note in found.notes)


def test_months_and_quarters_before_the_houses_first_ticket_are_no_parts_of_the_mean() -> None:
    undone = [told(f"D{n}", sent="2026-12-07T09:00", due="2026-12-11T00:00") for n in range(15)]
    first = one("first_filed", "2026-12-07T09:00", "first_filed", unit="")
    month, quarter, year = (
        scored([*undone, first], span, as_of=NEW_YEAR) for span in ("2026-12", "2026-Q4", "2026")
    )
    by_month = next(item for item in quarter.items if item.name == "on_time")
    assert by_month.parts == {"2026-12": month.items[11].points}
    assert next(item for item in year.items if item.name == "leaders").parts == {"2026-Q4": Decimal("2.00")}
    assert (quarter.points, year.points) == (Decimal("55.00"), Decimal("55.00"))


def test_a_quarter_in_which_the_house_was_not_yet_there_has_a_sheet_all_the_same() -> None:
    first = one("first_filed", "2026-12-07T09:00", "first_filed", unit="")
    assert scored([first], "2026-Q3", as_of=NEW_YEAR).points == 100


def test_a_period_that_has_not_begun_has_no_sheet() -> None:
    with pytest.raises(BadInput):
        scored([], "2027-01")


# --- cities that give rates -------------------------------------------------------------------------------------------


def test_chenzhous_four_rates() -> None:
    stories = [
        well_done("T1"),  # everything
        told("T2").then("2026-10-12T11:00", "sign", late=True).then("2026-10-20T09:00", "reply")
        .then("2026-10-20T10:00", "resolve"),  # late twice, unrated
        told("T3"),  # nothing at all
        well_done("T4", "").then("2026-10-14T09:00", "redo", due="2026-10-20T00:00").then("2026-10-15T09:00", "reply")
        .then("2026-10-16T09:00", "grade", grade="dissatisfied", solved=False),
    ]  # fmt: skip
    found = sheet(
        [f for s in stories for f in s.facts],
        under("chenzhou"),
        period("2026-10"),
        SW,
        at("2026-11-10T09:00"),
    )
    shares = {share.title: (share.good, share.of, share.clause) for share in found.shares}
    assert shares == {
        "诉求响应率": (2, 4, "003 二.8"), "按时办结率": (3, 5, "003 二.8"), "问题解决率": (2, 4, "003 二.8"), "满意率": (1, 4, "003 二.8"),
    }  # fmt: skip
    assert found.points is None
    assert found.items == ()
    missed = next(share for share in found.shares if share.name == "on_time").misses
    assert set(missed) == {"T2.1", "T2.3", "T3.1"}


def test_enforcement_cases_leave_chenzhous_satisfaction_where_the_switch_says_so() -> None:
    stories = [well_done("T1"), well_done("T2", "dissatisfied", enforcement=True)]
    facts = [fact for story in stories for fact in story.facts]

    def share(switches: str) -> tuple[int, int]:
        found = sheet(facts, under("chenzhou", switches), period("2026-10"), SW, at("2026-11-10T09:00"))
        return (found.shares[-1].good, found.shares[-1].of)

    assert share("enforcement_satisfaction=counted") == (1, 2)
    assert share("enforcement_satisfaction=excluded") == (1, 1)


def test_heyuan_counts_handling_satisfaction_and_knowledge() -> None:
    story = (
        told()
        .then("2026-10-12T09:30", "sign")
        .then("2026-10-14T00:00", "card", colour="warning", stage="handle")
    )
    story.then("2026-10-15T09:00", "reply").then("2026-10-15T10:00", "resolve")
    story.then("2026-10-16T09:00", "grade", grade="fairly_satisfied")
    facts = [*story.facts, one("knowledge_late", name="k1"), one("knowledge_updated", name="k2")]
    found = sheet(facts, under("heyuan"), period("2026-10"), SW, at("2026-11-10T09:00"))
    tallies = {tally.title: tally.count for tally in found.tallies}
    assert {
        "收到转办件": 1,
        "办结回复": 1,
        "预警": 1,
        "红牌": 0,
        "知识库更新": 1,
        "知识库逾期": 1,
    }.items() <= tallies.items()
    assert [(s.title, s.good, s.of) for s in found.shares] == [
        ("按时办结率", 1, 1),
        ("问题解决率", 1, 1),
        ("满意率", 1, 1),
    ]
    assert any("征求意见稿" in note for note in found.notes)
    handed = found.as_json()["good_bad"]
    assert handed["clause"] == "001 15"
    assert [(one["ticket"], one["grade"], one["event"]) for one in handed["grades"]] == [
        ("T1", "fairly_satisfied", "T1.6")
    ]


def test_henan_reviews_a_year() -> None:
    found = sheet(well_done().facts, under("henan"), period("2026"), SW, NEW_YEAR)
    assert (found.scheme, found.clause, found.shares[-1].of) == ("yearly_review", "000 三(六)", 1)


def test_where_no_way_is_written_none_is_invented() -> None:
    with pytest.raises(NoScheme, match=r"004 二\.3"):
        sheet([], under("jiayuguan"), period("2026-10"), SW, NEW_YEAR)


# --- versions and places ----------------------------------------------------------------------------------------------


def test_two_versions_are_told_apart_case_by_case() -> None:
    before, after = scored([told().then("2026-10-12T11:00", "sign", late=True)]), scored([told()])
    found = {one["what"]: one for one in changed(before.as_json(), after.as_json())}
    assert set(found) == {"case.sign"}
    struck = one(
        "struck",
        "2026-11-05T09:00",
        "apl_1",
        key="on_time:T1",
        why="材料已补",
        period_start="2026-10-01T00:00:00+08:00",
    )
    third = scored([told(), struck])
    found = {one["what"]: (one["before"], one["after"]) for one in changed(after.as_json(), third.as_json())}
    assert found["points"] == ("59.00", "61.00")
    assert found["item.on_time"] == ("27.00", "29.00")
    assert found["case.on_time"][1]["excused"] == "申诉成立：材料已补"
    assert changed(third.as_json(), third.as_json()) == []


def test_a_granted_appeal_against_the_rate_itself_takes_its_deduction_back() -> None:
    facts = [well_done("T1", "dissatisfied"), well_done("T2")]
    assert points(scored(facts)) == {"satisfaction": "5.05"}
    start = "2026-10-01T00:00:00+08:00"
    struck = one(
        "struck",
        "2026-11-05T09:00",
        "apl_1",
        key="satisfaction:2026-10",
        why="评价系统故障",
        period_start=start,
    )
    found = scored([*facts, struck])
    assert points(found) == {}
    (change,) = next(item for item in found.items if item.name == "satisfaction").changes
    assert (str(change.points), change.excused, change.events[-1]) == (
        "0.00",
        "申诉成立：评价系统故障",
        "apl_1",
    )


def test_orders_and_parts_that_help_are_told_beside_the_citizens_matters() -> None:
    stories = [
        well_done(),
        told("T2", relation="assist").then("2026-10-13T09:00", "reply"),
        told("T3", relation="supervision", parent="T1"),
    ]
    tallies = {tally.name: tally.count for tally in scored(stories).tallies}
    assert (tallies["forwarded"], tallies["replied"], tallies["inside"], tallies["open"]) == (1, 1, 2, 0)


def test_units_with_equal_points_share_a_place() -> None:
    sheets = [
        {"unit": unit, "points": points}
        for unit, points in (("A", "70.5"), ("B", "71"), ("C", "70.50"), ("D", "60"))
    ]
    assert ranked(sheets) == {"B": 1, "A": 2, "C": 2, "D": 4}


def test_facts_are_the_same_after_a_journey_through_json() -> None:
    facts = ordered([*well_done().facts, *KEPT])
    assert tuple(Fact.of_json(fact.as_json()) for fact in facts) == facts


def test_of_two_facts_with_one_id_the_same_one_stays_whichever_came_first() -> None:
    short, long = (Fact("E1", at("2026-10-12T09:00"), SW, kind) for kind in ("reply", "sign"))
    assert ordered([short, long]) == ordered([long, short, long]) == (long,)
