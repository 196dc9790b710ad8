"""不予受理: what a refusal keeps, whose grounds a city has, and a kind of matter it does not take."""

import pytest

from api.house import TicketDraft
from app import intake, policies
from app.seeding import HOUSE_CITY, house_content
from core.divisions import Division, Tree, UnknownDivision
from core.errors import NotFound
from core.intake import UnknownIntake
from match.content import Content as HouseContent
from store import events, tickets
from store.database import Database
from tests.app.place import Place, content_of
from tests.tickets.desk import under

pytestmark = pytest.mark.service
PROFILES = ("chenzhou", "henan", "heyuan", "jiayuguan")


@pytest.fixture(scope="module")
def seed() -> HouseContent:
    return house_content()


@pytest.fixture
async def place(database: Database, seed: HouseContent) -> Place:
    made = Place(database, content_of(seed))
    await made.registers()
    return made


async def test_a_refusal_keeps_its_ground_its_clause_and_the_words_told(
    place: Place, seed: HouseContent
) -> None:
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    await place.house.close_call(agent, citizen.id, "refused", "chenzhou.5.3", "k" * 10)
    async with place.database.reading() as session:
        (row,) = (await tickets.find(session)).items
        (said,) = [one for one in await events.of(session, row.id) if one.payload.get("action") == "refuse"]
    ground = next(one for one in seed.grounds if one.code == "chenzhou.5.3")
    assert row.state == "refused"
    assert said.payload["facts"] == {"ground": ground.code, "clause": ground.clause, "told": ground.words}


async def test_another_citys_ground_is_none_here(place: Place) -> None:
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    with pytest.raises(NotFound, match=r"没有不予受理情形 heyuan\.6\.1"):
        await place.house.close_call(agent, citizen.id, "refused", "heyuan.6.1", "k" * 10)


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_has_as_many_grounds_as_its_clause_names_and_each_is_told(
    profile: str, seed: HouseContent
) -> None:
    said = policies.load(profile).intake.refusals
    grounds = [one for one in seed.grounds if one.profile == profile]
    assert said is not None
    assert len(grounds) == said.value
    assert all(one.words and one.clause for one in grounds)


def test_a_city_has_its_own_grounds_or_its_superiors_and_the_demonstration_the_houses() -> None:
    assert policies.rules_of("heyuan", PROFILES, HOUSE_CITY) == "heyuan"
    assert policies.rules_of("demo", PROFILES, HOUSE_CITY) == "chenzhou"
    assert policies.rules_of("yanji", PROFILES, HOUSE_CITY) == "yanji"


async def test_what_a_city_does_not_take_is_not_filed_and_what_it_takes_is_filed_as_its_kind_wants(
    place: Place,
) -> None:
    office = await place.person("office", "office")
    case = TicketDraft("economic", "偷税漏税", "某店偷税漏税", intake="economic", caller="13800000000")
    made = await place.house.file_ticket(office, case, "k" * 10)
    async with place.database.reading() as session:
        row = await tickets.get(session, made)
    assert (row.intake, row.enforcement, row.urgency) == ("economic", True, "normal")
    place.floor.intake = intake.load(under("heyuan", "conduct_complaints=refuse_all"))
    rude = TicketDraft("complaint", "态度差", "窗口态度差", intake="efficiency", caller="13800000000")
    with pytest.raises(UnknownIntake):
        await place.house.file_ticket(office, rude, "m" * 10)


async def test_a_place_that_is_not_in_the_citys_tree_is_refused(place: Place) -> None:
    office = await place.person("office", "office")
    place.floor.divisions = Tree([Division("431000", "郴州市", "city")], "431000")
    draft = TicketDraft("help", "停水", "小区停水", caller="13800000000", place="999999")
    with pytest.raises(UnknownDivision):
        await place.house.file_ticket(office, draft, "k" * 10)
