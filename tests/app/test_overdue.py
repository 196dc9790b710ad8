"""What fell before somebody acts is given first, with all that follows from it, whether or not the chore came by."""

import asyncio
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from api.order_house import OrderAsk
from app import flow, overdue, policies
from core.errors import Conflict
from store import events, notices, probes, tickets
from store.tables import EventRow, Unit
from tests.app.place import Place
from tickets.ticket import Action

pytestmark = pytest.mark.service
CHINA = ZoneInfo("Asia/Shanghai")
UNIT, OTHER = "chenzhou.rsj", "chenzhou.cgj"


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


async def test_a_red_card_opens_its_order_though_an_earlier_one_was_answered(
    place: Place, unit: Actor
) -> None:
    ticket = await filed(place)
    place.clock.now = datetime(2026, 11, 20, 9, tzinfo=CHINA)
    await swept(place, ticket)  # signing is late
    async with place.database.reading() as session:
        (order,) = await tickets.children(session, ticket)
    for ticket_id in (ticket, order.id):
        await flow.ticket_step(place.floor, ticket_id, "sign", unit)
    await flow.ticket_step(place.floor, order.id, "reply", unit, None, result="已安排专人办理")
    place.clock.now = datetime(2026, 11, 25, 9, tzinfo=CHINA)
    await swept(place, ticket, ticket)  # settling is late too
    assert (await fell(place, ticket))[2] == ["replied", "dispatched"]


async def test_a_red_card_opens_no_second_order_while_its_unit_has_one_to_answer(
    place: Place, unit: Actor
) -> None:
    office, ticket = await place.person("boss", "office"), await filed(place)
    await place.house.orders.open(office, ticket, OrderAsk((UNIT,), "leader_note", words="批示"), "o1")
    place.clock.now = datetime(2026, 11, 25, 9, tzinfo=CHINA)
    await swept(place, ticket)
    assert (await fell(place, ticket))[2] == ["dispatched"]


async def test_an_order_to_the_unit_that_gave_a_ticket_back_spares_the_next_unit_nothing(
    place: Place, unit: Actor
) -> None:
    office, ticket = await place.person("boss", "office"), await filed(place)
    await place.house.orders.open(office, ticket, OrderAsk((UNIT,), "leader_note", words="批示"), "o1")
    await flow.ticket_step(
        place.floor, ticket, "return", unit, None, reason="不属本单位职责", basis="三定方案"
    )
    await flow.ticket_step(place.floor, ticket, "dispatch", office, None, unit=OTHER)
    place.clock.now += timedelta(days=14)
    await swept(place, ticket)
    async with place.database.reading() as session:
        orders = [one.unit_code for one in await tickets.children(session, ticket)]
    assert orders == [UNIT, OTHER]


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


async def fell(place: Place, ticket_id: str) -> tuple[list[str], set[str], list[str]]:
    """Colours of the cards that fell, the people's ways their notices took, and the states of the orders they opened."""
    colours = [
        str(row.payload["colour"]) for row in await story(place, ticket_id) if row.name == "ticket.card"
    ]
    async with place.database.reading() as session:
        sent = (await notices.find(session, kind="card", limit=200)).items
        orders = [
            one.state for one in await tickets.children(session, ticket_id) if one.relation == "supervision"
        ]
    return colours, {row.channel for row in sent if row.ticket_id == ticket_id}, orders


async def swept(place: Place, *ids: str) -> None:
    for ticket_id in ids:
        await flow.deadline_near(place.floor, ticket_id)


@pytest.mark.parametrize("deed", ["urge", "supplement"])
async def test_what_a_citizen_says_reaches_a_helper_after_the_cards_that_fell_there(
    place: Place, unit: Actor, deed: Action
) -> None:
    office = await place.person("boss", "office")
    lead = await filed(place)
    helper = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    place.clock.now += timedelta(days=14)  # the service had been down
    await flow.ticket_step(place.floor, lead, deed, office, None, words="还没有发")
    await swept(place, lead, helper)
    colours, ways, orders = await fell(place, helper)
    assert (colours.count("red"), ways, orders) == (2, {"sms", "voice"}, ["dispatched"])
    steps = [row.payload["action"] for row in await story(place, helper) if row.name == "ticket.stepped"]
    assert steps == ["deem_accepted", deed]


async def test_tickets_that_are_joined_bring_the_cards_that_fell_on_either_side(
    place: Place, unit: Actor
) -> None:
    office = await place.person("boss", "office")
    into = await filed(place)
    more = TicketDraft("help", "另一件", "另一件的内容", unit=UNIT, caller="13700000001")
    gone = await place.house.file_ticket(office, more, "k2")
    helper = await place.house.add_child(office, gone, ChildDraft("assist", OTHER), "k3")
    place.clock.now += timedelta(days=14)
    await place.house.ways.join(office, into, [gone], "同一事项")
    await swept(place, into, gone, helper)
    for ticket_id in (into, gone, helper):
        colours, ways, orders = await fell(place, ticket_id)
        assert (colours.count("red"), ways, orders) == (2, {"sms", "voice"}, ["dispatched"])


async def test_screens_learn_of_the_order_that_a_deed_on_another_ticket_brought(
    place: Place, unit: Actor
) -> None:
    office = await place.person("boss", "office")
    lead = await filed(place)
    helper = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    place.clock.now += timedelta(days=14)
    async with place.floor.hints.subscribe("tickets") as heard, asyncio.timeout(10):
        await flow.ticket_step(place.floor, lead, "urge", office)
        told = (await anext(heard))[1]
        while (told["event"], told["unit"]) != ("ticket.filed", OTHER):
            told = (await anext(heard))[1]
    async with place.database.reading() as session:
        (order,) = await tickets.children(session, helper)
    assert (told["ticket_id"], told["state"]) == (order.id, "dispatched")


def test_no_other_module_takes_a_step_on_a_ticket() -> None:
    """A step on a ticket that was not caught up with the clock loses what fell there."""
    of_app = Path(overdue.__file__).parent
    takers = {
        str(path.relative_to(of_app))
        for path in of_app.rglob("*.py")
        if re.search(r"^from tickets\.lifecycle import [^#]*\bapply\b", path.read_text("utf-8"), re.MULTILINE)
    }
    new, clockless = "filing.py", "errands/stages.py"  # a ticket that is being filed; one that is resolved
    assert takers == {"flow.py", "overdue.py", new, clockless}
