"""不予受理: what a refusal keeps, whose grounds a city has, and a kind of matter it does not take."""

import pytest

from api.actor import Actor
from api.house import TicketDraft
from app import intake, policies
from app.seeding import HOUSE_CITY, house_content
from core.divisions import Division, Tree, UnknownDivision
from core.errors import NotAllowed, NotFound
from core.intake import UnknownIntake
from match.content import Content as HouseContent
from store import events, notices, tickets
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


async def filed(place: Place, caller: str = "13812345678", by: Actor | None = None) -> tuple[Actor, str]:
    office = by or await place.person("office", "office")
    draft = TicketDraft("complaint", "不服判决", "邻居打官司，法院已经判了，我不服", caller=caller)
    return office, await place.house.file_ticket(office, draft, f"key-{caller}")


async def test_what_was_filed_and_is_not_the_hotlines_is_refused_by_a_ground_and_its_citizen_told_why(
    place: Place, seed: HouseContent
) -> None:
    office, ticket = await filed(place)
    ground = next(one for one in seed.grounds if one.code == "chenzhou.5.3")
    told = {"ground": ground.code, "told": "此事已由法院判决，请依法上诉。", "clause": "随便写的"}
    await place.house.act_on_ticket(office, ticket, 1, "refuse", told)
    async with place.database.reading() as session:
        row = await tickets.get(session, ticket)
        said = (await events.of(session, ticket))[-1].payload
        (notice,) = (await notices.find(session, kind="refusal")).items
    assert (row.state, row.due_at, row.next_alarm_at, row.cards) == ("refused", None, None, [])
    assert said["facts"] == told | {"clause": ground.clause}
    assert notice.recipient == "13812345678"
    assert "请依法上诉" in notice.words


async def test_a_refusal_names_a_ground_of_the_citys_and_leaves_no_citizen_behind(place: Place) -> None:
    office, ticket = await filed(place)
    wrong = {"ground": "heyuan.6.1", "told": "请拨打110"}
    with pytest.raises(NotFound, match=r"heyuan\.6\.1"):
        await place.house.act_on_ticket(office, ticket, 1, "refuse", wrong)
    _, other = await filed(place, "13900000009", office)
    await place.house.ways.join(office, ticket, [other], "同一事项")
    async with place.database.reading() as session:
        now = (await tickets.get(session, ticket)).version
    with pytest.raises(NotAllowed, match="并入"):
        await place.house.act_on_ticket(office, ticket, now, "refuse", wrong | {"ground": "chenzhou.5.3"})


async def test_where_no_text_reaches_the_citizen_it_is_seen_that_nobody_was_told(place: Place) -> None:
    office, ticket = await filed(place, "07352345678")
    facts = {"ground": "chenzhou.5.3", "told": "请依法上诉"}
    await place.house.act_on_ticket(office, ticket, 1, "refuse", facts)
    async with place.database.reading() as session:
        (notice,) = (await notices.find(session, kind="refusal")).items
    assert notice.state == "not_sent"


async def test_the_page_is_told_the_grounds_there_are(place: Place) -> None:
    office, ticket = await filed(place)
    told = await place.house.ways.options(office, ticket)
    assert {one["code"] for one in told["grounds"]} >= {"chenzhou.5.3"}
    assert all(one["words"] and one["clause"] for one in told["grounds"])
