"""What a ruling of force majeure or a system fault excuses: the time it covers, and no more."""

from decimal import Decimal

import pytest

from tests.tickets.assessment.make import CLOSED, one, scored, told
from tests.tickets.desk import at
from tickets.assessment.fact import Fact

pytestmark = pytest.mark.unit


def ruling(since: str, until: str, name: str = "r1") -> Fact:
    """The platform and the mobile network were down; moments of October."""
    span = {"starts_at": f"2026-10-{since}:00+08:00", "ends_at": f"2026-10-{until}:00+08:00"}
    return one("ruling", "2026-10-12T09:00", name, scopes=["sign", "phone"], reason="机房断电", **span)


@pytest.mark.parametrize(
    ("signed", "rulings", "excused"),
    [
        ("2026-10-12T11:00", [ruling("12T09:30", "12T10:30")], True),  # an hour late, an hour down
        ("2026-10-12T11:01", [ruling("12T09:30", "12T10:30")], False),
        ("2026-10-16T09:00", [ruling("12T09:58", "12T10:03")], False),  # five minutes do not excuse four days
        ("2026-10-12T11:30", [ruling("12T10:30", "12T11:30")], False),  # the term was over when it went down
        ("2026-10-12T11:00", [ruling("12T09:10", "12T10:00"), ruling("12T09:30", "12T10:20", "r2")], True),
        ("2026-10-12T11:00", [ruling("12T09:10", "12T09:50"), ruling("12T09:30", "12T10:00", "r2")], False),
        ("", [ruling("12T09:30", "13T09:00")], False),
        ("", [ruling("12T09:30", "15T12:00")], True),
    ],
)
def test_time_under_a_ruling_is_not_counted_and_no_more_than_that_is_excused(
    signed: str, rulings: list[Fact], excused: bool
) -> None:
    story = told().then(signed, "sign") if signed else told()
    as_of = CLOSED if signed else at("2026-10-15T12:00")
    item = next(item for item in scored([story, *rulings], as_of=as_of).items if item.name == "sign")
    assert [bool(change.excused) for change in item.changes] == [excused]


@pytest.mark.parametrize(
    ("ended", "rulings", "left"),
    [
        ("22T18:00", [ruling("22T09:00", "22T09:05")], "1.50"),  # five minutes of ten hours
        ("22T18:00", [ruling("22T08:00", "22T12:00"), ruling("22T12:00", "22T18:00", "r2")], "2.00"),
        ("22T18:00", [ruling("22T08:00", "22T17:59")], "1.50"),
        ("", [ruling("22T08:00", "22T09:00")], "2.00"),  # nobody said how long it lasted
        ("", [ruling("22T08:01", "22T09:00")], "1.50"),
    ],
)
def test_an_outage_is_excused_where_rulings_cover_the_whole_of_it(
    ended: str, rulings: list[Fact], left: str
) -> None:
    data = {"ended": f"2026-10-{ended}:00+08:00"} if ended else {}
    outage = one("mobile_outage", "2026-10-22T08:00", "m1", **data)
    assert next(
        item for item in scored([outage, *rulings]).items if item.name == "mobiles"
    ).points == Decimal(left)
