"""What must hold of the rows after anything that may happen to calls; each broken promise as one sentence."""

from sqlalchemy import select

from store.database import Database
from store.tables import Call, Leg, Message, Seat, Ticket

AT_A_CALL = ("reserved", "ringing", "talking")


async def broken_promises(database: Database, *, chores_ran: bool = True) -> list[str]:
    """Empty where all is well. `chores_ran`: every ended call has been looked after, so it must have what came of it."""
    async with database.reading() as session:
        calls = {call.id: call for call in await session.scalars(select(Call))}
        seats = list(await session.scalars(select(Seat)))
        legs = list(await session.scalars(select(Leg)))
        messages = list(await session.scalars(select(Message)))
        tickets = list(await session.scalars(select(Ticket)))
    found: list[str] = []
    for seat in seats:
        found += _of_seat(seat, calls)
    found += _of_holders(seats)
    for call in calls.values():
        found += _of_call(call, [leg for leg in legs if leg.call_id == call.id])
        if chores_ran and call.ended_at is not None:
            left = [m for m in messages if m.call_id == call.id]
            found += _of_outcome(call, left, [t for t in tickets if t.call_id == call.id])
    return found


def _of_seat(seat: Seat, calls: dict[str, Call]) -> list[str]:
    if seat.state not in AT_A_CALL:
        return []
    if seat.call_id is None:
        return [f"seat {seat.id} is {seat.state} for no call"]
    if calls[seat.call_id].ended_at is not None:
        return [f"seat {seat.id} is {seat.state} for a call that has ended"]
    return []


def _of_holders(seats: list[Seat]) -> list[str]:
    held = [seat.call_id for seat in seats if seat.state in AT_A_CALL]
    return [f"call {call} holds two seats" for call in set(held) if held.count(call) > 1]


def _of_call(call: Call, legs: list[Leg]) -> list[str]:
    found = []
    if [leg.role for leg in legs].count("citizen") != 1:
        found.append(f"call {call.id} has no single leg of its citizen")
    for leg in legs:
        times = [t for t in (leg.started_at, leg.answered_at, leg.ended_at) if t is not None]
        if times != sorted(times):
            found.append(f"leg {leg.number or 'citizen'} of {call.id} has times out of order")
    answered = [leg for leg in legs if leg.role == "agent" and leg.answered_at is not None]
    if bool(answered) != (call.agent_answered_at is not None):
        found.append(f"call {call.id} and its legs disagree whether anybody answered")
    if call.ended_at is not None:
        found += _of_ended_call(call, legs)
    return found


def _of_ended_call(call: Call, legs: list[Leg]) -> list[str]:
    found = []
    asked = (call.arrived_at, call.answered_at, call.prompts_ended_at, call.agent_answered_at, call.ended_at)
    times = [t for t in asked if t is not None]
    if times != sorted(times):
        found.append(f"call {call.id} has times out of order: {times}")
    if not call.ended_by:
        found.append(f"nobody ended call {call.id}")
    if call.state != "ended":
        found.append(f"call {call.id} has ended but is {call.state}")
    if any(leg.ended_at is None for leg in legs):
        found.append(f"call {call.id} has ended, a leg has not")
    if call.agent_answered_at is not None and call.talk_seconds is None:
        found.append(f"call {call.id} was answered; nobody knows for how long")
    if call.agent_answered_at is None and call.talk_seconds:
        found.append(f"call {call.id} was not answered but has talk seconds")
    return found


def _of_outcome(call: Call, messages: list[Message], tickets: list[Ticket]) -> list[str]:
    open_messages = [m for m in messages if m.state == "open"]
    if call.outcome is None:
        return [f"nobody knows what came of call {call.id}"]
    if call.outcome == "ticket":
        ok = len(tickets) >= 1 and not open_messages
    elif call.outcome == "message":
        ok = len(messages) == 1 and not tickets
    elif call.outcome in ("answered", "refused") and tickets:
        ok = {t.state for t in tickets} == {call.outcome} and not open_messages
    else:
        ok = not tickets and all(m.kind == "voicemail" for m in open_messages)  # one that came late
    return [] if ok else [f"call {call.id}: {call.outcome}, {len(messages)} messages, {len(tickets)} tickets"]
