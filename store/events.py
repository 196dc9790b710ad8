"""The append-only record of facts. Append in the same session that changes the rows the event speaks of."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.events import Event
from core.ids import new_id
from store import hot
from store.tables import EventRow

OWED = "owed"
Owed = Callable[[AsyncSession, Sequence[tuple[str, Event]]], Awaitable[None]]
"""Told of each fact (its id and itself) in its own transaction: adds the notices the fact makes us owe."""


async def append(session: AsyncSession, event: Event, actor: str) -> str:
    """Add one fact; gives its id. `actor`: a user id, `citizen`, or the part of us that did it."""
    return (await append_all(session, [event], actor))[0]


async def append_all(session: AsyncSession, events: Sequence[Event], actor: str) -> list[str]:
    """Add facts in order with one statement; gives their ids."""
    return await append_each(session, [(event, actor) for event in events])


async def append_each(session: AsyncSession, facts: Sequence[tuple[Event, str]]) -> list[str]:
    """Add facts, each with its actor, in order with one statement; gives their ids."""
    rows = [
        {
            "id": new_id("ev"),
            "name": event.name,
            "subject": event.subject,
            "at": event.at,
            "actor": actor,
            "payload": event.payload(),
        }
        for event, actor in facts
    ]
    await hot.add(session, EventRow, rows)
    ids = [str(row["id"]) for row in rows]
    owed: Owed | None = session.info.get(OWED)
    if owed is not None:
        await owed(session, [(name, event) for name, (event, _) in zip(ids, facts, strict=True)])
    return ids


async def of(session: AsyncSession, subject: str) -> Sequence[EventRow]:
    """The history of one call or ticket, oldest first."""
    found = await session.scalars(select(EventRow).where(EventRow.subject == subject).order_by(EventRow.seq))
    return found.all()
