"""The legs of a call: the citizen's, each agent's that was rung, each third party's (more in `transfers.py`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.tables import Leg


async def add(
    session: AsyncSession,
    call_id: str,
    role: str,
    at: datetime,
    *,
    number: str = "",
    channel: str = "",
    transfer_id: str | None = None,
) -> str:
    """A leg begins; gives its id. `number`: the seat's for an agent, '' for the citizen (sealed in the call)."""
    leg_id = new_id("leg")
    row = {
        "id": leg_id,
        "call_id": call_id,
        "role": role,
        "number": number,
        "channel": channel,
        "started_at": at,
        "transfer_id": transfer_id,
    }
    await hot.add(session, Leg, [row])
    return leg_id


async def answered(
    session: AsyncSession, call_id: str, number: str, at: datetime, channel: str = "", over: str = ""
) -> bool:
    """The leg that rings at `number` in this call was picked up; False where there is none.

    over: the leg is one that was ended for this reason, by somebody who had not seen the answer.
    """
    changes = {"answered_at": at, "channel": channel} if channel else {"answered_at": at}
    which = {"reason": over} if over else {"ended_at__null": True}
    ringing = {"call_id": call_id, "number": number, "answered_at__null": True, **which}
    return bool(await hot.change(session, Leg, ringing, changes))


async def ended(
    session: AsyncSession,
    call_id: str,
    at: datetime,
    *,
    number: str | None = None,
    ended_by: str = "",
    reason: str = "",
) -> None:
    """End the open legs of a call, or only those at `number`."""
    which = {"call_id": call_id, "ended_at__null": True} | ({} if number is None else {"number": number})
    await hot.note(session, Leg, which, {"ended_at": at, "ended_by": ended_by, "reason": reason})


async def correct(session: AsyncSession, leg_id: str, *, channel: str, ended_at: datetime) -> None:
    """Write what Asterisk says of a leg that is over."""
    await hot.note(session, Leg, {"id": leg_id}, {"channel": channel, "ended_at": ended_at})


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Leg]:
    """Oldest first."""
    found = await session.scalars(select(Leg).where(Leg.call_id == call_id).order_by(Leg.started_at, Leg.id))
    return found.all()
