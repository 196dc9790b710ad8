"""What fell before somebody acts is given first, with all that follows from it, whether or not the chore came by."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from app import flow, policies
from core.errors import Conflict
from store import events, notices, probes, tickets
from store.tables import EventRow, Unit
from tests.app.place import Place

pytestmark = pytest.mark.service
CHINA = ZoneInfo("Asia/Shanghai")
UNIT = "chenzhou.rsj"


@pytest.fixture
async def unit(place: Place) -> Actor:
    """Heyuan's rules on a Monday; a unit with a handler and a leader."""
    place.floor.policy = policies.load("heyuan")
    place.clock.now = datetime(2026, 11, 16, 10, tzinfo=CHINA)
    await place.registers()
    async with place.database.session() as session:
        for kind, number in (("handler", "13800000001"), ("leader", "13800000002")):
            await probes.add_phone(session, UNIT, kind, number, "", place.clock())
    return await place.person("renshe", "unit", UNIT)


async def filed(place: Place) -> str:
    office = await place.person("rexian", "office")
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT, caller="13812345678")
    return await place.house.file_ticket(office, draft, "k1")


async def story(place: Place, ticket_id: str) -> list[EventRow]:
    async with place.database.reading() as session:
        return [row for row in await events.of(session, ticket_id) if row.name != "ticket.anomaly"]


async def test_who_signs_before_the_chore_came_by_brings_the_cards_and_their_notices(
    place: Place, unit: Actor
) -> None:
    ticket = await filed(place)
    place.clock.now = datetime(2026, 11, 19, 8, tzinfo=CHINA)  # two cards fell, the service had been down
    done = await flow.ticket_step(place.floor, ticket, "sign", unit, 1)
    seen = [
        (row.name, row.payload.get("colour") or row.payload.get("action"))
        for row in await story(place, ticket)
    ]
    assert seen[2:] == [
        ("ticket.card", "warning"),
        ("ticket.card", "yellow"),
        ("ticket.card", "warning"),
        ("ticket.stepped", "deem_accepted"),
        ("ticket.stepped", "sign"),
    ]
    async with place.database.reading() as session:
        told = (await notices.find(session, kind="card")).items
        assert done.ticket.version == (await tickets.get(session, ticket)).version == 3
    assert len(told) == 8  # two people of yellow, one of each warning, by telephone and text
    assert len({row.key for row in told}) == len(told)


async def test_a_red_card_opens_its_order_even_where_the_unit_replies_first(
    place: Place, unit: Actor
) -> None:
    ticket = await filed(place)
    await flow.ticket_step(place.floor, ticket, "sign", unit)
    place.clock.now = datetime(2026, 11, 25, 9, tzinfo=CHINA)
    reply = dict.fromkeys(("handled_at", "section", "handler", "result", "law", "basis", "talk"), "已办理")
    await flow.ticket_step(place.floor, ticket, "reply", unit, **reply)
    async with place.database.reading() as session:
        (order,) = await tickets.children(session, ticket)
    assert (order.relation, order.unit_code, order.state) == ("supervision", UNIT, "dispatched")


async def test_silence_is_acceptance_though_somebody_spoke_with_the_citizen_in_between(
    place: Place, unit: Actor
) -> None:
    ticket = await filed(place)
    place.clock.now = datetime(2026, 11, 18, 0, 0, 5, tzinfo=CHINA)
    await flow.ticket_step(place.floor, ticket, "contact", unit, talk="已电话联系")
    async with place.database.reading() as session:
        assert (await tickets.get(session, ticket)).state == "deemed"


async def test_a_refused_step_gives_nothing_and_a_stale_one_conflicts(place: Place, unit: Actor) -> None:
    ticket = await filed(place)
    place.clock.pass_(10 * 86400)
    before = len(await story(place, ticket))
    with pytest.raises(Conflict):
        await flow.ticket_step(place.floor, ticket, "sign", unit, 7)
    assert len(await story(place, ticket)) == before
    assert (await flow.deadline_near(place.floor, ticket)).events
    assert not (await flow.deadline_near(place.floor, ticket)).events


async def test_a_withdrawn_matter_takes_the_cards_of_its_children_along(place: Place, unit: Actor) -> None:
    office = await place.person("boss", "office")
    async with place.database.session() as session:
        session.add(Unit(code="rsj.jdc", name="劳动监察大队", aliases=[], parent_code=UNIT))
        await session.flush()
        session.add(Unit(code="rsj.jdc.1", name="监察一中队", aliases=[], parent_code="rsj.jdc"))
    ticket = await filed(place)
    county = await place.house.add_child(office, ticket, ChildDraft("descent", "rsj.jdc"), "k2")
    township = await place.house.add_child(office, county, ChildDraft("descent", "rsj.jdc.1"), "k3")
    place.clock.now += timedelta(days=14)
    await flow.ticket_step(place.floor, ticket, "withdraw", office, reason="诉求人撤回")
    for child in (county, township):
        names = [
            (row.name, row.payload.get("colour") or row.payload.get("action"))
            for row in await story(place, child)
        ]
        assert ("ticket.card", "red") in names
        assert names[-1] == ("ticket.stepped", "withdraw")
