"""The monthly bulletin counts what the facts say, each thing in the month it belongs to."""

import pytest

from tests.tickets.assessment.make import CLOSED, OCTOBER, told, well_done
from tests.tickets.desk import YANJI, at
from tickets.assessment.fact import Fact, period
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
        Fact("r1", at(LATE), "SW", "repeat", "T7", {"way": "take", "confirmed": True}, 1),
        Fact("r2", at(LATE), "SW", "repeat", "T8", {"way": "take", "confirmed": True}, 2),
        Fact("r3", at(LATE), "SW", "repeat", "T8", {"way": "judged", "reasonable": False}, 3),
        Fact("r4", at(LATE), "SW", "repeat", "T9", {"way": "suspected", "confirmed": False}, 4),
    ]
    facts = [*(fact for story in stories for fact in story.facts), *again]
    assert line(facts, YANJI, OCTOBER, "SW", CLOSED) == Line(
        "SW", received=5, on_time=2, late=1, undone=1, returned=1, redo=1, repeats=1, supervised=1, pressed=1
    )
    assert line(facts, YANJI, period("2026-11"), "SW", CLOSED) == Line("SW", undone=1)
    assert line(facts, YANJI, OCTOBER, "JT", CLOSED) == Line("JT")


def test_a_term_at_a_months_end_is_told_in_that_month() -> None:
    facts = (
        told("T1", sent="2026-10-29T09:00", due="2026-11-01T00:00").then("2026-10-30T09:00", "reply").facts
    )
    assert line(facts, YANJI, OCTOBER, "SW", CLOSED).on_time == 1
    assert line(facts, YANJI, period("2026-11"), "SW", CLOSED).on_time == 0
