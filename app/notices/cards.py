"""A card by telephone and text to the right people: whom and how each card names itself (001 17), the unit's register has
their numbers."""

import re
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.notices.people import Told, to_people
from core.events import DeadlineNear
from core.notices import Channel
from core.policy import Policy
from core.policy_parts import Card
from store import notices, probes
from store.notices import NewNotice
from store.tables import Ticket as Row
from store.tables import UnitPhone
from tickets.explain import rules_for
from tickets.lifecycle import Applied
from tickets.ticket import Ticket

COLOURS = {"warning": "预警", "yellow": "黄牌", "red": "红牌"}
STAGES = {
    "sign": "受理",
    "handle": "办理",
    "redo": "重办",
    "supervise": "督办",
    "dispatch": "派单",
    "return": "退回",
}
WAYS: dict[str, Channel] = {"sms": "sms", "phone": "voice"}
_SAID_TWICE = 2


async def owe(
    floor: Floor, session: AsyncSession, row: Row, done: Applied, policy: Policy, at: datetime
) -> None:
    """The notices of the cards that fell in this step, in its transaction. Nobody to tell is a notice too, and seen."""
    fallen = [event for event in done.events if isinstance(event, DeadlineNear)]
    cards = [(event, card) for event in fallen if (card := _card(done.ticket, event, policy))]
    if not cards or row.unit_code is None:
        return
    phones = await probes.phones(session, row.unit_code)
    new = [
        one
        for event, card in cards
        for one in _notices(floor.policy.hotline, row, event, card, [*phones], done.ticket.version, at)
    ]
    await notices.add_all(session, new, at)


def _card(ticket: Ticket, event: DeadlineNear, policy: Policy) -> Card | None:
    rules = rules_for(policy, event.stage, ticket.type, complex=ticket.complex)  # type: ignore[arg-type]
    return next((card for card in rules.cards if card.colour == event.colour), None)


def _notices(
    hotline: str,
    row: Row,
    event: DeadlineNear,
    card: Card,
    phones: list[UnitPhone],
    version: int,
    at: datetime,
) -> Iterator[NewNotice]:
    colour, stage = COLOURS[card.colour], STAGES.get(event.stage, event.stage)
    words = f"【{hotline}】工单{row.number}{stage}环节已到{colour}时限，请尽快登录平台办理。"
    stem = f"card/{row.id}/{version}/{event.stage}.{event.colour}"
    told = Told("card", stem, row.unit_code or "", words, says(card.colour, row.number), row.id)
    for who in card.notify:
        for way in card.by:
            yield from to_people(told, phones, who, WAYS[way], at)


def says(colour: str, number: str) -> list[str]:
    """The prompts of a spoken card: what happened and the last six digits of the ticket's number, twice."""
    return spoken(f"card-{colour}", number)


def spoken(prompt: str, number: str) -> list[str]:
    """A prompt and the last six digits of the ticket's number, twice."""
    digits = re.sub(r"\D", "", number)[-6:]
    return [prompt, *(f"d{digit}" for digit in digits)] * _SAID_TWICE
