"""Hot issues: alike in words, told apart by time, place and people, explained, each told once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from match.hot import Finding, HotIssues, Matter, OutOfOrder, Rules

pytestmark = pytest.mark.unit
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
WATER = (
    "阳光小区停水了",
    "阳光小区又停水了没有通知",
    "我们阳光小区停水一天",
    "阳光小区怎么停水了",
    "阳光小区今天停水",
    "阳光小区停水什么时候来",
)
OTHERS = (
    "路灯坏了没人修",
    "老板拖欠工资不发",
    "医保怎么报销",
    "公交车不准点",
    "居住证怎么办理",
    "学校门口堵车",
)


def told(matters: list[Matter], rules: Rules | None = None) -> list[Finding]:
    issues = HotIssues(rules)
    return [finding for matter in matters for finding in issues.add(matter)]


def water(count: int, every: timedelta, begin: datetime = AT, **facts: Any) -> list[Matter]:
    return [
        Matter(
            f"w{begin:%m%d%H}{i}",
            begin + i * every,
            WATER[i % 6],
            facts.get("place", ""),
            facts.get("who") or f"p{begin}{i}",
        )
        for i in range(count)
    ]


def kinds(found: list[Finding]) -> list[str]:
    return [finding.kind for finding in found]


def test_one_matter_in_other_words_or_misheard_is_one_issue_and_others_are_not() -> None:
    issues = HotIssues()
    for i, text in enumerate([*WATER, "阳光晓区停税了", *OTHERS]):
        issues.add(Matter(f"m{i}", AT + i * HOUR, text))
    assert len({issues.issue_of(f"m{i}") for i in range(7)}) == 1
    assert len({issues.issue_of(f"m{i}") for i in range(6, 13)}) == 7


def test_three_people_with_something_new_are_a_first_sign_with_its_matters_and_words() -> None:
    found = [one for one in told(water(3, 10 * HOUR)) if one.kind == "emerging"]
    assert len(found) == 1
    assert found[0].matters == tuple(matter.id for matter in water(3, 10 * HOUR))
    assert found[0].words == "苗头：2 天内新出现，3 人反映"


def test_one_person_calling_again_and_again_is_no_issue() -> None:
    assert told(water(6, HOUR, who="same")) == []


def test_many_at_one_place_are_concentrated_many_places_are_not() -> None:
    assert "concentrated" in kinds(told(water(5, 8 * HOUR, place="431002")))
    spread = [Matter(f"m{i}", AT + i * 8 * HOUR, WATER[i % 6], f"43100{i}", f"p{i}") for i in range(5)]
    assert "concentrated" not in kinds(told(spread))


def test_five_people_within_hours_after_quiet_weeks_are_sudden_and_as_always_is_not() -> None:
    assert "sudden" in kinds(told(water(5, HOUR)))
    steady = water(400, HOUR)
    assert "sudden" not in kinds(told(steady)[5:])


def test_week_after_week_is_lasting() -> None:
    found = told([matter for week in range(4) for matter in water(1, HOUR, AT + week * WEEK)])
    assert kinds(found) == ["lasting"]
    assert found[0].words == "持续：最近 6 周中有 4 周被反映，共 4 件"


def test_twenty_people_in_a_week_are_hot_once() -> None:
    assert kinds(told(water(40, 4 * HOUR))).count("hot") == 1


def test_an_issue_that_ended_and_comes_back_is_told_again() -> None:
    first, again = water(5, HOUR, place="431002"), water(5, HOUR, AT + 4 * WEEK, place="431002")
    assert kinds(told([*first, *again])).count("concentrated") == 2


def test_what_nobody_raised_for_long_is_forgotten() -> None:
    issues = HotIssues()
    first, late = water(1, HOUR)[0], water(1, HOUR, AT + 20 * WEEK)[0]
    issues.add(first)
    issues.add(late)
    assert issues.issue_of(first.id) is None
    assert issues.issue_of(late.id) == 2


def test_the_same_matters_give_the_same_findings_and_must_come_in_order() -> None:
    matters = water(30, 3 * HOUR, place="431002")
    assert told(matters) == told(matters)
    with pytest.raises(OutOfOrder):
        told(matters[::-1])


@pytest.mark.parametrize("text", ["", "，。", "a", "停"])
def test_words_that_say_nothing_are_an_issue_of_their_own(text: str) -> None:
    issues = HotIssues()
    issues.add(Matter("a", AT, text))
    issues.add(Matter("b", AT, text))
    assert issues.issue_of("a") != issues.issue_of("b")
