"""A calendar has come: the terms of open gaps anew, row and event in one transaction each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.knowledge.gaps import clock
from app.knowledge.house import Rules
from core.errors import Conflict, HotlineError
from core.knowledge import GapRedated
from store import events, knowledge_gaps
from store.database import Database
from store.tables import KnowledgeGap

BATCH = 500


@dataclass(frozen=True, slots=True)
class Redated:
    """One gap whose term moved, or (`failed`) could not be computed anew."""

    id: str
    unit: str | None
    was: datetime | None
    now: datetime | None
    failed: str = ""


async def redate(
    database: Database,
    rules: Callable[[str], Rules],
    at: datetime,
    why: str,
    tell: Callable[[AsyncSession, str | None], Awaitable[None]],
    *,
    dry: bool = False,
) -> AsyncIterator[Redated]:
    """Each assigned gap whose end moves. Doing it again is harmless.

    rules: a profile's name -> its rules with the new calendar. tell: tells the unit, in the transaction that moves the date.
    """
    after = ""
    while True:
        async with database.reading() as session:
            rows = await knowledge_gaps.open_after(session, after, BATCH)
        for row in rows:
            if row.state != "assigned" or row.assigned_at is None:
                continue
            try:
                fresh = clock(row.assigned_at, rules(row.policy))
            except (
                HotlineError
            ) as error:  # its profile is gone or broken: the others are computed all the same
                yield Redated(row.id, row.unit_code, row.due_at, None, str(error))
                continue
            if fresh["due_at"] == row.due_at:
                continue
            moved = Redated(row.id, row.unit_code, row.due_at, fresh["due_at"])
            try:
                if not dry:
                    async with database.session() as session:
                        await _save(session, row, fresh["due_at"], fresh["steps"], at, why)
                        await tell(session, row.unit_code)
            except Conflict:
                continue  # somebody was first: the next import, or the running service, looks again
            yield moved
        if len(rows) < BATCH:
            return
        after = rows[-1].id


async def _save(
    session: AsyncSession,
    row: KnowledgeGap,
    due: datetime | None,
    steps: list[object],
    at: datetime,
    why: str,
) -> None:
    was = row.due_at
    overdue = row.overdue_at if due and due <= at else None
    held = await knowledge_gaps.get(session, row.id)
    await knowledge_gaps.change(session, held, row.version, due_at=due, steps=steps, overdue_at=overdue)
    about = (at, row.article_id or "", row.unit_code or "")
    await events.append(
        session, GapRedated(*about, ref=row.id, kind=row.kind, was=was, due=due, why=why), "calendar"
    )
