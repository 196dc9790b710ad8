"""Hotlines that kept their own seats: rung before ours (呼叫转移) or together with ours (并行接听), whoever is first has the citizen.

河南省统一政务服务热线平台指导意见 二(一): kept hotlines must be joined by one of the two. If theirs don't take the call, ours do.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.journey import Journey
from core.call import Ring, StepResult
from core.transfer import reason_of
from routing import Reached
from store import calls, legs, line_state, recordings, seats
from store.tables import Call

ROLE = "expert"


def endpoint(number: str, trunk: str) -> str:
    """Where Asterisk dials them: over the trunk named, else over the carriers in their order."""
    return f"PJSIP/{number}@{trunk}" if trunk else f"Local/{number}@hl-out/n"


def number_of(outside: str) -> str:
    """The number of an endpoint."""
    return outside.partition("/")[2].partition("@")[0]


def is_theirs(outside: str, channel: str) -> bool:
    """Whether a channel is the one that was dialled at this endpoint."""
    kind, _, rest = outside.partition("/")
    trunk = rest.partition("@")[2]
    return channel.startswith(f"PJSIP/{trunk}-" if kind == "PJSIP" else f"Local/{number_of(outside)}@hl-out-")


def _reached(floor: Floor, call: Call) -> Reached | None:
    """Of a citizen's own call; those we place reach nobody else."""
    return floor.content.register.reached(call.line) if call.direction == "in" else None


async def alone(
    floor: Floor, session: AsyncSession, call: Call, journey: Journey, *, seatless: bool
) -> tuple[Journey, str, Ring] | None:
    """Ring their seats only, once a call: a forwarded hotline's first of all, a parallel one's while no seat of ours is free.

    None where there is nobody to ring, or they were found closed.
    """
    found = _reached(floor, call)
    if found is None or journey.rang_outside:
        return None
    number = found.forward if not seatless else next(iter(found.also_ring), "")
    if not number:
        return None
    at = floor.clock()
    if (
        await line_state.known(session, found.line.number, at) == "closed"
    ):  # nobody waits for a telephone that is dead
        return None
    if journey.seat:  # held since the greeting; others may have it while theirs ring
        await seats.release(session, journey.seat, call.id, at)
    journey = _rung(replace(journey, seat=""), number, found.trunk, at)
    journey = replace(journey, rings=journey.rings + 1)
    await legs.add(session, call.id, ROLE, at, number=number)
    await calls.note(session, call.id, seat_id=None)
    return journey, "ring", again(floor, call, journey)


def again(floor: Floor, call: Call, journey: Journey) -> Ring:
    """The order to ring them alone."""
    name = f"line.{number_of(journey.outside)}"
    return Ring(name, journey.outside, floor.times.ring_s, journey.recording(call.id))


async def beside(
    floor: Floor, session: AsyncSession, call: Call, journey: Journey, phone: str, anew: bool
) -> tuple[Journey, str]:
    """What to ring for a seat of ours: its telephone and, for a parallel hotline, theirs with it."""
    found = _reached(floor, call)
    number = next(iter(found.also_ring), "") if found else ""
    if found is None or not number:
        return journey, f"PJSIP/{phone}"
    at = floor.clock()
    if anew:
        await legs.add(session, call.id, ROLE, at, number=number)
    journey = _rung(journey, number, found.trunk, at)
    return journey, f"PJSIP/{phone}&{journey.outside}"


def _rung(journey: Journey, number: str, trunk: str, at: datetime) -> Journey:
    return replace(journey, outside=endpoint(number, trunk), rang_outside=True, rang_at=at.timestamp())


async def answered(session: AsyncSession, call: Call, channel: str, at: datetime) -> str | None:
    """Their number where this channel is theirs and nobody had noted that it answered, '' where it was noted; else None."""
    journey = Journey.read(call.menu_state)
    if not journey.outside or not is_theirs(journey.outside, channel):
        return None
    return await _note_answer(session, call, journey, channel, at)


async def _note_answer(
    session: AsyncSession, call: Call, journey: Journey, channel: str, at: datetime
) -> str:
    """Our seat, which rang with them, is free again."""
    number = number_of(journey.outside)
    if not await legs.answered(session, call.id, number, at, channel):
        return ""
    if journey.seat:
        await legs.ended(session, call.id, at, number=journey.seat, ended_by="us", reason="ELSEWHERE")
        await seats.release(session, journey.seat, call.id, at)
    await recordings.expect(session, call.id, journey.recording(call.id), at)
    stands: calls.Changes = {"menu_state": replace(journey, seat="").write()}
    if call.ended_at is None:
        stands |= {"state": "talking", "seat_id": None, "user_id": None}
    if call.agent_answered_at is None:
        stands["agent_answered_at"] = at
    await calls.note(session, call.id, **stands)
    return number


async def seat_answered(session: AsyncSession, call: Call, at: datetime) -> None:
    """A seat of ours was first: theirs rings no more."""
    outside = Journey.read(call.menu_state).outside
    if outside:
        await legs.ended(session, call.id, at, number=number_of(outside), ended_by="us", reason="ELSEWHERE")


async def over(
    floor: Floor, session: AsyncSession, call: Call, journey: Journey, result: StepResult
) -> tuple[Journey, bool]:
    """Theirs rang or talked: the journey without them, and whether a talk with them came to its end.

    A talk that nobody saw begin counts as theirs only where they rang alone.
    """
    at, number = floor.clock(), number_of(journey.outside)
    talked = not journey.seat and result.status == "ANSWER"
    began = call.agent_answered_at or at - timedelta(seconds=result.answered_s)
    if talked:
        await _note_answer(session, call, journey, "", began)
    if (found := _reached(floor, call)) and (
        talked or not journey.seat
    ):  # beside our seat a ring cut short tells nothing
        outcome = "answered" if talked else reason_of(result.status, result.cause, result.rang)
        await line_state.tried(session, found.line.number, outcome, at, "call")
    by = ROLE if talked else "us"
    await legs.ended(session, call.id, at, number=number, ended_by=by, reason=result.status)
    if talked:
        seconds = result.answered_s or (at - began).total_seconds()
        await calls.note(session, call.id, talk_seconds=seconds)
    return replace(journey, outside=""), talked
