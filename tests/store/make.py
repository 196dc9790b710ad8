"""Rows that tests begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.call import Arrival
from store import calls, seats
from store.recordings import Outcome
from store.tables import Call, Unit
from store.tickets import NewTicket

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CALLER = "13812345678"


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def arrival(
    linkedid: str = "1700000000.1", caller: str = CALLER, line: str = "12345", at: datetime = AT
) -> Arrival:
    return Arrival(linkedid=linkedid, channel=f"PJSIP/trunk-{linkedid}", line=line, caller=caller, at=at)


async def call(session: AsyncSession, linkedid: str = "1700000000.1", **facts: Any) -> Call:
    call_id, _ = await calls.add_call(session, arrival(linkedid, **facts))
    return await calls.get(session, call_id)


async def ready_seat(session: AsyncSession, seat_id: str = "8001", at: datetime = AT) -> None:
    await seats.add(session, seat_id, "secret", at)
    await seats.set_state(session, seat_id, "ready", at)


async def unit(session: AsyncSession, code: str = "WATER", name: str = "市水务局") -> None:
    session.add(Unit(code=code, name=name))
    await session.flush()


def outcome(recording_id: str, call_id: str, path: str, *, seconds: float = 9.0) -> Outcome:
    """A recording that became a whole file of two channels."""
    return Outcome(recording_id, call_id, "ready", None, path, 2, 8000, seconds, "ab" * 32)


def ticket(**facts: Any) -> NewTicket:
    given: dict[str, Any] = {
        "type": "help",
        "title": "小区停水",
        "body": "三天没有水了",
        "state": "filed",
        "filed_by": "user_1",
        "filed_at": AT,
        "policy": "heyuan",
        "policy_hash": "abc",
        "caller": CALLER,
    }
    return NewTicket(**(given | facts))
