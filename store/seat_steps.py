"""The steps of a seat. Every change is one conditional UPDATE, so two processes can never both win a seat."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from core.errors import Conflict
from routing.seats import SEAT_STEPS, SeatState, check_step
from store import hot
from store.hot import table_of
from store.seat_rows import get
from store.sqlite import QUICK
from store.tables import Call, Seat


async def reserve(session: AsyncSession, seat_id: str, version: int, call_id: str, at: datetime) -> bool:
    """Win this seat for a call: True for exactly one of all who try with the version they saw."""
    return await _set(
        session,
        {"id": seat_id, "version": version, "state": "ready"},
        {"state": "reserved", "call_id": call_id, "updated_at": at},
    )


async def release(
    session: AsyncSession, seat_id: str, call_id: str, at: datetime, to: SeatState = "ready"
) -> bool:
    """Give back a seat that was reserved or rang for this call; False where it is no longer this call's."""
    return await _set(
        session,
        {"id": seat_id, "call_id": call_id, "state__in": ("reserved", "ringing")},
        entering(to, at),
    )


async def set_state(
    session: AsyncSession,
    seat_id: str,
    state: SeatState,
    at: datetime,
    *,
    call_id: str | None = None,
    pause_reason: str = "",
) -> None:
    """Take a step of routing's seat table; repeating a step changes nothing.

    With `call_id` only while the seat is that call's, so a late report of an old call can't move it.
    Raises NotFound, NotAllowed (no such step) or Conflict (another call has the seat by now).
    """
    before = tuple(sorted(known for known, after in SEAT_STEPS if after == state))
    which = {"id": seat_id, "state__in": before} | ({} if call_id is None else {"call_id": call_id})
    if not await _set(session, which, entering(state, at, pause_reason)):
        await _explain(session, seat_id, state, call_id)


async def log_in(
    session: AsyncSession, seat_id: str, user_id: str, at: datetime, state: SeatState = "ready"
) -> None:
    """Somebody sits down. Raises Conflict where the seat is taken or they sit elsewhere, NotFound."""
    seat = await get(session, seat_id)
    if seat.user_id == user_id and seat.state != "logged_out":
        return
    changes = entering(state, at) | {"user_id": user_id} | NOT_FORCED
    try:
        async with session.begin_nested():
            taken = await _set(session, {"id": seat_id, "state": "logged_out"}, changes)
    except IntegrityError as error:
        raise Conflict("已在其他座席签入，请先签出") from error
    if not taken:
        raise Conflict(f"座席 {seat_id} 已有人签入")


async def log_out(session: AsyncSession, seat_id: str, at: datetime) -> None:
    """Somebody leaves. Raises NotAllowed while a call is there, NotFound."""
    await set_state(session, seat_id, "logged_out", at)


async def end_wrap_up(session: AsyncSession, since: datetime, at: datetime) -> int:
    """Seats that have wrapped up since a moment or longer are free again; gives how many."""
    which = {"state": "wrap_up", "updated_at__upto": since}
    return await hot.change(session, Seat, which, entering("ready", at))


_NOBODYS = (
    update(table_of(Seat))
    .where(
        table_of(Seat).c.state.in_(("reserved", "ringing")),
        table_of(Seat).c.updated_at <= bindparam("since", type_=table_of(Seat).c.updated_at.type),
        ~select(table_of(Call).c.id)
        .where(table_of(Call).c.id == table_of(Seat).c.call_id, table_of(Call).c.ended_at.is_(None))
        .exists(),
    )
    .values(version=table_of(Seat).c.version + 1)
)


async def take_back(session: AsyncSession, since: datetime, at: datetime) -> int:
    """Seats reserved or ringing since a moment or longer for a call that is over are free again; gives how many."""
    done = await session.execute(_NOBODYS, {"since": since, **entering("ready", at)})
    return cast("CursorResult[Any]", done).rowcount


def _step_of_call(before: tuple[SeatState, ...], gives: str) -> ReturningUpdate[Any]:
    """A step of the seat a call holds, which gives one of its columns back."""
    seat = table_of(Seat)
    return (
        update(seat)
        .where(seat.c.id == bindparam("seat"), seat.c.call_id == bindparam("call"), seat.c.state.in_(before))
        .values(version=seat.c.version + 1)
        .returning(seat.c[gives])
        .execution_options(**{QUICK: True})
    )


_RING = _step_of_call(("reserved", "ringing"), "sip_user")
_TALK = _step_of_call(("ringing",), "user_id")


async def ring(session: AsyncSession, seat_id: str, call_id: str, at: datetime) -> str | None:
    """The seat this call has reserved rings: the SIP user to dial. None where the seat is not this call's (any more)."""
    given = {"seat": seat_id, "call": call_id, **entering("ringing", at)}
    found = (await hot.do(session, _RING, given)).rows
    return str(found[0][0]) if found else None


async def talk(session: AsyncSession, seat_id: str, call_id: str, at: datetime) -> str | None:
    """Who sits at a seat, which talks now if it rang for this call and else stays as it is. Raises NotFound."""
    given = {"seat": seat_id, "call": call_id, "misses": 0, **entering("talking", at)}
    found = (await hot.do(session, _TALK, given)).rows
    return cast("str | None", found[0][0]) if found else (await get(session, seat_id)).user_id


_PHONE = select(table_of(Seat).c.sip_user).where(
    table_of(Seat).c.id == bindparam("seat"), table_of(Seat).c.call_id == bindparam("call")
)


async def phone_of(session: AsyncSession, seat_id: str, call_id: str) -> str | None:
    """The SIP user of a seat this call holds, else None."""
    return (await session.execute(_PHONE, {"seat": seat_id, "call": call_id})).scalar_one_or_none()


async def let_go(session: AsyncSession, call_id: str, at: datetime) -> None:
    """A call is over: the seat that talked wraps up, one that was held or rang is free."""
    held = {"call_id": call_id, "state__in": ("reserved", "ringing")}
    await hot.note(session, Seat, {"call_id": call_id, "state": "talking"}, entering("wrap_up", at))
    await hot.note(session, Seat, held, entering("ready", at))


NOT_FORCED: dict[str, Any] = {"forced": "", "forced_by": None, "forced_why": None, "forced_at": None}


def entering(state: SeatState, at: datetime, pause_reason: str = "") -> dict[str, Any]:
    """What else changes with a state: a free seat has no call, an empty one no user."""
    changes: dict[str, Any] = {"state": state, "updated_at": at}
    if state in ("ready", "paused", "logged_out"):
        changes |= {"call_id": None, "pause_reason": pause_reason if state == "paused" else None}
    if state == "ready":
        changes |= {"idle_since": at, "turn_at": at}
    if state == "logged_out":
        changes |= {"user_id": None, "idle_since": None, "turn_at": None, "misses": 0}
    return changes


async def _set(session: AsyncSession, which: dict[str, Any], changes: dict[str, Any]) -> bool:
    return bool(await hot.change(session, Seat, which, changes))


async def _explain(session: AsyncSession, seat_id: str, state: SeatState, call_id: str | None) -> None:
    """Why nothing changed: already so, no such seat, another call's, or no such step."""
    seat = await get(session, seat_id)
    if call_id is not None and seat.call_id != call_id:
        raise Conflict(f"座席 {seat_id} 已不在接听通话 {call_id}")
    if seat.state != state:
        check_step(cast(SeatState, seat.state), state)
        raise Conflict(f"座席 {seat_id} 刚刚有变化，请重试")
