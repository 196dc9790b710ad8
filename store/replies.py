"""Replies as units gave them, and what citizens of merged tickets were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, bindparam, literal_column, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.sealed import keyring_of
from store.tables import Reply, Ticket

_OF_TICKET = hot.quick(
    select(Reply).where(Reply.ticket_id == bindparam("ticket")).order_by(Reply.at, Reply.id)
)
_EARLIER: Any = hot.quick(
    select(
        Ticket.number, type_coerce(Reply.words, Text)
    )  # sealed: each is compared many times and opened once
    .join(Ticket, Ticket.id == Reply.ticket_id)
    .where(
        Reply.unit_code == bindparam("unit"),
        Reply.kind == literal_column("'unit'"),
        Reply.ticket_id != bindparam("but"),
    )
    .order_by(Reply.at.desc())
    .limit(bindparam("most", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class Given:
    """A reply to keep."""

    ticket_id: str
    unit_code: str | None
    version: int
    words: str
    by: str
    at: datetime
    kind: str = "unit"
    findings: tuple[dict[str, Any], ...] = ()
    asked: int = 0
    unaddressed: int = 0
    told_at: datetime | None = None
    told_how: str | None = None


async def add(session: AsyncSession, given: Given) -> None:
    row = {name: getattr(given, name) for name in Given.__dataclass_fields__}
    row |= {"id": new_id("rpl"), "findings": list(given.findings)}
    await hot.add(session, Reply, [row])


async def of_ticket(session: AsyncSession, ticket_id: str) -> Sequence[Reply]:
    """Oldest first."""
    return await hot.found(session, _OF_TICKET, {"ticket": ticket_id})


async def earlier(session: AsyncSession, unit: str, but: str, limit: int) -> list[tuple[str, str]]:
    """(number of the ticket, words) of the unit's latest replies to other tickets."""
    found = await hot.do(session, _EARLIER, {"unit": unit, "but": but, "most": limit})
    ring = keyring_of(hot.dialect_of(session))
    return [(number, ring.open_again(words)) for number, words in found.rows]
