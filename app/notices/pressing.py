"""催办 reaches the unit: by telephone its handler is rung, a paper is announced by text to handler and leader in charge."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.notices.cards import spoken
from app.notices.people import Told, owe
from core.notices import Channel
from core.policy_parts import UrgingWay
from store import orders
from store.orders import NewUrging
from store.tables import SupervisionOrder, Urging
from store.tables import Ticket as Row
from tickets.clock import local, words
from tickets.supervision import FORM_NAMES, WAY_NAMES

REACHED: dict[UrgingWay, tuple[tuple[str, ...], tuple[Channel, ...]]] = {
    "phone": (("handler",), ("voice",)),
    "order": (("handler",), ("sms",)),
    "notice": (("handler", "leader"), ("sms",)),
    "warning": (("handler", "leader"), ("sms",)),
}
"""Whom each way reaches and how; a call that a person made is not made again."""
PROMPT = "press-notice"


async def pressed(
    floor: Floor, session: AsyncSession, row: Row, facts: Mapping[str, Any], by: str
) -> Urging | None:
    """The urging under its own number, and the notices it owes, in the transaction of the step. None: no unit has it."""
    if row.unit_code is None:
        return None
    at, until = floor.clock(), facts.get("until")
    moment = local(datetime.fromisoformat(str(until))) if until else None
    new = NewUrging(
        row.id, row.number, row.unit_code, str(facts["way"]), str(facts.get("words", "")), moment,
        bool(facts.get("rang")), by, at,
    )  # fmt: skip
    urging = await orders.add_urging(session, new)
    if not urging.rang:
        await _tell(floor, session, row, urging, at)
    return urging


async def _tell(floor: Floor, session: AsyncSession, row: Row, urging: Urging, at: datetime) -> None:
    way: UrgingWay = urging.way  # type: ignore[assignment]
    who, channels = REACHED[way]
    told = Told("press", f"press/{urging.id}", urging.unit_code, said(floor.policy.hotline, row, urging), spoken(PROMPT, row.number), row.id)  # fmt: skip
    await owe(session, told, who, channels, at)


def said(hotline: str, row: Row, urging: Urging) -> str:
    """The text: which paper, about which ticket, until when."""
    name = WAY_NAMES[urging.way]  # type: ignore[index]
    until = f"，请于{words(urging.until_at)}前落实" if urging.until_at else "，请尽快办理"
    return f"【{hotline}】工单{row.number}现予{name}（编号{urging.number}）{until}并登录平台回复。"


async def ordered(floor: Floor, session: AsyncSession, child: Row, order: SupervisionOrder) -> None:
    """A supervision order went out: its handler and leader in charge learn it by text."""
    name = FORM_NAMES.get(order.form, "督办") if order.form else "督办"  # type: ignore[call-overload]
    until = f"，请于{words(child.due_at)}前书面回复" if child.due_at else ""
    text = f"【{floor.policy.hotline}】贵单位有{name}单{child.number}{until}，请登录平台办理。"
    told = Told("supervision", f"order/{order.id}", order.unit_code, text, about=child.id)
    await owe(session, told, ("handler", "leader"), ("sms",), floor.clock())
