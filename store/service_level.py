"""Calls counted by the minute in which they arrived, and the alarms that stand: read from facts, so a restart loses nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from core.service_level import IN_TIME_S, Measure, Minute
from store.tables import Call, EventRow

_LOCK = 12345_15  # one worker at a time decides whether an alarm begins


async def minutes(
    session: AsyncSession, since: datetime, until: datetime, within: ColumnElement[bool] | None = None
) -> list[Minute]:
    """Every minute with decided calls (`within` that condition), in order. Calls we placed ourselves are not among them."""
    minute, seconds = _speech(session)
    from_answer = func.coalesce(Call.answered_at, Call.arrived_at)
    from_prompts = func.coalesce(Call.prompts_ended_at, Call.answered_at, Call.arrived_at)
    connected = Call.agent_answered_at.is_not(None)
    early = Call.prompts_ended_at.is_(None) & Call.agent_answered_at.is_(None)
    decided = select(
        minute(Call.arrived_at).label("minute"),
        func.count(),
        _count(connected),
        _count(connected & (seconds(from_prompts, Call.agent_answered_at) <= IN_TIME_S)),
        _count(connected & (seconds(from_answer, Call.agent_answered_at) <= IN_TIME_S)),
        _count(early),
    ).where(
        true() if within is None else within,
        Call.direction == "in",
        Call.arrived_at >= since,
        Call.arrived_at <= until,
        Call.ended_at.is_not(None) | connected,
    )
    found = await session.execute(decided.group_by("minute").order_by("minute"))
    return [Minute(_read(row[0]), *(int(n) for n in row[1:])) for row in found.all()]


def _count(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _read(minute: str) -> datetime:
    return datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def _speech(session: AsyncSession) -> tuple[Any, Any]:
    """The minute of a moment as text, and the seconds between two moments, as this database says it."""
    if session.get_bind().dialect.name == "postgresql":
        return (
            lambda at: func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24:MI"),
            lambda since, until: func.extract("epoch", until - since),
        )
    return (
        lambda at: func.strftime("%Y-%m-%d %H:%M", at),
        lambda since, until: func.round((func.julianday(until) - func.julianday(since)) * 86_400.0, 3),
    )


class Standing(NamedTuple):
    """The last event of an alarm: `low` or not, since when, and with which share."""

    low: bool
    since: datetime | None
    share: float | None


async def standing(session: AsyncSession, measure: Measure) -> Standing:
    """How the alarm of a measure stands."""
    last = (
        await session.scalars(
            select(EventRow)
            .where(EventRow.subject == subject(measure))
            .order_by(EventRow.seq.desc())
            .limit(1)
        )
    ).first()
    if last is None:
        return Standing(False, None, None)
    return Standing(last.name == "service.low", last.at, last.payload.get("share"))


def subject(measure: Measure) -> str:
    """What the events of an alarm are about."""
    return f"service.{measure}"


async def alone(session: AsyncSession) -> None:
    """Until this session ends no other worker decides; on SQLite a session that writes is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def history(session: AsyncSession, measure: Measure, since: datetime) -> Sequence[EventRow]:
    """When the alarm began and ended from `since` on, oldest first."""
    found = await session.scalars(
        select(EventRow)
        .where(EventRow.subject == subject(measure), EventRow.at >= since)
        .order_by(EventRow.seq)
    )
    return found.all()
