"""What a portal or a superior hotline needs to keep a true copy of the public knowledge base (003 二.10): changes since a mark it holds."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.parts import PartsDep
from api.peers import address
from api.problems import documented
from api.shapes import YEARS, Given, Shape
from core.errors import BadInput
from store import knowledge
from store.tables import Article, Unit

router = APIRouter(tags=["public"])
SETTLED = timedelta(seconds=60)
"""Younger changes are not told yet: one that began earlier may still be committed behind them."""


class ChangesAsked(Given):
    """`after`: the mark of the last answer; none from the beginning."""

    after: str = Field("", max_length=120, examples=["2026-11-21T02:05:00+00:00 art_water_outage"])
    limit: int = Field(100, ge=1, le=500, examples=[100])


class PublicText(Shape):
    """What we say as long as it holds; from `valid_from` to `valid_to` of its source, both days included."""

    title: str = Field(examples=["停水怎么办"])
    questions: list[str] = Field(examples=[["家里没水了"]])
    answer: str = Field(examples=["先确认是否为计划停水……"])
    kind: str = Field(examples=["办事指南"])
    unit: str = Field(examples=["市水利局"])
    clause: str = Field(examples=["第八条"])
    valid_from: date | None = Field(examples=["2026-01-01"])
    valid_to: date | None = Field(examples=["2026-12-31"])


class PublicChange(Shape):
    """`said`: whether we still say it; then `text` is its present wording, else it is to be taken out of the copy."""

    id: str = Field(examples=["art_water_outage"])
    version: int = Field(examples=[3])
    changed_at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    said: bool = Field(examples=[True])
    text: PublicText | None


class PublicChanges(Shape):
    """The oldest change first, an article once. `after`: the next question's mark; `more`: ask again at once."""

    items: list[PublicChange]
    after: str = Field(examples=["2026-11-21T02:05:00+00:00 art_water_outage"])
    more: bool = Field(examples=[False])


@router.get("/public/knowledge/changes", summary="公开知识库变更", responses=documented(429))
async def changes(
    query: Annotated[ChangesAsked, Query()], request: Request, found: PartsDep
) -> PublicChanges:
    """Whoever asks with the mark of the last answer misses nothing, however often or seldom they ask."""
    found.crowd_throttle.attempt(address(request), time.monotonic())
    until = datetime.now(UTC) - SETTLED
    async with found.database.reading() as session:
        rows = await knowledge.changes(session, _mark(query.after), until, query.limit)
        codes = {row.unit_code for _, row in rows if row.unit_code}
        names = {code: unit.name for code in codes if (unit := await session.get(Unit, code)) is not None}
    items = [
        PublicChange(
            id=row.id, version=row.version, changed_at=at, said=row.active, text=_text(row, names) if row.active else None
        )
        for at, row in rows
    ]  # fmt: skip
    after = f"{rows[-1][0].isoformat()} {rows[-1][1].id}" if rows else query.after
    return PublicChanges(items=items, after=after, more=len(rows) == query.limit)


def _text(row: Article, names: dict[str, str]) -> PublicText:
    return PublicText(
        title=row.title, questions=row.questions, answer=row.answer, kind=row.kind, unit=names.get(row.unit_code or "", ""),
        clause=row.clause, valid_from=row.valid_from, valid_to=row.valid_to,
    )  # fmt: skip


def _mark(given: str) -> tuple[datetime, str] | None:
    if not given:
        return None
    moment, _, article_id = given.partition(" ")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.year not in YEARS or not article_id:
        raise BadInput("after 应为上次答复给出的标记")
    return at, article_id
