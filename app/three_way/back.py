"""A desk that was started anew comes back into the talk its seat has: a page that was reloaded, a softphone that crashed."""

from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app.floor import Floor
from app.journey import Journey
from app.three_way import rows
from app.three_way.rows import ASKS, HELD, open_agent
from app.three_way.stages import LOST, agent_stem
from core.errors import Conflict, HotlineError, NotAllowed, SwitchElsewhere
from core.ports import Switch
from store import calls, legs, recordings, seats, transfers
from store.tables import Call, Leg, Transfer

log = structlog.get_logger(__name__)
BACK = "back"
RING_S = 10
"""A page that asks for its talk picks up by itself; longer than a request may last nobody would hear of it."""


async def bring_back(floor: Floor, switch: Switch | None, actor: Actor, call_id: str) -> None:
    """The dead leg goes, the citizen hears music, and the same seat rings; it stays one call. Asked twice it is done once.

    In a talk of three the others talk on and the seat rings into it; whom the agent spoke with aside waits for it, the citizen with
    music, and so the other way round. Raises NotAllowed (another's talk), Conflict (no talk, or a third party is rung just now),
    SwitchSilent, SwitchElsewhere.
    """
    if switch is None:
        raise SwitchElsewhere("bringing a seat back needs a process that serves api and agi")
    async with floor.database.session() as session:
        call, at = await calls.lock(session, call_id), floor.clock()
        mine = await seats.of_user(session, actor.id)
        agent = open_agent(await transfers.staff_legs(session, call.id))
        # whoever was called in has the talk at their seat too, but it is another's
        if mine is None or mine.call_id != call.id or (agent is not None and agent.number != mine.id):
            raise NotAllowed("这个通话不在您的座席上")
        current = await transfers.current(session, call.id)
        place = current.place if current is not None else ""
        talking = call.step in ("ring", "room", "held") and call.state == "talking" and agent is not None
        beside = current is not None and current.state in ("talking", "merged") and agent is not None
        if call.ended_at is not None or (current and not beside) or not (talking or call.step == BACK):
            raise Conflict("现在没有可以接回的通话")
        first = await rows.first_stretch(session, call, Journey.read(call.menu_state))  # while its leg is up
        if agent is not None and talking:
            await transfers.end_leg(session, agent.id, at, "us", LOST)
        if current is not None:
            leg, phone = await _another_leg(session, call, mine.id, at)
            if place == "consult":  # the agent's dead leg had dialled them; they ask where to go
                await transfers.change(session, current.id, place="aside")
        elif talking:
            journey = rows.stretch_ends(first, at)
            await calls.note(session, call.id, step=BACK, state="ringing", menu_state=journey.write())
    try:
        if current is None:
            await switch.redirect(call.channel, *HELD)
        elif place == "aside" and current.channel:  # they hear music and ask again until the seat is there
            await switch.redirect(current.channel, *ASKS)
    finally:
        await _let_go(switch, agent)
    if current is not None:
        await _ring(floor, switch, call, mine.id, phone, leg, current)


async def _another_leg(session: AsyncSession, call: Call, seat: str, at: datetime) -> tuple[str, str]:
    """The leg that will join the others, with a recording of its own, and the telephone that rings for it."""
    journey = Journey.read(call.menu_state)
    journey = replace(journey, returns=journey.returns + 1)
    phone = await transfers.ring_again(session, seat, call.id, at)
    if phone is None:
        raise Conflict("现在没有可以接回的通话")
    leg = await legs.add(session, call.id, "agent", at, number=seat)
    await recordings.expect(session, call.id, agent_stem(call.id, journey), at, leg)
    await calls.note(session, call.id, menu_state=journey.write())
    return leg, phone


async def _ring(
    floor: Floor, switch: Switch, call: Call, seat: str, phone: str, leg: str, current: Transfer
) -> None:
    """Picked up, the leg asks for itself and is told the room; where nobody picks up the others are brought together."""
    known = {"HL_CALL": call.id, "HL_LEG": "agent", "HL_SEAT": seat, "HL_CITIZEN": call.channel}
    try:
        await switch.ring_into(phone, *ASKS, known, int(min(floor.times.ring_s, RING_S)))
    except HotlineError:
        at = floor.clock()
        async with floor.database.session() as session:
            await calls.lock(session, call.id)
            if await transfers.not_answered(session, leg, at):
                await rows.let_seat_go(session, seat, call.id, at)
                now = await transfers.get(session, current.id)
                if now.state == "merged":
                    await transfers.change(session, now.id, left_at=at)
                    await rows.note(floor, session, now, "left", at, "switch", who="agent")
                elif now.place == "aside" and now.ended_at is None:
                    rows.later(session, partial(switch.redirect, now.channel, *ASKS))
        await rows.do_later(session)
        raise


async def _let_go(switch: Switch, agent: Leg | None) -> None:
    if agent is None or not agent.channel:
        return
    try:
        await switch.hangup(agent.channel)
    except HotlineError as error:
        log.info("a dead leg was gone already", reason=str(error))
