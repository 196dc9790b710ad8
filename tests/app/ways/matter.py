"""One matter at one unit: filed, moved on, and what is on record of it."""

import re
from typing import Any

from api.actor import Actor
from api.house import TicketDraft
from app import policies
from core.policy import Policy
from store import events, notices, tickets
from store.tables import NoticeRow, Ticket
from tests.app.place import Place

UNIT, OTHER = "chenzhou.rsj", "chenzhou.cgj"
CALLER, NEIGHBOUR = "13812345678", "13987654321"
BODY = "北湖区阳光工地拖欠三个月工资。要求发还工资。希望公布投诉电话。"
REPLY = {
    "handled_at": "2026-11-20", "section": "劳动监察科", "handler": "李工", "law": "《保障农民工工资支付条例》第五条",
    "basis": "湘人社发〔2020〕1号", "talk": "已电话告知诉求人",
    "result": "经核查，施工单位已于11月20日将拖欠工资全部发还工人，投诉电话已在工地公布。",
}  # fmt: skip


def under(place: Place, name: str, **ways: Any) -> None:
    """The floor obeys this city's rules."""
    raw = policies.load(name).model_dump(mode="json", by_alias=True) | ({"ways": ways} if ways else {})
    place.floor.policy = Policy.model_validate(raw)


async def read(place: Place, ticket_id: str) -> Ticket:
    async with place.database.reading() as session:
        return await tickets.get(session, ticket_id)


async def filed(
    place: Place, who: Actor, key: str = "k1", caller: str = CALLER, body: str = BODY, **more: Any
) -> str:
    draft = TicketDraft("complaint", "拖欠工资", body, unit=UNIT, caller=caller, **more)
    return await place.house.file_ticket(who, draft, key)


async def do(place: Place, who: Actor, ticket_id: str, *deeds: str, **facts: Any) -> None:
    for deed in deeds:
        row = await read(place, ticket_id)
        given = REPLY | facts if deed == "reply" else facts
        await place.house.act_on_ticket(who, ticket_id, row.version, deed, given)


async def told(place: Place, kind: str) -> list[NoticeRow]:
    async with place.database.reading() as session:
        return [row for row in (await notices.find(session, kind=kind)).items][::-1]


async def of_kind(place: Place, ticket_id: str, name: str) -> list[dict[str, Any]]:
    async with place.database.reading() as session:
        return [row.payload for row in await events.of(session, ticket_id) if row.name == name]


async def code_of(place: Place, ticket_id: str) -> tuple[str, str]:
    number = (await read(place, ticket_id)).number
    await place.house.ways.send_code(number, CALLER)
    sent = (await told(place, "code"))[-1]
    found = re.search(r"验证码(\d{6})", sent.words)
    assert found
    return number, found[1]
