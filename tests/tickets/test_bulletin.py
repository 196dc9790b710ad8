"""The monthly bulletin counts what the facts say, each thing in the month it belongs to."""

import pytest

from tests.tickets.assessment.make import CLOSED, OCTOBER, told, well_done
from tests.tickets.desk import YANJI, at
from tickets.assessment.fact import Fact, period
from tickets.assessment.share import on_time
from tickets.assessment.view import View
from tickets.bulletin import Line, line

pytestmark = pytest.mark.unit
LATE = "2026-10-20T09:00"


def test_a_month_of_one_unit() -> None:
    stories = [
        well_done("T1"),
        told("T2").then("2026-10-15T09:00", "press", form="phone").then(LATE, "reply"),
        told("T3"),
        told("T4").then("2026-10-12T11:00", "return"),
        well_done("T5", grade="").then("2026-10-21T09:00", "redo", due="2026-11-03T00:00"),
        told("T6", relation="supervision", parent="T3"),
    ]
    again = [
        Fact("r1", at(LATE), "SW", "repeat", "T7", {"way": "take", "confirmed": True, "count": 1}, 1),
        Fact("r2", at(LATE), "SW", "repeat", "T8", {"way": "take", "confirmed": True, "count": 1}, 2),
        Fact("r3", at(LATE), "SW", "repeat", "T8", {"way": "judged", "reasonable": False}, 3),
        Fact("r4", at(LATE), "SW", "repeat", "T9", {"way": "suspected", "confirmed": False}, 4),
        Fact("r5", at(LATE), "SW", "repeat", "T10", {"way": "suspected", "confirmed": False}, 5),
        Fact("r6", at(LATE), "SW", "repeat", "T10", {"way": "judged", "reasonable": True, "count": 1}, 6),
        Fact(
            "r7", at(LATE), "SW", "repeat", "T11", {"way": "take", "confirmed": True, "count": 0}, 7
        ),  # a stranger's
        Fact(
            "r8", at(LATE), "SW", "repeat", "T12", {"of": "T4", "confirmed": True, "count": 1}, 8
        ),  # given back
    ]
    facts = [*(fact for story in stories for fact in story.facts), *again]
    assert line(facts, YANJI, OCTOBER, "SW", CLOSED) == Line(
        "SW", received=5, on_time=2, late=1, undone=1, returned=1, redo=1, repeats=2, supervised=1, pressed=1
    )
    assert line(facts, YANJI, period("2026-11"), "SW", CLOSED) == Line("SW", undone=1)
    assert line(facts, YANJI, OCTOBER, "JT", CLOSED) == Line("JT")


@pytest.mark.parametrize("how", ["return", "withdraw", "merge"])
def test_what_left_the_unit_after_its_term_is_undone_in_the_bulletin_as_on_the_sheet(how: str) -> None:
    late = told("T1").then("2026-10-30T09:00", how).facts
    early = told("T2").then("2026-10-13T09:00", how).facts
    found = line([*late, *early], YANJI, OCTOBER, "SW", CLOSED)
    assert (found.on_time, found.late, found.undone) == (0, 0, 1)
    share = on_time(View([*late, *early], "SW", OCTOBER, CLOSED, YANJI))
    assert (share.good, share.of) == (found.on_time, found.on_time + found.late + found.undone)


def test_a_ticket_given_back_and_sent_again_is_received_once_in_each_month_it_came() -> None:
    story = told("T1").then("2026-10-12T11:00", "return")
    story.then("2026-10-14T09:00", "dispatch", due="2026-10-20T00:00").then("2026-10-14T11:00", "return")
    story.then("2026-11-03T09:00", "dispatch", due="2026-11-07T00:00")
    months = [line(story.facts, YANJI, period(name), "SW", CLOSED) for name in ("2026-10", "2026-11")]
    assert [(month.received, month.returned) for month in months] == [(1, 2), (1, 0)]


def test_a_term_at_a_months_end_is_told_in_that_month() -> None:
    facts = (
        told("T1", sent="2026-10-29T09:00", due="2026-11-01T00:00").then("2026-10-30T09:00", "reply").facts
    )
    assert line(facts, YANJI, OCTOBER, "SW", CLOSED).on_time == 1
    assert line(facts, YANJI, period("2026-11"), "SW", CLOSED).on_time == 0
