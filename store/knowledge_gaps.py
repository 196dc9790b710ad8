"""Gaps and errors in what we know, and the questions that found nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from match.gap_table import OPEN
from match.misses import Miss
from store import hot
from store.keys import spelt
from store.paging import Page, page
from store.tables import KnowledgeGap, KnowledgeMiss, Proposal
from store.units import codes_within

# --- gaps -------------------------------------------------------------------------------------------------------------


async def add(session: AsyncSession, **facts: Any) -> KnowledgeGap:
    """Report one; what it names must exist, which whoever calls has looked up."""
    row = KnowledgeGap(id=new_id("gap"), **facts)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, gap_id: str) -> KnowledgeGap:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, KnowledgeGap, id=gap_id)
    if found is None:
        raise NotFound(f"没有这条知识缺漏 {gap_id}")
    return found


async def change(session: AsyncSession, row: KnowledgeGap, version: int, **changes: Any) -> None:
    """Change the report read at `version`. Raises Conflict."""
    if not await hot.change(session, KnowledgeGap, {"id": row.id, "version": version}, changes):
        raise Conflict(f"知识缺漏 {row.id} 已被他人处理，请重新查看")
    await session.refresh(row)


async def overdue(session: AsyncSession, at: datetime, limit: int = 100) -> Sequence[KnowledgeGap]:
    """Assigned ones whose term has ended and nobody was told, most overdue first."""
    found = await session.scalars(
        select(KnowledgeGap)
        .where(KnowledgeGap.state == "assigned", KnowledgeGap.due_at <= at, KnowledgeGap.overdue_at.is_(None))
        .order_by(KnowledgeGap.due_at)
        .limit(limit)
    )
    return found.all()


async def find(
    session: AsyncSession,
    *,
    states: Sequence[str] = (),
    unit: str = "",
    article_id: str = "",
    by: str = "",
    due_before: datetime | None = None,
    places: frozenset[str] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[KnowledgeGap]:
    """Reports by any of these, those due soonest first. `by`: who reported it; `places`: of units there."""
    question = select(KnowledgeGap)
    exact = {
        KnowledgeGap.unit_code: unit,
        KnowledgeGap.article_id: article_id,
        KnowledgeGap.reported_by: by,
    }
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    question = (
        question if places is None else question.where(KnowledgeGap.unit_code.in_(codes_within(places)))
    )
    question = question.where(KnowledgeGap.state.in_(states)) if states else question
    question = question.where(KnowledgeGap.due_at < due_before) if due_before else question
    order = (KnowledgeGap.due_at.asc().nulls_last(), KnowledgeGap.reported_at.desc(), KnowledgeGap.id)
    return await page(session, question.order_by(*order), limit, offset)


async def open_after(session: AsyncSession, after: str, limit: int) -> Sequence[KnowledgeGap]:
    """The next open ones by id, for going through all of them."""
    wanted = select(KnowledgeGap).where(KnowledgeGap.id > after, KnowledgeGap.state.in_(OPEN))
    return (await session.scalars(wanted.order_by(KnowledgeGap.id).limit(limit))).all()


# --- questions that found nothing -------------------------------------------------------------------------------------


async def note_miss(session: AsyncSession, source: str, words: str, key: str, day: date) -> bool:
    """Keep what was asked, once per key; `words` without anything personal. False where it is kept already."""
    kept = spelt(key)
    if await hot.row(session, KnowledgeMiss, key=kept) is not None:  # it may lie under the key before
        return False
    row = {
        "id": new_id("miss"),
        "key": kept,
        "source": source,
        "words": words,
        "day": day,
        "state": "new",
        "gap_id": None,
    }
    return await hot.add_if_new(session, KnowledgeMiss, row)


async def misses(session: AsyncSession, since: date, limit: int = 1000) -> list[Miss]:
    """Those nobody has dealt with, newest first."""
    found = await session.scalars(
        select(KnowledgeMiss)
        .where(KnowledgeMiss.state == "new", KnowledgeMiss.day >= since)
        .order_by(KnowledgeMiss.day.desc(), KnowledgeMiss.id)
        .limit(limit)
    )
    return [Miss(row.id, row.words) for row in found.all()]


async def settle_misses(
    session: AsyncSession, ids: Sequence[str], state: str, gap_id: str | None
) -> list[str]:
    """Taken up as a gap, or dismissed; those that were still new."""
    new = update(KnowledgeMiss).where(KnowledgeMiss.id.in_(ids), KnowledgeMiss.state == "new")
    done = await session.execute(new.values(state=state, gap_id=gap_id).returning(KnowledgeMiss.id))
    return sorted(done.scalars())


async def forget_misses(session: AsyncSession, before: date) -> int:
    """Questions older than this are deleted, whatever became of them."""
    gone = await session.execute(
        delete(KnowledgeMiss).where(KnowledgeMiss.day < before).returning(KnowledgeMiss.id)
    )
    return len(gone.all())


async def surely_answered(session: AsyncSession, call_id: str) -> bool:
    """Whether a sure answer was ever proposed in this call."""
    sure = select(Proposal.id).where(
        Proposal.call_id == call_id, Proposal.kind == "answer", Proposal.confident.is_(True)
    )
    return (await session.scalars(sure.limit(1))).first() is not None
