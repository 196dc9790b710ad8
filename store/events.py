"""The append-only record of facts. Append in the same session that changes the rows the event speaks of."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.events import Event
from core.ids import new_id
from store import hot
from store.paging import Page, page
from store.tables import EventRow

OWED = "owed"
_OF = hot.quick(select(EventRow).where(EventRow.subject == bindparam("subject")).order_by(EventRow.seq))
MOST_COUNTED = 10_000
"""Among very many facts nobody reads on: who finds so many narrows the question."""
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
    return await hot.found(session, _OF, {"subject": subject})


async def named(session: AsyncSession, subjects: Sequence[str], name: str) -> Sequence[EventRow]:
    """Facts of this name of any of these, oldest first."""
    wanted = select(EventRow).where(EventRow.subject.in_(subjects), EventRow.name == name)
    return (await session.scalars(wanted.order_by(EventRow.seq))).all()


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool],
    actor: str = "",
    name: str = "",
    subject: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[EventRow]:
    """Newest first; no more than MOST_COUNTED are counted. `name`: a fact's name, or its first part (`ticket`)."""
    question = select(EventRow).where(within)
    question = question.where(EventRow.actor == actor) if actor else question
    question = question.where(EventRow.subject == subject) if subject else question
    if name:
        part = EventRow.name.startswith(f"{name}.", autoescape=True)
        question = question.where(or_(EventRow.name == name, part))
    question = question.where(EventRow.at >= since) if since else question
    question = question.where(EventRow.at < until) if until else question
    newest = question.order_by(EventRow.at.desc(), EventRow.seq.desc())
    return await page(session, newest, limit, offset, MOST_COUNTED)


async def last_at(session: AsyncSession, subject: str) -> datetime | None:
    """When the last fact about a subject happened."""
    of_it = select(EventRow.at).where(EventRow.subject == subject).order_by(EventRow.seq.desc()).limit(1)
    return await session.scalar(of_it)
