"""Sensitive matters reach the hotline office and its superior, urgent ones the unit's duty room, in the filing's own transaction."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from app import flow
from app.notices.worker import Notices
from app.seeding import house_content
from core.notices import Notice
from core.unit_register import Phone, UnitEntry
from match.content import Content as HouseContent
from store import enterprise, events, units
from store.database import Database
from store.keys import is_sealed
from store.tables import NoticeRow
from tests.app.place import Place, content_of
from tickets.clock import CHINA

pytestmark = pytest.mark.service

OFFICE, UNIT, COUNTY = "chenzhou.hotline", "chenzhou.yjj", "chenzhou.guiyang"
BOSS = Actor("user_office", "office", "热线办", "office")
DUTY, LEADER, ROOM, HALL = "07352220001", "13800000001", "13800000002", "13800000003"


@pytest.fixture(scope="module")
def seed() -> HouseContent:
    return house_content()


@pytest.fixture
async def place(database: Database, seed: HouseContent) -> Place:
    made = Place(database, content_of(seed))
    await made.registers()
    await registered(made, OFFICE, Phone("duty", DUTY), Phone("leader", LEADER))
    return made


async def registered(place: Place, code: str, *phones: Phone, parent: str | None = None) -> None:
    async with place.database.session() as session:
        entry = UnitEntry(code, parent=parent, phones=phones)
        await units.put(session, entry, None, "office", place.clock(), place.floor.divisions)


async def filed(place: Place, body: str, **more: Any) -> str:
    given: dict[str, Any] = {"type": "help", "title": "一件事", "body": body, "caller": "13900000000"} | more
    return await place.house.file_ticket(BOSS, TicketDraft(**given), f"key-{body[:8]}")


async def owed(place: Place, ticket: str) -> list[tuple[str, str, str]]:
    async with place.database.reading() as session:
        rows = await session.scalars(
            select(NoticeRow).where(NoticeRow.ticket_id == ticket, NoticeRow.kind == "alert")
        )
        return sorted((row.channel, row.recipient, row.state) for row in rows)


async def told(place: Place, ticket: str, name: str) -> list[dict[str, Any]]:
    async with place.database.reading() as session:
        return [row.payload for row in await events.of(session, ticket) if row.name == name]


async def test_a_sensitive_matter_is_told_to_the_office_and_its_superior_at_once(place: Place) -> None:
    await registered(place, "chenzhou.czj", Phone("duty", HALL))
    await registered(place, OFFICE, Phone("duty", DUTY), Phone("leader", LEADER), parent="chenzhou.czj")
    async with place.floor.hints.subscribe("tickets") as heard:
        ticket = await filed(place, "健身房老板跑路了，很多受害者")
        said = [(await anext(heard))[1] for _ in range(2)]
    assert (said[1]["event"], list(said[1]["categories"]), said[1]["level"]) == (
        "ticket.sensitive",
        ["investors"],
        2,
    )
    (event,) = await told(place, ticket, "ticket.sensitive")
    assert "跑路" not in str(event)
    assert await owed(place, ticket) == [
        ("sms", LEADER, "due"), ("sms", HALL, "due"),
        ("voice", DUTY, "due"), ("voice", LEADER, "due"), ("voice", HALL, "due"),
    ]  # fmt: skip


async def test_an_everyday_matter_alerts_nobody(place: Place) -> None:
    ticket = await filed(place, "小区停水三天了")
    assert await owed(place, ticket) == []
    assert await told(place, ticket, "ticket.sensitive") == []


async def test_nobody_to_tell_is_a_notice_that_is_seen_and_the_matter_is_filed_all_the_same(
    place: Place,
) -> None:
    await registered(place, OFFICE)
    ticket = await filed(place, "他要跳楼")
    rows = await owed(place, ticket)
    assert {state for _, _, state in rows} == {"not_sent"}
    async with place.database.reading() as session:
        reasons = (await session.scalars(select(NoticeRow.reason).where(NoticeRow.ticket_id == ticket))).all()
    assert any("热线办值班（chenzhou.hotline）没有登记可用号码" in (one or "") for one in reasons)


async def test_an_urgent_matter_rings_the_units_duty_room_by_voice_and_text_with_the_filing(
    place: Place,
) -> None:
    await registered(place, UNIT, Phone("duty", ROOM), Phone("handler", "13811111111"))
    ticket = await filed(place, "路面开裂", unit=UNIT, intake="emergency")
    rows = await owed(place, ticket)
    assert ("voice", ROOM, "due") in rows
    assert ("sms", ROOM, "due") in rows
    assert not any(number == "13811111111" for _, number, _ in rows)
    (event,) = await told(place, ticket, "ticket.urgent")
    assert (event["unit"], event["duty_unit"], event["phones"]) == (UNIT, UNIT, 1)


async def test_a_unit_without_a_duty_room_is_reached_by_the_nearest_above_it_else_by_the_office(
    place: Place,
) -> None:
    await registered(place, COUNTY, Phone("duty", HALL))
    await registered(place, UNIT, parent=COUNTY)
    (event,) = await told(place, await filed(place, "山上落石", unit=UNIT, urgency="urgent"), "ticket.urgent")
    assert event["duty_unit"] == COUNTY
    (event,) = await told(
        place, await filed(place, "河堤渗水", unit="chenzhou.gaj", urgency="urgent"), "ticket.urgent"
    )
    assert event["duty_unit"] == OFFICE


async def test_an_urgent_matter_without_a_unit_goes_to_its_duty_room_once_it_has_one(place: Place) -> None:
    await registered(place, UNIT, Phone("duty", ROOM))
    ticket = await filed(place, "桥面塌陷", urgency="urgent")
    assert not any(number == ROOM for _, number, _ in await owed(place, ticket))
    await flow.ticket_step(place.floor, ticket, "dispatch", BOSS, unit=UNIT)
    assert ("voice", ROOM, "due") in await owed(place, ticket)


async def test_a_grave_matter_filed_without_a_unit_is_told_to_each_unit_that_gets_it_once(
    place: Place,
) -> None:
    await registered(place, UNIT, Phone("duty", ROOM))
    await registered(place, COUNTY, Phone("duty", HALL))
    ticket = await filed(place, "楼下燃气泄漏，味道很大")
    milder = await filed(place, "健身房老板跑路了，很多受害者")
    assert not any(number in (ROOM, HALL) for _, number, _ in await owed(place, ticket))
    for n, unit in enumerate((UNIT, COUNTY, UNIT)):
        await flow.ticket_step(place.floor, ticket, "dispatch", BOSS, unit=unit)
        if n == 0:
            assert ("sms", ROOM, "due") in await owed(place, ticket)
        who = Actor(f"user_{unit}", unit, unit, "unit", unit)
        await flow.ticket_step(place.floor, ticket, "return", who, reason="不属本单位职责", basis="三定方案")
        place.clock.pass_(60)
    rang = [number for way, number, _ in await owed(place, ticket) if way == "voice"]
    assert (rang.count(ROOM), rang.count(HALL), rang.count(LEADER)) == (1, 1, 1)
    await flow.ticket_step(place.floor, milder, "dispatch", BOSS, unit=UNIT)
    assert not any(number == ROOM for _, number, _ in await owed(place, milder)), (
        "its level tells no duty room"
    )


async def test_who_is_called_in_to_help_with_a_grave_matter_has_its_duty_room_rung_and_whoever_helps_instead(
    place: Place,
) -> None:
    await registered(place, UNIT, Phone("duty", ROOM))
    await registered(place, COUNTY, Phone("duty", HALL))
    ticket = await filed(place, "楼下燃气泄漏，味道很大", unit="chenzhou.gaj")
    child = await place.house.add_child(BOSS, ticket, ChildDraft("assist", UNIT), "key-helps")
    assert ("voice", ROOM, "due") in await owed(place, child)
    who = Actor(f"user_{UNIT}", UNIT, UNIT, "unit", UNIT)
    await flow.ticket_step(place.floor, child, "return", who, reason="不属本单位职责", basis="三定方案")
    await flow.ticket_step(place.floor, child, "dispatch", BOSS, unit=COUNTY)
    assert ("voice", HALL, "due") in await owed(place, child)


async def test_a_unit_that_was_told_at_the_filing_is_not_told_again_when_it_comes_back(place: Place) -> None:
    await registered(place, UNIT, Phone("duty", ROOM))
    ticket = await filed(place, "燃气管道泄漏", unit=UNIT)
    before = await owed(place, ticket)
    who = Actor("user_unit", "unit", "unit", "unit", UNIT)
    await flow.ticket_step(place.floor, ticket, "return", who, reason="不属本单位职责", basis="三定方案")
    await flow.ticket_step(place.floor, ticket, "dispatch", BOSS, unit=UNIT)
    assert await owed(place, ticket) == before


async def test_what_a_citizen_adds_can_be_sensitive_too(place: Place) -> None:
    ticket = await filed(place, "工资的事")
    await flow.ticket_step(
        place.floor, ticket, "supplement", BOSS, words="我们几十个人的工资都没有，明天去堵路"
    )
    (event,) = await told(place, ticket, "ticket.sensitive")
    assert (event["categories"], event["level"]) == (["crowd", "wages"], 1)


class Rung:
    """A telephone that always answers."""

    name, honours_key, at_once, most_s = "telephone", False, 1, 5.0

    def __init__(self) -> None:
        self.rang: list[str] = []

    async def send(self, notice: Notice) -> str:
        self.rang.append(notice.to)
        return notice.id


async def test_an_alert_rings_in_the_night_when_cards_wait_for_the_day(place: Place) -> None:
    place.clock.now = datetime(2026, 11, 21, 2, 30, tzinfo=CHINA)
    await registered(place, UNIT, Phone("duty", ROOM))
    ticket = await filed(place, "燃气管道泄漏", unit=UNIT, urgency="urgent")
    phone = Rung()
    await Notices(place.database, place.clock, {"voice": phone}).send_voice()
    assert ROOM in phone.rang
    assert all(state == "sent" for way, _, state in await owed(place, ticket) if way == "voice")


async def test_an_enterprises_complaint_is_in_the_ledger_from_its_filing(place: Place) -> None:
    ticket = await filed(
        place,
        "补贴没到账",
        type="complaint",
        intake="enterprise",
        citizen_name="郴州某公司",
        unit="chenzhou.fgw",
    )
    async with place.database.reading() as session:
        (item,) = (await enterprise.ledger(session)).items
        stored = (await session.execute(text("SELECT enterprise FROM enterprise_items"))).scalar_one()
    told = (item.ticket_id, item.enterprise, item.matter, item.state, item.unit_code)
    assert told == (ticket, "一件事", "一件事", "assigned", "chenzhou.fgw")
    assert is_sealed(stored)


async def test_a_confidential_reporters_name_never_enters_the_enterprises_ledger(place: Place) -> None:
    more: dict[str, Any] = {"type": "complaint", "intake": "enterprise", "citizen_name": "张三丰"}
    more |= {"title": "张三丰反映补贴没到账", "confidential": True}
    await filed(place, "补贴没到账", **more, unit="chenzhou.fgw")
    async with place.database.reading() as session:
        (item,) = (await enterprise.ledger(session)).items
    assert (item.enterprise, item.matter) == ("诉求人", "诉求人反映补贴没到账")


async def test_the_same_filing_asked_again_alerts_once(place: Place) -> None:
    ticket = await filed(place, "他要跳楼")
    first = await owed(place, ticket)
    draft = TicketDraft("help", "一件事", "他要跳楼", caller="13900000000")
    assert await place.house.file_ticket(BOSS, draft, "key-他要跳楼") == ticket
    assert await owed(place, ticket) == first


async def test_an_urgent_matter_that_comes_back_to_the_same_unit_rings_its_duty_room_again(
    place: Place,
) -> None:
    await registered(place, UNIT, Phone("duty", ROOM))
    await registered(place, COUNTY, Phone("duty", HALL))
    ticket = await filed(place, "路面塌陷", unit=UNIT, urgency="urgent")
    for unit, other in ((UNIT, COUNTY), (COUNTY, UNIT)):
        who = Actor(f"user_{unit}", unit, unit, "unit", unit)
        await flow.ticket_step(place.floor, ticket, "return", who, reason="不属本单位职责", basis="三定方案")
        place.clock.pass_(60)
        await flow.ticket_step(place.floor, ticket, "dispatch", BOSS, unit=other)
    rang = [number for way, number, _ in await owed(place, ticket) if way == "voice"]
    assert (rang.count(ROOM), rang.count(HALL)) == (2, 1)
    told_of = [event["unit"] for event in await told(place, ticket, "ticket.urgent")]
    assert told_of == [UNIT, COUNTY, UNIT]
