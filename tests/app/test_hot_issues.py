"""Hot issues among filed tickets become warnings, once, with their reason; a restart reads them again and tells nothing twice."""

import pytest
from sqlalchemy import true

from api.actor import Actor
from api.house import TicketDraft
from app.anomalies import limits
from app.hot_issues import HotWatch, rules
from app.seeding import house_content
from match.content import Content as HouseContent
from match.hot import Rules
from store import warnings
from store.database import Database
from store.tables import EventRow
from tests.app.place import Place, content_of

pytestmark = pytest.mark.service

BOSS = Actor("user_office", "office", "热线办", "office")
SAID = ("阳光小区停水了", "阳光小区又停水了没有通知", "我们阳光小区停水一天了", "阳光小区怎么停水了")


@pytest.fixture(scope="module")
def seed() -> HouseContent:
    return house_content()


@pytest.fixture
async def place(database: Database, seed: HouseContent) -> Place:
    made = Place(database, content_of(seed))
    await made.registers()
    return made


async def filed(place: Place, number: int, caller: str = "") -> str:
    words = SAID[number % len(SAID)]
    draft = TicketDraft("help", words, words, caller=caller or f"1390000000{number}", despite="另案处理")
    place.clock.pass_(60)
    return await place.house.file_ticket(BOSS, draft, f"key-hot-{number}")


async def told(place: Place) -> list[EventRow]:
    async with place.database.reading() as session:
        return list((await warnings.find(session, true(), name="ticket.anomaly")).items)


async def test_three_people_with_one_new_matter_are_an_emerging_issue_told_once(place: Place) -> None:
    watch = HotWatch(place.floor)
    first = [await filed(place, number) for number in range(2)]
    place.clock.pass_(120)
    assert await watch.watch_hot_issues() == 0
    last = await filed(place, 2)
    place.clock.pass_(120)
    assert await watch.watch_hot_issues() == 1
    (row,) = await told(place)
    assert (row.payload["kind"], row.payload["ticket_id"]) == ("emerging", last)
    assert row.payload["facts"]["tickets"] == [*first, last]
    assert "3 人反映" in row.payload["facts"]["words"]
    place.clock.pass_(120)
    assert await watch.watch_hot_issues() == 0
    assert await HotWatch(place.floor).watch_hot_issues() == 0  # as after a restart
    assert len(await told(place)) == 1


async def test_one_person_calling_often_is_no_issue_and_the_newest_matters_wait_a_moment(
    place: Place,
) -> None:
    watch = HotWatch(place.floor)
    for number in range(4):
        await filed(place, number, caller="13911112222")
    assert await watch.watch_hot_issues() == 0
    place.clock.pass_(120)
    assert await watch.watch_hot_issues() == 0
    assert not await told(place)


def test_the_house_s_numbers_are_those_the_detector_was_made_with() -> None:
    assert rules(limits()) == Rules()
