"""Notices to the people of a unit: each role by each way, to every fitting number; nobody to tell is a notice too, and seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.notices.manners import manner
from core.notices import Channel
from core.numbers import reached
from store import notices, probes
from store.notices import NewNotice
from store.tables import UnitPhone

log = structlog.get_logger(__name__)

PEOPLE = {"handler": "承办人", "leader": "分管领导", "editor": "采编员或承办人"}
ENTERED_AS = {
    "editor": ("editor", "handler"), "office": ("duty", "handler"), "superior": ("leader", "duty"), "duty_room": ("duty",),
}  # fmt: skip
"""Kinds of telephones of whoever is not one kind themselves, in the order they are looked for."""


@dataclass(frozen=True, slots=True)
class Told:
    """`stem`: what the keys of these notices begin with; `says`: prompts of a spoken one; `unit`: whose people; `about`: the ticket.

    subject: what it is about where that is no ticket.
    """

    kind: str
    stem: str
    unit: str
    words: str
    says: Sequence[str] = ()
    about: str | None = None
    subject: str = ""


async def owe(
    session: AsyncSession, told: Told, who: Sequence[str], channels: Sequence[Channel], at: datetime
) -> None:
    """To these people of the unit by each of these ways, in the caller's transaction."""
    phones = [*await probes.phones(session, told.unit)]
    new = [one for each in who for channel in channels for one in to_people(told, phones, each, channel, at)]
    await notices.add_all(session, new, at)


def to_people(
    told: Told, phones: Sequence[UnitPhone], who: str, channel: Channel, at: datetime
) -> Iterator[NewNotice]:
    """To everybody of that role in the unit's register."""
    nobody = f"单位 {told.unit} 没有登记{PEOPLE.get(who, who)}的可用号码"
    return to_numbers(told, [one for one in phones if one.kind == who], channel, at, who, nobody)


def to_numbers(
    told: Told, phones: Sequence[UnitPhone], channel: Channel, at: datetime, who: str, nobody: str
) -> Iterator[NewNotice]:
    """To each of these telephones that this way reaches; where there is none a notice that says so (`nobody`), and whose
    telephones are looked for when it is sent again."""
    how = manner(channel, told.kind)
    facts: dict[str, Any] = {"says": [*told.says]} if channel == "voice" else {}
    held = [one for one in phones if reached(channel, one.number)]
    for phone in held:
        yield NewNotice(
            told.kind, channel, f"{told.stem}/{channel}/{phone.id}", phone.number, told.words, how.allowed(at),
            told.subject, ticket_id=told.about, facts=facts, within=how.within,
        )  # fmt: skip
    if not held:
        log.warning("nobody to tell", kind=told.kind, ticket=told.about, unit=told.unit, who=who, way=channel)
        facts |= {"register": {"unit": told.unit, "kinds": [*ENTERED_AS.get(who, (who,))]}}
        yield NewNotice(
            told.kind, channel, f"{told.stem}/{channel}/{who}", "", told.words, at, told.subject,
            ticket_id=told.about, facts=facts, state="not_sent", reason=nobody,
        )  # fmt: skip
