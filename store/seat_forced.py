"""Steps a seat does not take by itself: it let calls ring, or a supervisor ordered it to pause or log out.

What is ordered while a call is there is kept in the seat's row and carried out when the call is over: nobody's talk is cut.
"""

from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from routing.seats import SeatState
from store import hot
from store.seat_rows import get
from store.seat_steps import NOT_FORCED, entering
from store.tables import Seat

Force = Literal["pause", "logout"]
ROUTING = "routing"
"""Who forced it, where it was nobody but the rule about missed rings."""

_LEAVES: dict[Force, tuple[SeatState, ...]] = {
    "pause": ("ready", "paused", "reserved", "wrap_up"),
    "logout": ("ready", "paused", "wrap_up"),
}
_ENDS: dict[Force, SeatState] = {"pause": "paused", "logout": "logged_out"}


async def force(session: AsyncSession, seat_id: str, what: Force, by: str, why: str, at: datetime) -> bool:
    """Order a seat to pause or log out. True where that is done, False where a call must end first. Raises NotFound.

    A seat that is reserved is paused at once; its call, which has not rung yet, goes elsewhere.
    """
    seat = await get(session, seat_id)
    if seat.state == "logged_out":
        return True
    ordered = {"forced": what, "forced_by": by, "forced_why": why, "forced_at": at}
    await hot.change(session, Seat, {"id": seat_id}, ordered)
    return await _carry_out(session, seat_id, what, why, at)


async def _carry_out(session: AsyncSession, seat_id: str, what: Force, why: str, at: datetime) -> bool:
    kept = NOT_FORCED if what == "logout" else {}
    changes = entering(_ENDS[what], at, why) | kept
    return bool(await hot.change(session, Seat, {"id": seat_id, "state__in": _LEAVES[what]}, changes))


async def lift(session: AsyncSession, seat_id: str) -> None:
    """Nothing is ordered of this seat any more, and its misses are forgotten."""
    await hot.change(session, Seat, {"id": seat_id}, {**NOT_FORCED, "misses": 0})


_ORDERED = select(Seat).where(
    Seat.state.in_(("ready", "wrap_up")), Seat.forced.in_(("pause", "logout")), Seat.updated_at <= bindparam("at")
)  # fmt: skip


async def settle_forced(session: AsyncSession, at: datetime) -> int:
    """Carry out what was ordered of seats whose call is over by now; gives how many."""
    rows = (await session.scalars(_ORDERED, {"at": at})).all()
    found = [(seat.id, cast(Force, seat.forced), seat.forced_why or "") for seat in rows]
    return sum([await _carry_out(session, seat_id, what, why, at) for seat_id, what, why in found])


async def missed(
    session: AsyncSession, seat_id: str, call_id: str, at: datetime, limit: int, penalty_s: float
) -> Literal["", "free", "paused"]:
    """A seat let this call ring: it is free again, further back in line, and paused after `limit` rings in a row.

    '' where the seat is no longer this call's.
    """
    seat = await get(session, seat_id)
    if seat.call_id != call_id or seat.state not in ("reserved", "ringing"):
        return ""
    misses = seat.misses + 1
    changes = entering("ready", at) | {"misses": misses, "turn_at": at + timedelta(seconds=penalty_s)}
    if misses >= limit:
        why = f"连续 {misses} 次振铃未接"
        forced = {"forced": "pause", "forced_by": ROUTING, "forced_why": why, "forced_at": at}
        changes = entering("paused", at, why) | forced | {"misses": misses}
    which = {"id": seat_id, "call_id": call_id, "state__in": ("reserved", "ringing")}
    if not await hot.change(session, Seat, which, changes):
        return ""
    return "paused" if misses >= limit else "free"
