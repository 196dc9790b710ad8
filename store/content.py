"""Registers and knowledge in and out of the store, as match.content knows them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from match.content import Content, parse
from store.columns import Base
from store.tables import Article, CueSet, Line, Refusal, Unit
from store.upsert import put

_UNIT_COLUMNS = ("code", "name", "aliases")


async def import_content(session: AsyncSession, content: Content, *, replace: bool = False) -> dict[str, int]:
    """Put content into the store; how many rows of each table were written.

    What is there already stays as the operator left it, unless `replace`. Nothing is removed.
    """
    rows: list[tuple[type[Base], Sequence[dict[str, Any]]]] = [
        (Unit, [_unit(asdict(unit)) for unit in content.units]),
        (Line, [_with_unit_code(asdict(line)) for line in content.lines]),
        (CueSet, [_lists(asdict(cue)) for cue in content.cues]),
        (Refusal, [{**_lists(asdict(ground)), "active": True} for ground in content.grounds]),
        (Article, [_article(asdict(article)) for article in content.articles]),
    ]
    return {table.__tablename__: await put(session, table, batch, replace=replace) for table, batch in rows}


async def load_content(session: AsyncSession) -> Content:
    """All active content, checked as match.content checks it. Raises match.content.BadContent."""
    units = (await session.scalars(select(Unit).where(Unit.active).order_by(Unit.code))).all()
    lines = (await session.scalars(select(Line).order_by(Line.number))).all()
    cues = (await session.scalars(select(CueSet).order_by(CueSet.code))).all()
    grounds = (await session.scalars(select(Refusal).where(Refusal.active).order_by(Refusal.code))).all()
    articles = (await session.scalars(select(Article).where(Article.active).order_by(Article.id))).all()
    document = {
        "lines": [_as_unit(_columns(row)) for row in lines],
        "units": [_from_unit(row) for row in units],
        "cues": [_columns(row) for row in cues],
        "grounds": [_columns(row, "active") for row in grounds],
        "articles": [_as_unit(_columns(row, "active", "version")) for row in articles],
    }
    return parse({"store": document})


def _unit(unit: Mapping[str, Any]) -> dict[str, Any]:
    known = _lists(unit)
    details = {
        name: value for name, value in known.items() if name not in _UNIT_COLUMNS and value is not None
    }
    return {name: known[name] for name in _UNIT_COLUMNS} | {"level": "", "details": details, "active": True}


def _from_unit(row: Unit) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "aliases": row.aliases, **row.details}


def _article(article: Mapping[str, Any]) -> dict[str, Any]:
    return _with_unit_code(article) | {"version": 1, "active": True}


def _with_unit_code(item: Mapping[str, Any]) -> dict[str, Any]:
    known = _lists(item)
    known["unit_code"] = known.pop("unit")
    return known


def _as_unit(columns: dict[str, Any]) -> dict[str, Any]:
    columns["unit"] = columns.pop("unit_code")
    return columns


def _lists(item: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows no tuples."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in item.items()}


def _columns(row: Base, *left_out: str) -> dict[str, Any]:
    names = [column.key for column in row.__mapper__.column_attrs if column.key not in left_out]
    return {name: getattr(row, name) for name in names}
