"""Lists of the registers and of tickets as screens ask for them: filtered, ordered, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from store.paging import Page, page
from store.tables import Article, Line, Ticket, Unit
from tickets.clock import local


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets. '' and None leave a condition out; `caller`: a number or its look-up hash; times are aware."""

    states: Sequence[str] = ()
    unit: str = ""
    type: str = ""
    caller: str = ""
    words: str = ""
    due_before: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: str = "filed_at"
    newest_first: bool = True


async def tickets(session: AsyncSession, wanted: TicketFilter, limit: int, offset: int) -> Page[Ticket]:
    """Tickets that meet every condition; those without a deadline come last when ordered by it."""
    question: Select[Any] = select(Ticket)
    exact = {Ticket.unit_code: wanted.unit, Ticket.type: wanted.type, Ticket.caller_hash: wanted.caller}
    for column, value in exact.items():
        question = question.where(column == value) if value else question
    question = question.where(Ticket.state.in_(wanted.states)) if wanted.states else question
    question = _containing(question, wanted.words, Ticket.number, Ticket.title)
    question = question.where(Ticket.due_at < wanted.due_before) if wanted.due_before else question
    question = question.where(Ticket.filed_at >= wanted.since) if wanted.since else question
    question = question.where(Ticket.filed_at < wanted.until) if wanted.until else question
    by: Any = Ticket.due_at if wanted.order == "due_at" else Ticket.filed_at
    first = by.desc().nulls_last() if wanted.newest_first else by.asc().nulls_last()
    return await page(session, question.order_by(first, Ticket.id), limit, offset)


async def units(session: AsyncSession, search: str, limit: int, offset: int) -> Page[Unit]:
    """Active units by code; `search`: part of the code or name."""
    question = _containing(select(Unit).where(Unit.active), search, Unit.code, Unit.name)
    return await page(session, question.order_by(Unit.code), limit, offset)


async def lines(
    session: AsyncSession, search: str, limit: int, offset: int, mode: str = "", status: str = ""
) -> Page[Line]:
    """Lines by number; `search`: part of the number or name."""
    question = _containing(select(Line), search, Line.number, Line.name)
    for column, wanted in ((Line.mode, mode), (Line.status, status)):
        question = question.where(column == wanted) if wanted else question
    return await page(session, question.order_by(Line.number), limit, offset)


async def articles(
    session: AsyncSession, search: str, unit: str, kind: str, at: datetime, limit: int, offset: int
) -> Page[Article]:
    """Articles that hold on the day of `at` in China; every word of `search` stands in the title or the answer."""
    day = local(at).date()
    question: Select[Any] = select(Article).where(
        Article.active,
        or_(Article.valid_from.is_(None), Article.valid_from <= day),
        or_(Article.valid_to.is_(None), Article.valid_to >= day),
    )
    question = question.where(Article.unit_code == unit) if unit else question
    question = question.where(Article.kind == kind) if kind else question
    for word in search.split():
        question = _containing(question, word, Article.title, Article.answer)
    return await page(session, question.order_by(Article.id), limit, offset)


def _containing(question: Select[Any], words: str, *columns: Any) -> Select[Any]:
    if not words:
        return question
    return question.where(or_(*(column.contains(words, autoescape=True) for column in columns)))
