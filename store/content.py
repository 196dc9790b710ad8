"""Registers and knowledge in and out of the store, as match.content knows them."""

import functools
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from match.content import Content, parse
from store.columns import Base
from store.knowledge import keep_register
from store.tables import Article, CueSet, Refusal, Unit
from store.upsert import put

# Columns that content itself knows nothing of.
_OURS: dict[type[Base], frozenset[str]] = {
    Base: frozenset({"active", "version", "details"}),
    Unit: frozenset({"active", "details", "level", "division", "parent_code", "section", "version"}),
    Article: frozenset({"active", "version", "details", "editor_id"}),
}


async def import_content(
    session: AsyncSession, content: Content, *, replace: bool = False, source: str = "seed"
) -> dict[str, int]:
    """Put content into the store; how many rows of each table were written.

    What is there already stays as the operator left it, unless `replace`. Nothing is removed. Articles get their first
    version, replaced ones a new one, with `source` as where it came from.
    """
    kinds: list[tuple[type[Base], Sequence[Any]]] = [
        (Unit, content.units),
        (CueSet, content.cues),
        (Refusal, content.grounds),
        (Article, content.articles),
    ]
    written = {
        table.__tablename__: await put(
            session, table, [_row(table, asdict(item)) for item in items], replace=replace
        )
        for table, items in kinds
    }
    replaced = [article.id for article in content.articles] if replace else []
    await keep_register(session, datetime.now(UTC), source, replaced)
    return written


async def load_content(session: AsyncSession) -> Content:
    """All active content, checked as match.content checks it. Raises match.content.BadContent."""
    kinds: dict[str, Select[Any]] = {
        "units": select(Unit).where(Unit.active).order_by(Unit.code),
        "cues": select(CueSet).order_by(CueSet.code),
        "grounds": select(Refusal).where(Refusal.active).order_by(Refusal.code),
        "articles": select(Article).where(Article.active).order_by(Article.id),
    }
    found = {
        kind: [_item(row) for row in await session.scalars(question)] for kind, question in kinds.items()
    }
    return parse({"store": found})


def _row(table: type[Base], item: dict[str, Any]) -> dict[str, Any]:
    """An item as a row: what has a column goes there, the rest into `details`; JSON knows no tuples."""
    known = {name: list(value) if isinstance(value, tuple) else value for name, value in item.items()}
    if "unit" in known:
        known["unit_code"] = known.pop("unit")
    names = _columns(table)
    row = {name: value for name, value in known.items() if name in names}
    row["details"] = {name: value for name, value in known.items() if name not in names and value is not None}
    return row


def _item(row: Base) -> dict[str, Any]:
    item = {name: getattr(row, name) for name in _columns(type(row))}
    item |= row.details  # type: ignore[attr-defined]
    if "unit_code" in item:
        item["unit"] = item.pop("unit_code")
    return item


@functools.cache
def _columns(table: type[Base]) -> frozenset[str]:
    return frozenset(attribute.key for attribute in inspect(table).column_attrs) - _OURS.get(
        table, _OURS[Base]
    )
