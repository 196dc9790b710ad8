"""满意率 and 问题解决率: what is still open, what was sent back, what is raised again; every denominator side by side."""

from typing import Any

import pytest

from tests.tickets.assessment.make import CLOSED, OCTOBER, SW, Story, again, one, scored, told, well_done
from tests.tickets.desk import at, under
from tickets.assessment.fact import Fact, period
from tickets.assessment.share import Share, on_time, response, satisfaction, solved
from tickets.assessment.tally import tallies
from tickets.assessment.view import View

pytestmark = pytest.mark.unit


def seen(*stories: Story | Fact, switches: str = "", city: str = "chenzhou") -> View:
    facts = [fact for story in stories for fact in (story.facts if isinstance(story, Story) else [story])]
    return View(facts, SW, OCTOBER, CLOSED, under(city, switches) if switches else under(city))


def figures(share: Share) -> tuple[int, int]:
    return share.good, share.of


def redone(grade: str = "", **said: bool) -> Story:
    """Graded badly, sent back, done again; `grade`: what the citizen said then."""
    story = well_done("T2", "dissatisfied").then("2026-10-15T09:00", "redo", due="2026-10-20T00:00")
    story.then("2026-10-16T09:00", "reply").then("2026-10-16T10:00", "resolve")
    if said:
        story.then("2026-10-17T08:59", "revisit", **said)
    return story.then("2026-10-17T09:00", "grade", grade=grade) if grade else story


OPEN = told("T3", due="2026-11-20T00:00").then("2026-10-12T09:30", "sign")
OVERDUE = told("T4").then("2026-10-12T09:30", "sign")


def test_what_is_still_open_is_neither_satisfied_nor_solved() -> None:
    view = seen(well_done(), OPEN, OVERDUE)
    assert (figures(satisfaction(view)), figures(solved(view))) == ((1, 3), (1, 3))
    assert solved(view).missed == ("T3", "T4")
    assert solved(view).beside == {
        "all_forwarded": (1, 3), "due": (1, 2), "settled": (1, 1), "revisited": (1, 1), "redone_never": (1, 3),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "expected"),
    [("all_forwarded", (2, 4)), ("due", (2, 3)), ("settled", (2, 2)), ("revisited", (1, 1))],
)
def test_a_city_chooses_what_solved_ones_are_held_against(reading: str, expected: tuple[int, int]) -> None:
    view = seen(well_done(), well_done("T5", ""), OPEN, OVERDUE, switches=f"solved_of={reading}")
    assert figures(solved(view)) == expected


def test_what_is_open_can_be_left_out_of_the_satisfaction_rate() -> None:
    assert figures(satisfaction(seen(well_done(), OPEN, switches="satisfaction_of=settled"))) == (1, 1)


@pytest.mark.parametrize(
    ("story", "last", "first"),
    [
        (redone("satisfied"), (1, 1), (0, 1)),
        (redone(), (0, 1), (0, 1)),  # not asked again: what was said stands
        (redone("very_dissatisfied"), (0, 1), (0, 1)),
    ],
)
def test_sending_back_takes_no_grade_away(
    story: Story, last: tuple[int, int], first: tuple[int, int]
) -> None:
    share = satisfaction(seen(story))
    assert (figures(share), share.beside["first_grade"], share.beside["rated"]) == (last, first, last)
    other = satisfaction(seen(story, switches="grade_after_redo=first"))
    assert (figures(other), other.beside["last_grade"]) == (first, last)


def test_while_it_is_being_redone_the_grade_that_sent_it_back_counts() -> None:
    story = well_done("T2", "dissatisfied").then("2026-10-15T09:00", "redo", due="2026-12-20T00:00")
    share = satisfaction(seen(story, switches="satisfaction_of=rated"))
    assert (figures(share), share.misses) == ((0, 1), ("T2.5",))
    assert figures(solved(seen(story))) == (0, 1)


def test_both_grades_of_a_matter_are_handed_over() -> None:
    handed = scored([redone("satisfied")], policy=under("heyuan")).as_json()["good_bad"]["grades"]
    assert [grade["grade"] for grade in handed] == ["dissatisfied", "satisfied"]


def test_what_redoing_solved_counts_unless_the_city_says_never() -> None:
    assert figures(solved(seen(redone("satisfied")))) == (1, 1)
    never = solved(seen(redone("satisfied"), switches="solved_after_redo=never"))
    assert (figures(never), never.beside["redone_counted"]) == ((0, 1), (1, 1))


def test_what_the_citizen_said_last_prevails() -> None:
    assert figures(solved(seen(redone(solved=False)))) == (0, 1)
    story = well_done("T1", "").then("2026-10-14T09:00", "revisit", solved=False)
    story.then("2026-10-15T09:00", "redo", due="2026-10-20T00:00").then("2026-10-16T09:00", "reply")
    story.then("2026-10-16T10:00", "resolve").then("2026-10-17T09:00", "revisit", solved=True)
    assert figures(solved(seen(story))) == (1, 1)


def test_what_was_answered_is_solved_once_the_office_has_closed_it_and_not_before() -> None:
    answered = told("T5", due="2026-11-20T00:00").then("2026-10-13T09:00", "reply")
    late = told("T6").then("2026-10-20T09:00", "reply")
    share = solved(seen(well_done(), answered, late))
    assert (figures(share), share.missed) == ((1, 3), ("T5", "T6"))
    assert (share.beside["due"], share.beside["settled"]) == ((1, 2), (1, 1))
    assert figures(satisfaction(seen(answered, switches="satisfaction_of=settled"))) == (0, 1)
    answered.then("2026-10-14T09:00", "resolve")
    assert figures(solved(seen(well_done(), answered, late))) == (2, 3)
    answered.then("2026-10-15T09:00", "redo", due="2026-11-20T00:00").then("2026-10-16T09:00", "reply")
    assert figures(solved(seen(well_done(), answered, late))) == (1, 3)


REPEAT = told("T9", sent="2026-10-20T09:00", due="2026-11-20T00:00", relation="repeat", parent="T1")


def test_a_first_ticket_raised_again_is_settled_but_not_solved() -> None:
    share = solved(seen(well_done(), REPEAT, again()))
    assert (figures(share), share.beside["settled"]) == ((0, 2), (0, 1))
    opened = solved(seen(well_done(), REPEAT, again(), switches="repeat_open=open"))
    assert opened.beside["settled"] == (0, 0)


def test_once_the_repeat_is_settled_the_first_one_is_settled_either_way() -> None:
    done = well_done("T9", relation="repeat", parent="T1")
    assert solved(seen(well_done(), done, again(), switches="repeat_open=open")).beside["settled"] == (1, 2)


@pytest.mark.parametrize(
    ("said", "good"),
    [
        ({}, 0),
        ({"count": 0}, 1),  # another citizen's
        ({"confirmed": False}, 1),  # nobody says that it is the same
        ({"reasonable": False}, 1),
    ],
)
def test_a_repeat_that_went_into_the_first_ticket_counts_as_people_judged_it(
    said: dict[str, object], good: int
) -> None:
    assert figures(solved(seen(well_done(), again(way="merge", **said)))) == (good, 1)


def test_a_strangers_ticket_of_the_same_matter_leaves_the_first_one_solved() -> None:
    done = well_done("T9", relation="repeat", parent="T1")
    assert figures(solved(seen(well_done(), done, again(count=0)))) == (2, 2)


def test_a_term_at_a_months_end_is_in_that_months_rate() -> None:
    story = told("T1", sent="2026-10-29T09:00", due="2026-11-01T00:00").then("2026-10-30T09:00", "reply")
    assert figures(on_time(seen(story))) == (1, 1)
    november = View(story.facts, SW, period("2026-11"), CLOSED, under("chenzhou"))
    assert figures(on_time(november)) == (0, 0)


def test_what_was_given_back_and_sent_again_next_month_is_that_months_matter() -> None:
    story = told("T1", sent="2026-10-30T09:00", due="2026-11-05T00:00").then("2026-10-30T09:30", "sign")
    story.then("2026-10-30T15:00", "return")
    story.then("2026-11-03T09:00", "dispatch", due="2026-11-07T00:00", sign_due="2026-11-03T10:00")
    story.then("2026-11-03T11:00", "sign").then("2026-11-05T09:00", "reply").then(
        "2026-11-05T10:00", "resolve"
    )
    story.then("2026-11-06T09:00", "grade", grade="satisfied")

    def figures_of(month: str, as_of: str) -> dict[str, tuple[int, int]]:
        view = View(story.facts, SW, period(month), at(as_of), under("chenzhou"))
        received = next(one.count for one in tallies(view) if one.name == "forwarded")
        shares = {one.name: figures(one) for one in (satisfaction(view), solved(view), response(view))}
        return shares | {"received": (received, received)}

    october = {"satisfaction": (0, 0), "solved": (0, 0), "response": (1, 1), "received": (1, 1)}
    assert figures_of("2026-10", "2026-11-01T09:00") == october
    assert figures_of("2026-10", "2026-12-05T09:00") == october
    november = {"satisfaction": (1, 1), "solved": (1, 1), "response": (0, 1), "received": (1, 1)}
    assert figures_of("2026-11", "2026-12-05T09:00") == november


@pytest.mark.parametrize("how", ["withdraw", "merge"])
def test_what_was_taken_back_before_the_unit_had_to_act_asks_for_no_response(how: str) -> None:
    gone = told("W1").then("2026-10-12T09:05", how)
    assert figures(response(seen(well_done(), gone))) == (1, 1)
    unsigned = told("W2").then("2026-10-12T10:30", how)
    assert (figures(response(seen(well_done(), unsigned))), response(seen(unsigned)).missed) == (
        (1, 2),
        ("W2",),
    )


@pytest.mark.parametrize("how", ["withdraw", "merge", "return"])
def test_what_leaves_the_unit_after_its_term_was_overdue_all_the_same(how: str) -> None:
    late = told("W1").then("2026-10-12T09:30", "sign").then("2026-10-30T09:00", how)
    assert (figures(on_time(seen(well_done(), late))), on_time(seen(late)).missed) == ((1, 2), ("W1",))
    early = told("W2").then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", how)
    assert figures(on_time(seen(well_done(), early))) == (1, 1)


@pytest.mark.parametrize(("rate", "name"), [(on_time, "on_time"), (solved, "solved"), (response, "response")])
def test_a_granted_appeal_takes_its_ticket_out_of_that_rate_and_no_other(rate: Any, name: str) -> None:
    silent = told("T4")
    before = rate(seen(well_done(), silent))
    assert (figures(before), before.missed) == ((1, 2), ("T4",))
    start = "2026-10-01T00:00:00+08:00"
    struck = one("struck", "2026-11-05T09:00", "apl_1", key=f"{name}:T4", why="法定期限", period_start=start)
    view = seen(well_done(), silent, struck)
    after = rate(view)
    assert (figures(after), after.missed, after.misses) == ((1, 1), (), ())
    others = {
        one.name: figures(one) for one in (on_time(view), solved(view), response(view), satisfaction(view))
    }
    assert {figure for key, figure in others.items() if key != name} == {(1, 2)}
