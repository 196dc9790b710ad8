"""The legs of a call: the citizen's and each agent's that was rung."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store.tables import Leg


async def add(
    session: AsyncSession, call_id: str, role: str, at: datetime, *, number: str = "", channel: str = ""
) -> str:
    """A leg begins; gives its id. `number`: the seat's for an agent, '' for the citizen (sealed in the call)."""
    leg_id = new_id("leg")
    await session.execute(
        insert(Leg),
        {
            "id": leg_id,
            "call_id": call_id,
            "role": role,
            "number": number,
            "channel": channel,
            "started_at": at,
        },
    )
    return leg_id


async def answered(session: AsyncSession, call_id: str, number: str, at: datetime, channel: str = "") -> bool:
    """The leg rung last at `number` in this call was picked up; False where there is none open."""
    open_leg = (
        select(Leg.id)
        .where(Leg.call_id == call_id, Leg.number == number, Leg.ended_at.is_(None))
        .order_by(Leg.started_at.desc())
        .limit(1)
    )
    changes = {"answered_at": at, "channel": channel} if channel else {"answered_at": at}
    done = await session.execute(
        update(Leg)
        .where(Leg.id == open_leg.scalar_subquery(), Leg.answered_at.is_(None))
        .values(changes)
        .returning(Leg.id)
    )
    return done.first() is not None


async def ended(
    session: AsyncSession,
    call_id: str,
    at: datetime,
    *,
    number: str | None = None,
    ended_by: str = "",
    reason: str = "",
) -> int:
    """End the open legs of a call, or only those at `number`; gives how many."""
    which = [Leg.call_id == call_id, Leg.ended_at.is_(None)]
    if number is not None:
        which.append(Leg.number == number)
    done = await session.execute(
        update(Leg).where(*which).values(ended_at=at, ended_by=ended_by, reason=reason).returning(Leg.id)
    )
    return len(done.all())


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Leg]:
    """Oldest first."""
    found = await session.scalars(select(Leg).where(Leg.call_id == call_id).order_by(Leg.started_at, Leg.id))
    return found.all()
