"""Anomalies are kept with the step that shows them, told at once, and found again by their own index; what stands still is seen too."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, true

from api.actor import Actor
from api.house import TicketDraft
from app import flow
from app.anomalies import AnomalyWatch
from app.seeding import house_content
from match.content import Content as HouseContent
from store import units, warnings
from store.database import Database
from store.tables_tickets import WARNINGS_ONLY
from tests.app.place import Place, content_of
from tickets.ticket import Person

pytestmark = pytest.mark.service

BOSS = Actor("user_office", "office", "热线办", "office")
UNIT = "chenzhou.rsj"
HANDLER = Person("user_unit", "unit", UNIT)


@pytest.fixture(scope="module")
def seed() -> HouseContent:
    return house_content()


@pytest.fixture
async def place(database: Database, seed: HouseContent) -> Place:
    made = Place(database, content_of(seed))
    await made.registers()
    return made


async def filed(place: Place, key: str, unit: str | None = UNIT) -> str:
    draft = TicketDraft("help", "停水", "小区停水", caller="13900000000", unit=unit)
    return await place.house.file_ticket(BOSS, draft, f"key-{key}-00")


async def kinds(place: Place, **which: Any) -> list[tuple[str, str | None]]:
    async with place.database.reading() as session:
        page = await warnings.find(session, true(), **which)
    return [(row.payload["kind"], row.payload["unit"]) for row in page.items]


async def test_silence_and_a_late_reply_are_anomalies_told_as_they_happen(place: Place) -> None:
    ticket = await filed(place, "a")
    place.clock.pass_(4 * 86400)
    await flow.deadline_near(place.floor, ticket)
    assert await kinds(place) == [("silence", UNIT)]
    await flow.ticket_step(place.floor, ticket, "sign", HANDLER)
    place.clock.pass_(20 * 86400)
    reply = {
        "handled_at": "2026-12-14",
        "section": "办公室",
        "handler": "张三",
        "result": "已办",
        "law": "无",
        "basis": "无",
        "talk": "已联系",
    }
    async with place.floor.hints.subscribe("tickets") as heard:
        await flow.ticket_step(place.floor, ticket, "reply", HANDLER, **reply)
        told = (await anext(heard))[1]
        while told["event"] != "ticket.anomaly":
            told = (await anext(heard))[1]
        assert (told["kind"], told["unit"]) == ("still_unanswered", UNIT)  # nobody had looked meanwhile
        told = (await anext(heard))[1]
        while told["event"] != "ticket.anomaly":
            told = (await anext(heard))[1]
    assert (told["kind"], told["unit"]) == ("late_reply", UNIT)
    assert await kinds(place, kind="late_reply") == [("late_reply", UNIT)]
    assert await kinds(place, unit="chenzhou.gaj") == []


async def test_a_deadline_that_passes_with_nothing_done_is_told_as_it_passes_and_once(place: Place) -> None:
    ticket = await filed(place, "e")
    await flow.ticket_step(place.floor, ticket, "sign", HANDLER)
    place.clock.pass_(30 * 86400)
    async with place.floor.hints.subscribe("tickets") as heard:
        await flow.deadline_near(place.floor, ticket)
        told = (await anext(heard))[1]
        while told["event"] != "ticket.anomaly":
            told = (await anext(heard))[1]
    assert (told["kind"], told["unit"]) == ("still_unanswered", UNIT)
    await flow.deadline_near(place.floor, ticket)
    assert await kinds(place) == [("still_unanswered", UNIT)]


async def test_a_ticket_given_back_twice_is_an_anomaly_of_the_second_unit(place: Place) -> None:
    ticket = await filed(place, "b")
    for unit in (UNIT, "chenzhou.gaj"):
        who = Person("user_x", "unit", unit)
        await flow.ticket_step(place.floor, ticket, "sign", who)
        await flow.ticket_step(place.floor, ticket, "return", who, reason="非本单位职责", basis="三定方案")
        if unit == UNIT:
            await flow.ticket_step(place.floor, ticket, "dispatch", BOSS, unit="chenzhou.gaj")
    assert await kinds(place) == [("returned_again", "chenzhou.gaj")]


async def test_a_dispute_nobody_decides_is_told_once(place: Place) -> None:
    ticket = await filed(place, "c", None)
    await flow.ticket_step(place.floor, ticket, "dispute", BOSS, question="谁的职责")
    watch = AnomalyWatch(place.floor)
    assert await watch.watch_anomalies() == 0
    place.clock.pass_(timedelta(days=2, hours=1).total_seconds())
    assert await watch.watch_anomalies() == 1
    assert await watch.watch_anomalies() == 0
    place.clock.pass_(86400)
    assert await watch.watch_anomalies() == 0
    assert [kind for kind, _ in await kinds(place)] == ["dispute_long"]


async def test_a_unit_where_tickets_pile_up_overdue_is_told_of_once_a_day(place: Place) -> None:
    for n in range(5):
        await filed(place, f"d{n}")
    watch = AnomalyWatch(place.floor)
    place.clock.pass_(30 * 86400)
    assert await watch.watch_anomalies() == 1
    place.clock.pass_(3600)
    assert await watch.watch_anomalies() == 0
    place.clock.pass_(86400)
    assert await watch.watch_anomalies() == 1
    assert await kinds(place) == [("unit_overdue", UNIT)] * 2
    async with place.database.session() as session:
        unit = await units.get(session, UNIT)
        unit.division = "431021"
    assert len(await kinds(place, within=frozenset({"431021"}))) == 2
    assert await kinds(place, within=frozenset({"431022"})) == []


async def test_warnings_are_found_by_their_own_index(sqlite_database: Database) -> None:
    async with sqlite_database.reading() as session:
        asked = text(
            f"EXPLAIN QUERY PLAN SELECT * FROM events WHERE {WARNINGS_ONLY} ORDER BY at DESC LIMIT 20"
        )
        plan = " ".join(str(row) for row in (await session.execute(asked)).all())
    assert "ix_events_warnings" in plan
