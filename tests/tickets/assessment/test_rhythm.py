"""Which months, quarters and years are to be scored by now."""

from datetime import datetime, timedelta

import pytest

from core.policy_score import Rhythm
from tests.tickets.desk import at
from tickets.assessment.rhythm import over

pytestmark = pytest.mark.unit
NEW_YEAR = at("2027-01-01T00:00")
LONG_AGO = at("2025-01-01T00:00")


def names(rhythm: tuple[Rhythm, ...], moment: datetime, first: datetime | None = LONG_AGO) -> list[str]:
    return [one.name for one in over(rhythm, first, moment)]


def test_a_period_is_over_at_its_last_midnight_and_not_a_moment_sooner() -> None:
    rhythm: tuple[Rhythm, ...] = ("month", "quarter", "year")
    before = names(rhythm, NEW_YEAR - timedelta(microseconds=1))
    assert before == ["2026-11", "2026-10", "2026-09", "2026-Q3", "2026-Q2", "2025"]
    assert names(rhythm, NEW_YEAR) == ["2026-12", "2026-Q4", "2026", "2026-11", "2026-10", "2026-Q3"]


@pytest.mark.parametrize(("rhythm", "found"), [(("year",), ["2026"]), (("regular",), []), ((), [])])
def test_only_what_the_rules_name_is_wanted(rhythm: tuple[Rhythm, ...], found: list[str]) -> None:
    assert names(rhythm, NEW_YEAR) == found


def test_what_was_over_before_the_first_ticket_is_no_period_of_this_house() -> None:
    assert names(("month",), NEW_YEAR, at("2026-12-31T23:59")) == ["2026-12"]
    assert names(("month",), NEW_YEAR, None) == []
