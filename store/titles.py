"""Tickets by words of their titles, which are sealed: found by their marks, then opened and looked at."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Titled:
    """A title as it was given, and what decides how much of it is shown. `name`: the citizen's."""

    title: str
    confidential: bool
    name: str


def holding(words: str) -> ColumnElement[bool]:
    """Tickets whose number holds these words, or whose title may."""
    return or_(
        Ticket.number.contains(words, autoescape=True),
        marks.holding(Ticket.title_marks, Ticket.title, words),
    )


async def page(
    session: AsyncSession,
    question: Select[Any],
    words: str,
    limit: int,
    offset: int,
    shown: Callable[[Titled], str] = lambda one: one.title,
) -> Page[Ticket]:
    """As store.paging.page, of those tickets whose number or title holds the words; no more than MOST_OPENED are looked at.

    shown: a title as whoever asks may read it: what is kept from them does not answer to their search either.
    """
    looked = question.where(holding(words)).with_only_columns(
        Ticket.id,
        Ticket.number,
        type_coerce(Ticket.title, Text),
        Ticket.confidential,
        type_coerce(Ticket.citizen_name, Text),
    )
    rows = (await session.execute(looked.limit(MOST_OPENED))).all()
    ring, words = keyring_of(dialect_of(session)), words.lower()

    def opened(text: str | None) -> str:
        return ring.open(text) if text and is_sealed(text) else text or ""

    found: list[str] = []
    for place, (ticket_id, number, sealed, confidential, name) in enumerate(rows, start=1):
        title = opened(sealed)
        named = (
            words in title.lower()
            and words in shown(Titled(title, confidential, opened(name) if confidential else "")).lower()
        )
        if words in number or named:
            found.append(ticket_id)
        if place % _AT_ONCE == 0:
            await asyncio.sleep(0)
    here = cut(found, limit, offset)
    of_these = await session.scalars(question.where(Ticket.id.in_(here))) if here else ()
    return Page(list(of_these), len(found))
