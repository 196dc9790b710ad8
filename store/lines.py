"""The line register as rows: read as routing.line.Line, written with a version, withdrawn for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, UnknownLine, UnknownUnit
from routing.line import Line as Known
from store.tables import Line, Unit, WithdrawnLine
from store.upsert import insert_into

_KNOWN = TypeAdapter(Known)
_REGISTER_LOCK = 12345003


def known(row: Line) -> Known:
    """A row as the register knows it."""
    given = {name: getattr(row, name) for name in _FIELDS}
    return _KNOWN.validate_python(given | {"unit": row.unit_code or "", "key": row.key or ""})


_FIELDS = frozenset(Known.__dataclass_fields__) - {"unit", "key"}


def facts(line: Known) -> dict[str, Any]:
    """A line as a row's columns."""
    found = asdict(line)
    unit, key = found.pop("unit"), found.pop("key")
    found["answer"] |= {
        name: list(found["answer"][name]) for name in ("skills", "prompts")
    }  # JSON has no tuples
    return found | {"unit_code": unit or None, "key": key or None}


async def register(session: AsyncSession) -> list[Known]:
    """Every line, by number."""
    return [known(row) for row in await session.scalars(select(Line).order_by(Line.number))]


async def any_there(session: AsyncSession) -> bool:
    """Whether there is a register at all."""
    return (await session.scalars(select(Line.number).limit(1))).first() is not None


async def get(session: AsyncSession, number: str) -> Line:
    """Raises UnknownLine."""
    found = await session.get(Line, number, populate_existing=True)
    if found is None:
        raise UnknownLine(f"没有号码 {number}")
    return found


async def lock(session: AsyncSession) -> dict[str, Line]:
    """Every row; nobody else changes the register until this session ends, for it is checked as a whole."""
    if session.get_bind().dialect.name == "postgresql":  # rows alone would not keep others from adding some
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REGISTER_LOCK})
    rows = await session.scalars(select(Line).order_by(Line.number))
    return {row.number: row for row in rows}


async def put(session: AsyncSession, line: Known, version: int, at: datetime) -> int:
    """Add (version 0) or change the line decided on at `version`; its version now. Raises Conflict, UnknownUnit."""
    if line.unit and await session.get(Unit, line.unit) is None:
        raise UnknownUnit(f"线路 {line.number} 的责任单位 {line.unit} 不在承办单位库中")
    row = await session.get(Line, line.number, populate_existing=True)
    if (row.version if row else 0) != version:
        raise Conflict(f"线路 {line.number} 已被他人修改，现为第 {row.version if row else 0} 版")
    if row is None:
        session.add(Line(**facts(line), version=1, updated_at=at))
    else:
        for name, value in facts(line).items():
            setattr(row, name, value)
        row.version, row.updated_at = version + 1, at
    await session.flush()
    return version + 1


async def withdraw(session: AsyncSession, row: Line, by: str, why: str, at: datetime) -> None:
    """The line is gone, its number is never used again."""
    session.add(WithdrawnLine(number=row.number, name=row.name, at=at, by=by, why=why))
    await session.delete(row)
    await session.flush()


async def withdrawn(session: AsyncSession) -> Sequence[WithdrawnLine]:
    """Numbers given up, newest first."""
    found = await session.scalars(
        select(WithdrawnLine).order_by(WithdrawnLine.at.desc(), WithdrawnLine.number)
    )
    return found.all()


async def reasons(session: AsyncSession) -> Mapping[str, str]:
    """Withdrawn number -> when and why, as the register tells it."""
    return {row.number: f"{row.at:%Y-%m-%d}: {row.why}" for row in await withdrawn(session)}


async def seed(session: AsyncSession, lines: Sequence[Known], at: datetime) -> int:
    """The city's file at a start: adds what is missing, replaces what an older program seeded; how many were written.

    What people changed or withdrew stays so. Several processes may do this at once.
    """
    there = {row.number: row for row in await session.scalars(select(Line))}
    gone = await reasons(session)
    fresh = [one for one in lines if one.number not in gone and one.number not in there]
    if fresh:
        rows = [facts(one) | {"version": 1, "updated_at": at} for one in fresh]
        await session.execute(insert_into(session, Line).values(rows).on_conflict_do_nothing())
    old = [one for one in lines if one.number in there and there[one.number].version == 0]
    for one in old:
        await put(session, one, 0, at)
    return len(fresh) + len(old)
