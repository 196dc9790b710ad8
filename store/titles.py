"""Tickets by words of their titles, which are sealed: found by their marks, then opened and looked at."""

import asyncio
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, or_, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from store import marks
from store.hot import dialect_of
from store.keys import is_sealed
from store.paging import Page, cut
from store.sealed import keyring_of
from store.tables import Ticket

MOST_OPENED = 10_000
"""Among so many tickets nobody reads on: who finds so many narrows the question."""
_AT_ONCE = 200
"""Titles opened before others in this process get a turn: one or two milliseconds."""


def holding(words: str) -> ColumnElement[bool]:
    """Tickets whose number holds these words, or whose title may."""
    return or_(
        Ticket.number.contains(words, autoescape=True),
        marks.holding(Ticket.title_marks, Ticket.title, words),
    )


async def page(
    session: AsyncSession, question: Select[Any], words: str, limit: int, offset: int
) -> Page[Ticket]:
    """As store.paging.page, of those tickets whose number or title holds the words; no more than MOST_OPENED are looked at."""
    looked = question.where(holding(words)).with_only_columns(
        Ticket.id, Ticket.number, type_coerce(Ticket.title, Text)
    )
    rows = (await session.execute(looked.limit(MOST_OPENED))).all()
    ring, words = keyring_of(dialect_of(session)), words.lower()
    found: list[str] = []
    for place, (ticket_id, number, title) in enumerate(rows, start=1):
        if words in number or words in (ring.open(title) if is_sealed(title) else title).lower():
            found.append(ticket_id)
        if place % _AT_ONCE == 0:
            await asyncio.sleep(0)
    shown = cut(found, limit, offset)
    of_these = await session.scalars(question.where(Ticket.id.in_(shown))) if shown else ()
    return Page(list(of_these), len(found))
