"""Codes by which a citizen without an account opens one ticket for some minutes."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.tables import TicketCode


async def add(session: AsyncSession, ticket_id: str, code: str, at: datetime, expires_at: datetime) -> str:
    """The code's id; the code itself is only kept as a keyed hash."""
    made = new_id("code")
    row = {
        "id": made, "ticket_id": ticket_id, "code_hash": f"{ticket_id}/{code}", "at": at, "expires_at": expires_at, "wrong": 0,
    }  # fmt: skip
    await hot.add(session, TicketCode, [row])
    return made


async def sent_since(session: AsyncSession, ticket_id: str, since: datetime) -> tuple[int, datetime | None]:
    """How many codes were sent, and when the last one was."""
    wanted = select(func.count(), func.max(TicketCode.at)).where(
        TicketCode.ticket_id == ticket_id, TicketCode.at >= since
    )
    many, last = (await session.execute(wanted)).one()
    return int(many), last


async def opens(session: AsyncSession, ticket_id: str, code: str, at: datetime, tries: int) -> bool:
    """Whether this code opens the ticket now; a wrong one counts against every code that would."""
    live = (
        TicketCode.ticket_id == ticket_id,
        TicketCode.expires_at > at,
        TicketCode.wrong < tries,
    )
    right = select(TicketCode.id).where(*live, TicketCode.code_hash == f"{ticket_id}/{code}").limit(1)
    if await session.scalar(right) is not None:
        return True
    await session.execute(update(TicketCode).where(*live).values(wrong=TicketCode.wrong + 1))
    return False
