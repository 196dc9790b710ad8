"""What the office found of units' knowledge work: citizens misled by a version, bulletins that were not sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import hot
from store.paging import Page, page
from store.tables import Article, KnowledgeFinding
from store.units import codes_within


async def add(session: AsyncSession, key: str, **facts: Any) -> tuple[KnowledgeFinding, bool]:
    """Keep it, once per key; the finding and whether it is new."""
    blank = {
        name: None for name in ("unit_code", "article_id", "number", "call_id", "ticket_id", "lifted_by", "lifted_at", "lifted_why")
    }  # fmt: skip
    row = blank | {"id": new_id("find"), "key": key, "state": "found", "version": 1} | facts
    fresh = await hot.add_if_new(session, KnowledgeFinding, row)
    found = await hot.row(session, KnowledgeFinding, key=key)
    assert found is not None
    return found, fresh


async def missed(
    session: AsyncSession, unit: str, happened_at: datetime, by: str = ""
) -> KnowledgeFinding | None:
    """What was found before of this unit's bulletin of that moment, lifted since or not; `by`: by them only."""
    same = select(KnowledgeFinding).where(
        KnowledgeFinding.kind == "notice_missed", KnowledgeFinding.unit_code == unit,
        KnowledgeFinding.happened_at == happened_at,
    )  # fmt: skip
    same = same.where(KnowledgeFinding.by == by) if by else same
    return (await session.scalars(same.limit(1))).first()


async def get(session: AsyncSession, finding_id: str) -> KnowledgeFinding:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, KnowledgeFinding, id=finding_id)
    if found is None:
        raise NotFound(f"没有这条认定 {finding_id}")
    return found


async def lift(session: AsyncSession, row: KnowledgeFinding, by: str, why: str, at: datetime) -> None:
    """It stands no more. Raises Conflict where it was lifted before."""
    which = {"id": row.id, "state": "found"}
    changes = {"state": "lifted", "lifted_by": by, "lifted_why": why, "lifted_at": at}
    if not await hot.change(session, KnowledgeFinding, which, changes):
        raise Conflict("这条认定已经撤销")


async def find(
    session: AsyncSession,
    *,
    kind: str = "",
    unit: str = "",
    article_id: str = "",
    state: str = "",
    places: frozenset[str] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[KnowledgeFinding]:
    """Newest first; `places`: of units there."""
    question = select(KnowledgeFinding)
    exact = {
        KnowledgeFinding.kind: kind,
        KnowledgeFinding.unit_code: unit,
        KnowledgeFinding.article_id: article_id,
        KnowledgeFinding.state: state,
    }
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    question = (
        question if places is None else question.where(KnowledgeFinding.unit_code.in_(codes_within(places)))
    )
    order = (KnowledgeFinding.at.desc(), KnowledgeFinding.id.desc())
    return await page(session, question.order_by(*order), limit, offset)


@dataclass(frozen=True, slots=True)
class Count:
    """How often citizens were misled by one version."""

    article_id: str
    title: str
    unit_code: str | None
    number: int
    citizens: int
    last_at: datetime


async def misled(
    session: AsyncSession, unit: str = "", places: frozenset[str] | None = None, limit: int = 200
) -> list[Count]:
    """Per article and version, the most first; findings that were lifted do not count. Source: Heyuan art. 19(九)."""
    found = KnowledgeFinding
    question = (
        select(
            found.article_id,
            func.min(Article.title),
            found.unit_code,
            found.number,
            func.count(),
            func.max(found.happened_at),
        )
        .join(Article, Article.id == found.article_id)
        .where(found.kind == "misled", found.state == "found")
    )
    question = question.where(found.unit_code == unit) if unit else question
    question = question if places is None else question.where(found.unit_code.in_(codes_within(places)))
    question = question.group_by(found.article_id, found.unit_code, found.number)
    rows = await session.execute(question.order_by(func.count().desc(), found.article_id).limit(limit))
    found_rows: Sequence[Any] = rows.all()
    return [Count(*row) for row in found_rows]
