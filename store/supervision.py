"""Supervised calls: who listens to whom now, and every deed with its reason, which nobody can change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotAllowed, NotFound
from core.events import Supervised
from core.ids import new_id
from store import calls, events, hot, legs, seats
from store.tables import Call, Leg, Seat, Supervision, SupervisionStep

LISTENS_FROM = ("paused", "wrap_up", "ready")
"""States of a seat a supervisor may listen from: no citizen is there or about to be."""
PAUSED_FOR = "督导"


@dataclass(frozen=True, slots=True)
class Talk:
    """A citizen's talk as a supervisor finds it."""

    call: Call
    agent: Leg


async def talk(session: AsyncSession, call_id: str) -> Talk:
    """The call and the leg of the agent who has it now. Raises NotFound, Conflict where nobody talks with the citizen."""
    call = await calls.lock(session, call_id)
    found = [
        leg
        for leg in await legs.of_call(session, call_id)
        if leg.role == "agent" and leg.answered_at is not None and leg.ended_at is None and leg.channel
    ]
    if call.ended_at is not None or not found:
        raise Conflict("现在没有话务员与市民通话")
    return Talk(call, found[-1])


async def begin(
    session: AsyncSession, call_id: str, seat_id: str, user_id: str, mode: str, why: str, at: datetime
) -> Supervision:
    """A supervisor goes to a talk: their own seat takes no calls while they do.

    Raises NotFound, NotAllowed (not their seat), Conflict (no talk, their own talk, seat in use, they listen already).
    """
    found = await talk(session, call_id)
    seat = await _own_seat(session, seat_id, user_id, found)
    if seat.state == "ready":
        await seats.set_state(session, seat_id, "paused", at, pause_reason=PAUSED_FOR)
    row = Supervision(
        id=new_id("sup"), call_id=call_id, seat_id=seat_id, user_id=user_id, agent_id=found.call.user_id,
        agent_seat=found.agent.number, mode=mode, state="ringing", started_at=at,
    )  # fmt: skip
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict("您已在监听另一个通话") from error
    await note(session, row, mode, why, at)
    return row


async def _own_seat(session: AsyncSession, seat_id: str, user_id: str, found: Talk) -> Seat:
    seat = await seats.get(session, seat_id)
    if seat.user_id != user_id:
        raise NotAllowed(f"请先签入座席 {seat_id}，监听从您自己的话机进行")
    if found.agent.number == seat_id:
        raise Conflict("这是您自己的通话")
    if seat.state not in LISTENS_FROM:
        raise Conflict(f"座席 {seat_id} 正有来电")
    if await running_at(session, seat_id) is not None:
        raise Conflict("您已在监听另一个通话")
    return seat


async def note(session: AsyncSession, row: Supervision, deed: str, why: str, at: datetime) -> None:
    """One more deed of a supervision, as a row and as an event of the call."""
    step = {
        "supervision_id": row.id,
        "call_id": row.call_id,
        "seat_id": row.agent_seat,
        "agent_id": row.agent_id,
    }
    await _step(session, row.user_id, deed, why, at, **step)
    said = Supervised(at, row.call_id, row.id, row.agent_seat, deed, why)
    await events.append(session, said, row.user_id)


async def note_force(
    session: AsyncSession, seat: Seat, deed: str, user_id: str, why: str, at: datetime
) -> None:
    """A seat was made to pause or log out."""
    step = {"supervision_id": None, "call_id": seat.call_id, "seat_id": seat.id, "agent_id": seat.user_id}
    await _step(session, user_id, deed, why, at, **step)


async def _step(session: AsyncSession, user_id: str, deed: str, why: str, at: datetime, **about: Any) -> None:
    row = {"id": new_id("step"), "user_id": user_id, "deed": deed, "why": why, "at": at, **about}
    await hot.add(session, SupervisionStep, [row])


async def joined(session: AsyncSession, supervision_id: str, channel: str, at: datetime) -> bool:
    """The supervisor picked up; False where it was ended meanwhile."""
    changes = {"state": "on", "channel": channel, "joined_at": at}
    return bool(await hot.change(session, Supervision, {"id": supervision_id, "state": "ringing"}, changes))


async def changed(session: AsyncSession, row: Supervision, mode: str, why: str, at: datetime) -> None:
    """Another mode from now on. Raises Conflict where it is not on (any more)."""
    which = {"id": row.id, "state": "on"}
    if not await hot.change(session, Supervision, which, {"mode": mode}):
        raise Conflict("监听已经结束或尚未接通")
    await note(session, row, mode, why, at)


async def ended(session: AsyncSession, supervision_id: str, reason: str, at: datetime) -> Supervision | None:
    """It is over; None where it was over before."""
    which = {"id": supervision_id, "ended_at__null": True}
    over = {"state": "ended", "ended_at": at, "reason": reason}
    if not await hot.change(session, Supervision, which, over):
        return None
    row = await get(session, supervision_id)
    await note(session, row, "ended", reason, at)
    return row


async def taken_over(
    session: AsyncSession, row: Supervision, why: str, at: datetime, menu_state: dict[str, Any]
) -> None:
    """The supervisor is this call's agent now: their leg, their seat, their name; the agent before wraps up.

    Once it is over the supervisor's seat is paused again: they came for this one call.
    """
    await changed(session, row, "take_over", why, at)
    call = await calls.lock(session, row.call_id)
    await legs.ended(session, call.id, at, number=row.agent_seat, ended_by="us", reason="TAKEN_OVER")
    await legs.add(session, call.id, "agent", at, number=row.seat_id, channel=row.channel)
    await legs.answered(session, call.id, row.seat_id, at, row.channel)
    await hot.change(
        session, Seat, {"id": row.agent_seat, "call_id": call.id, "state": "talking"}, _step_of("wrap_up", at)
    )
    takes = _step_of("talking", at) | {"call_id": call.id, "pause_reason": None}
    takes |= {"forced": "pause", "forced_by": row.user_id, "forced_why": PAUSED_FOR, "forced_at": at}
    await hot.change(session, Seat, {"id": row.seat_id, "user_id": row.user_id}, takes)
    await calls.change(
        session, call.id, seat_id=row.seat_id, user_id=row.user_id, step="room", state="talking",
        menu_state=menu_state,
    )  # fmt: skip


def _step_of(state: str, at: datetime) -> dict[str, Any]:
    return {"state": state, "updated_at": at}


async def get(session: AsyncSession, supervision_id: str) -> Supervision:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Supervision, id=supervision_id)
    if found is None:
        raise NotFound(f"没有监听 {supervision_id}")
    return found


async def running(session: AsyncSession, within: ColumnElement[bool] | None = None) -> Sequence[Supervision]:
    """All that are not over, of those that meet `within`."""
    question = select(Supervision).where(Supervision.ended_at.is_(None))
    question = question if within is None else question.where(within)
    return (await session.scalars(question.order_by(Supervision.started_at))).all()


async def running_at(session: AsyncSession, seat_id: str) -> Supervision | None:
    """What the supervisor at this seat listens to."""
    question = select(Supervision).where(Supervision.seat_id == seat_id, Supervision.ended_at.is_(None))
    return await session.scalar(question)


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Supervision]:
    """Oldest first."""
    question = select(Supervision).where(Supervision.call_id == call_id)
    return (await session.scalars(question.order_by(Supervision.started_at))).all()


async def steps(
    session: AsyncSession, *, call_id: str = "", agent_id: str = "", limit: int = 500
) -> Sequence[SupervisionStep]:
    """What was done to a call, or to an agent, oldest first."""
    question = select(SupervisionStep)
    question = question.where(SupervisionStep.call_id == call_id) if call_id else question
    question = question.where(SupervisionStep.agent_id == agent_id) if agent_id else question
    return (await session.scalars(question.order_by(SupervisionStep.at).limit(limit))).all()
