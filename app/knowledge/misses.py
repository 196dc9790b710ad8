"""Questions that found nothing, kept without whose they were, and shown as gaps that nobody has reported."""

import asyncio
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from match.misses import Group, grouped, private
from store import knowledge_gaps
from store.database import Database
from tickets.clock import local

SHOWN_FROM = 2
"""So often must something have been asked: what one person alone said is on nobody's screen."""
KEPT = timedelta(days=180)
LOOKED_BACK = timedelta(days=90)


async def note_search(session: AsyncSession, user_id: str, words: str, at: datetime) -> bool:
    """A search without a hit; the same person's same words on one day count once."""
    return await _note(session, "search", words, f"{user_id}/{private(words)}/{local(at).date()}", at)


async def note_consult(session: AsyncSession, ticket_id: str, call_id: str | None, title: str, at: datetime) -> bool:  # fmt: skip
    """A consult went to a unit, and no sure answer had been proposed."""
    if call_id and await knowledge_gaps.surely_answered(session, call_id):
        return False
    return await _note(session, "consult", title, ticket_id, at)


async def _note(session: AsyncSession, source: str, words: str, key: str, at: datetime) -> bool:
    kept = private(words)
    if not kept:
        return False
    return await knowledge_gaps.note_miss(session, source, kept, f"{source}/{key}", local(at).date())


async def proposed(database: Database, at: datetime, least: int = SHOWN_FROM) -> list[Group]:
    """What was asked at least so often and not found, the most asked first."""
    async with database.reading() as session:
        found = await knowledge_gaps.misses(session, local(at).date() - LOOKED_BACK)
    groups = await asyncio.to_thread(grouped, found)
    return [one for one in groups if one.count >= max(least, SHOWN_FROM) and one.words]


def forgotten(at: datetime) -> date:
    """Questions of days before this are deleted."""
    return local(at).date() - KEPT
