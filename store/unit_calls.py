"""Calls in which a unit phones a citizen through us."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.tables import Call, Ticket, UnitCall

LINE = "12345"


async def begin(
    session: AsyncSession,
    *,
    call_id: str,
    linkedid: str,
    ticket: Ticket,
    unit: str,
    phone_id: str,
    by: str,
    why: str,
    at: datetime,
) -> None:
    """The rows of a call that is about to be placed."""
    call = {
        "id": call_id, "linkedid": linkedid, "line": LINE, "caller": ticket.caller, "caller_hash": ticket.caller, "channel": "",
        "state": "dialling", "step": "joined", "direction": "out", "arrived_at": at, "menu_state": {}, "version": 1,
    }  # fmt: skip
    await hot.add(session, Call, [call])
    made = {
        "id": new_id("ucl"), "ticket_id": ticket.id, "call_id": call_id, "unit_code": unit, "phone_id": phone_id, "by": by,
        "why": why, "state": "dialling", "talk_seconds": 0, "at": at, "version": 1,
    }  # fmt: skip
    await hot.add(session, UnitCall, [made])


async def under_way(session: AsyncSession, ticket_id: str) -> UnitCall | None:
    """The latest of a ticket that has not ended."""
    wanted = select(UnitCall).where(UnitCall.ticket_id == ticket_id, UnitCall.state != "over")
    return await session.scalar(wanted.order_by(UnitCall.at.desc()).limit(1))


async def of_ticket(session: AsyncSession, ticket_id: str) -> Sequence[UnitCall]:
    """Newest first."""
    wanted = select(UnitCall).where(UnitCall.ticket_id == ticket_id)
    return (await session.scalars(wanted.order_by(UnitCall.at.desc(), UnitCall.id))).all()


async def of_call(session: AsyncSession, call_id: str) -> UnitCall | None:
    return await hot.row(session, UnitCall, call_id=call_id)


async def joined(session: AsyncSession, call_id: str, at: datetime) -> None:
    """The unit answered; the citizen is rung."""
    if await hot.change(session, UnitCall, {"call_id": call_id, "state": "dialling"}, {"state": "joined"}):
        await hot.change(session, Call, {"id": call_id}, {"answered_at": at, "state": "talking"})


async def end(session: AsyncSession, found: UnitCall, result: str, talk_s: int, at: datetime) -> bool:
    """It is over; False where that was known."""
    if found.state == "over":
        return False
    changes = {"state": "over", "result": result, "talk_seconds": talk_s, "ended_at": at}
    return bool(await hot.change(session, UnitCall, {"id": found.id, "version": found.version}, changes))
