"""What a citizen files online is the same sort of matter as if somebody at the desk had filed it."""

from datetime import timedelta

import pytest

from api.actor import Actor
from api.ways_house import FilingAsk
from app.intake import house
from core.intake import UnknownIntake, parse_own
from store import portal, tickets
from store.tables import Ticket
from tests.app.place import Place
from tests.app.ways.matter import BODY, CALLER

pytestmark = pytest.mark.service
URGENT = "types: [{id: help, name: 求助, type: help, clauses: [000 二(二)], traits: [urgent]}]"


@pytest.fixture
async def code(place: Place, office: Actor) -> str:
    """Sent to the citizen's telephone a moment ago."""
    at = place.clock()
    async with place.database.session() as session:
        await portal.add_code(session, CALLER, "123456", at, at + timedelta(minutes=10))
    return "123456"


async def online(place: Place, type_: str, code: str) -> Ticket:
    made = await place.house.ways.file(FilingAsk(CALLER, type_, "拖欠工资", BODY), code, f"key-{type_}")
    async with place.database.reading() as session:
        row = await tickets.by_number(session, made["number"])
    assert row is not None
    return row


async def test_an_economic_offence_filed_online_is_an_enforcement_case(place: Place, code: str) -> None:
    row = await online(place, "economic", code)
    assert (row.intake, row.enforcement, row.type) == ("economic", True, "economic")


async def test_a_kind_that_a_city_calls_urgent_is_urgent_online_too(place: Place, code: str) -> None:
    place.floor.intake = parse_own(URGENT, "intake.yaml", house())
    row = await online(place, "help", code)
    assert (row.intake, row.urgency) == ("help", "urgent")


async def test_a_kind_that_a_city_does_not_take_is_refused_online_and_the_code_stays_good(
    place: Place, code: str
) -> None:
    place.floor.intake = parse_own("without: [suggestion]", "intake.yaml", house())
    with pytest.raises(UnknownIntake, match="suggestion"):
        await online(place, "suggestion", code)
    assert (await online(place, "help", code)).state == "filed"
