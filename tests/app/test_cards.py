"""The cards by which a ticket is found are those that fell: of every clock that runs, moved with the deadline, gone with the reply."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api import queries
from api.actor import Actor
from api.house import TicketDraft
from app import flow, policies
from core.rights import Scope
from store import tickets, wall
from tests.app.place import Place

pytestmark = pytest.mark.service
CHINA = ZoneInfo("Asia/Shanghai")
UNIT = "chenzhou.rsj"
REPLY: dict[str, Any] = dict.fromkeys(
    ("handled_at", "section", "handler", "result", "law", "basis", "talk"), "已办理"
)


@pytest.fixture
async def unit(place: Place) -> Actor:
    """Heyuan's rules on a Monday."""
    place.floor.policy = policies.load("heyuan")
    place.clock.now = datetime(2026, 10, 12, 10, tzinfo=CHINA)
    await place.registers()
    return await place.person("renshe", "unit", UNIT)


async def filed(place: Place, kind: str) -> str:
    office = await place.person("rexian", "office")
    draft = TicketDraft(kind, "拖欠工资", "工地拖欠三个月工资", unit=UNIT, caller="13812345678")
    return await place.house.file_ticket(office, draft, "k1")


async def gravest(place: Place, ticket: str, day: int) -> str:
    """The colour of the gravest card that fell by this October day's noon."""
    async with place.database.reading() as session:
        row = await tickets.get(session, ticket)
    return wall.gravest(row.cards, datetime(2026, 10, day, 12, tzinfo=CHINA))


async def test_a_card_of_signing_is_one_too(place: Place, unit: Actor) -> None:
    ticket = await filed(place, "complaint")
    assert [await gravest(place, ticket, day) for day in (13, 14, 15, 16)] == ["", "warning", "yellow", "red"]
    await flow.ticket_step(place.floor, ticket, "sign", unit)
    assert await gravest(place, ticket, 16) == ""


async def test_an_extension_takes_the_cards_along(place: Place, unit: Actor) -> None:
    ticket = await filed(place, "help")
    await flow.ticket_step(place.floor, ticket, "sign", unit)
    assert await gravest(place, ticket, 20) == "yellow"
    await flow.ticket_step(place.floor, ticket, "ask_extension", unit, reason="需会同住建局核查")
    office = await place.person("boss", "office")
    until = datetime(2026, 10, 27, tzinfo=CHINA)
    await flow.ticket_step(place.floor, ticket, "grant_extension", office, until=until)
    assert [await gravest(place, ticket, day) for day in (20, 26, 27, 28)] == ["", "warning", "yellow", "red"]


async def test_what_is_answered_has_no_card_until_the_reply_is_rejected(place: Place, unit: Actor) -> None:
    ticket = await filed(place, "help")
    await flow.ticket_step(place.floor, ticket, "sign", unit)
    place.clock.now = datetime(2026, 10, 15, 9, tzinfo=CHINA)  # the warning fell at midnight
    await flow.ticket_step(place.floor, ticket, "reply", unit, **REPLY)
    assert await gravest(place, ticket, 30) == ""
    async with place.database.reading() as session:
        asked = queries.TicketFilter(card="warning")
        assert not (await queries.tickets(session, Scope(everything=True), asked, 10, 0)).items
    office = await place.person("boss", "office")
    await flow.ticket_step(place.floor, ticket, "reject", office, reason="答非所问")
    assert await gravest(place, ticket, 15) == "warning"
