"""Places the calls we owe: takes what is due, waits for its turn in the queue, dials, and heals what was cut short."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import flow
from app.errands import letters, settle
from app.errands.hours import next_allowed
from app.floor import Floor
from app.journey import Journey
from core.after_call import NEXT_TRUNK, CallPlaced, Dialler, Outgoing, Result
from core.errors import HotlineError
from core.masking import pii
from store import calls, errands, events, legs, seats, tickets, trunks
from store.tables import Call, Errand, Trunk
from tickets.ticket import STATE_NAMES, State

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0
GATHER_S = 0.1
MOST_AT_ONCE = 30
LOST_AFTER_S = 30
"""A call being placed for this long beyond its ringing, by nobody we know of, is looked for in Asterisk."""
SAME_AGENT_S = 60
"""So long a citizen who was cut off waits for the agent they spoke with, before anybody else takes over."""
IN_A_CALL_S = 60


class Faster(HotlineError):
    """Another process moved this errand on a moment ago; what was begun is undone."""

    code = "faster"


class Errands:
    """One loop beside the link to Asterisk; any number of processes may run it.

    ring_s: how long a citizen's telephone rings. `round` does one look and gives how many errands it moved.
    """

    def __init__(self, floor: Floor, dialler: Dialler, ring_s: int = 30) -> None:
        self._floor, self._dialler, self._ring_s = floor, dialler, ring_s
        self._placing: dict[str, asyncio.Task[None]] = {}
        self._waiting = False

    async def run(self) -> None:
        """Until cancelled: every LOOK_EVERY_S seconds, and at a hint of a free seat while somebody waits for one."""
        wake = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(wake))
            while True:
                wake.clear()
                try:
                    await self.round()
                except HotlineError as error:
                    log.warning("errands put off", reason=str(error))
                except Exception as error:
                    log.error("errands failed", exc_info=error)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await wake.wait()
                await asyncio.sleep(GATHER_S)

    async def _listen(self, wake: asyncio.Event) -> None:
        async with self._floor.hints.subscribe("queue") as incoming:
            async for _ in incoming:
                if self._waiting:  # a seat that becomes free is nobody's business while nobody waits for one
                    wake.set()

    async def health(self) -> str:
        """For /health: over which trunks we call out, and what waits."""
        async with self._floor.database.reading() as session:
            ways = [one.name for one in await trunks.active(session) if one.host]
            owed = sum((await errands.counts(session)).values())
        return f"经 {'、'.join(ways)}，待呼 {owed} 件" if ways else f"没有外线，不外呼；待呼 {owed} 件"

    async def settled(self) -> None:
        """Until every call being placed now has its result."""
        await asyncio.gather(*self._placing.values(), return_exceptions=True)

    async def round(self) -> int:
        """Heal, take what is due, give the next in the queue their turn. Nothing where no trunk leads outside."""
        async with self._floor.database.reading() as session:
            ways = tuple(one for one in await trunks.active(session) if one.host)
            at = self._floor.clock()
            lost = [one for one in await errands.dialling(session) if self._seems_lost(one, at)]
            due = await errands.due(session, at)
        moved = await self._heal(lost) if lost else 0
        for errand in due if ways else ():
            moved += await self._bounded(errand, ways, at)
        async with self._floor.database.reading() as session:
            waiting = await errands.in_queue(session)
        self._waiting = bool(waiting)
        for errand in waiting:
            if len(self._placing) >= MOST_AT_ONCE or not await self._turn(errand, ways):
                break
            moved += 1
        return moved

    async def _bounded(self, errand: Errand, ways: Sequence[Trunk], at: datetime) -> bool:
        """One errand that can't be taken now must not keep the others waiting."""
        try:
            if errand.kind == "revisit":
                return len(self._placing) < MOST_AT_ONCE and await self._revisit(errand, ways, at)
            return await self._into_queue(errand, at)
        except HotlineError as error:
            log.info("an errand is put off", errand=errand.id, reason=str(error))
            return False

    # --- what is due ---------------------------------------------------------------------------------------------------

    async def _into_queue(self, errand: Errand, at: datetime) -> bool:
        """A call-back takes its place in the queue, as a call that has no channel yet."""
        async with self._floor.database.session() as session:
            if not await self._still_owed(session, errand, at):
                return True
            await self._moved(session, errand, "queued", at)
            journey = await self._journey(session, errand)
            state = "kept" if errand.seat_id else "queued"  # who waits for their own agent is in nobody's way
            await errands.place_call(
                session, errand, _channel(errand), at, step="kept", state=state, menu_state=journey.write()
            )
        return True

    async def _still_owed(self, session: AsyncSession, errand: Errand, at: datetime) -> bool:
        """Not where it is too old, they got through meanwhile, or are on the line this moment."""
        met = await errands.met_since(session, errand.number, errand.created_at)
        if met == "reached":
            await self._moved(session, errand, "cancelled", at, reason="诉求人已打通")
        elif met == "calling":
            later = at + timedelta(seconds=IN_A_CALL_S)
            await self._moved(session, errand, "due", at, due_at=later, reason="诉求人正在来电")
        elif (at - errand.created_at).total_seconds() > self._floor.policy.after.call_back.within_s:
            await self._moved(session, errand, "cancelled", at, reason="过时，转由人工办理")
        else:
            return True
        return False

    async def _journey(self, session: AsyncSession, errand: Errand) -> Journey:
        """What they wanted when they called; a call-back is not offered a call-back."""
        before = Journey()
        if errand.call_id:
            before = Journey.read((await calls.get(session, errand.call_id)).menu_state)
        return replace(Journey(), skill=before.skill, callback_offered=True)

    async def _revisit(self, errand: Errand, ways: Sequence[Trunk], at: datetime) -> bool:
        rule = self._floor.policy.after.revisit
        async with self._floor.database.session() as session:
            ticket = await tickets.get(session, errand.ticket_id or "")
            if rule is None or ticket.state != "resolved":
                await self._moved(
                    session,
                    errand,
                    "cancelled",
                    at,
                    reason=f"工单已是“{STATE_NAMES[cast(State, ticket.state)]}”",
                )
                return True
            if at - errand.created_at > timedelta(days=rule.within_days):
                await self._moved(session, errand, "given_up", at, reason="过时，不再外呼")
                await letters.ask_for_grade(self._floor, session, errand, at)
                return True
            when = next_allowed(at, rule, self._floor.calendar)
            if when == at and await errands.met_since(session, errand.number, at) == "calling":
                when = at + timedelta(seconds=IN_A_CALL_S)
            if when > at:
                return await errands.step(session, errand, "due", at, due_at=when)
            await self._claim(session, errand, at)
            linkedid = _channel(errand)
            call_id = await errands.place_call(
                session, errand, linkedid, at, step="revisit", state="dialling", menu_state=Journey().write()
            )
            await self._placed(session, errand, call_id, at)
        self._dial(errand, ways, self._order(errand, call_id, linkedid, tape=settle.tape_stem(call_id)))
        return True

    # --- the queue -----------------------------------------------------------------------------------------------------

    async def _turn(self, errand: Errand, ways: Sequence[Trunk]) -> bool:
        """The citizen is rung once a seat is kept for them; False where it is not their turn."""
        at, seat = self._floor.clock(), ""
        try:
            async with self._floor.database.session() as session:
                call = await calls.lock(session, errand.out_call_id or "")
                met = await errands.met_since(session, errand.number, errand.created_at)
                if met or not ways:
                    await self._step_aside(session, errand, call, met, at)
                    return True
                seat = await self._seat(session, errand, call, at)
                if not seat:
                    return (
                        call.state != "queued"
                    )  # nobody waits behind one who only waits for their own agent
                journey = replace(Journey.read(call.menu_state), seat=seat)
                await errands.note_call(
                    session, call.id, step="greet", state="reserved", seat_id=seat, arrived_at=at, menu_state=journey.write()
                )  # fmt: skip
                await self._claim(session, errand, at)
                await self._placed(session, errand, call.id, at)
        except HotlineError as error:
            log.info("a call-back is put off", errand=errand.id, reason=str(error))
            return True
        await self._floor.tell(f"seat.{seat}", "call.dialling", call_id=call.id, line=call.line)
        self._dial(errand, ways, self._order(errand, call.id, call.linkedid))
        return True

    async def _step_aside(
        self, session: AsyncSession, errand: Errand, call: Call, met: str, at: datetime
    ) -> None:
        """Their place must not hold up those behind it: they got through, are calling us this moment, or no trunk is left."""
        if met == "reached":
            await self._moved(session, errand, "cancelled", at, reason="诉求人已打通")
        else:
            later = at + timedelta(seconds=IN_A_CALL_S)
            why = "诉求人正在来电" if met else "没有可外呼的中继"
            await self._moved(session, errand, "due", at, due_at=later, reason=why, out_call_id=None)
        await calls.ended(session, call.id, at, "us")
        await calls.close(session, call.id, "not_reached", at)

    async def _seat(self, session: AsyncSession, errand: Errand, call: Call, at: datetime) -> str:
        """The seat kept for this call: the same agent for who was cut off, else whoever routing gives, in turn."""
        if errand.seat_id:
            same = await seats.get(session, errand.seat_id)
            if same.state == "wrap_up":  # they wrap up the talk that was cut
                await seats.set_state(session, same.id, "ready", at)
                same = await seats.get(session, same.id)
            if same.state == "ready" and await seats.reserve(session, same.id, same.version, call.id, at):
                return same.id
            if same.state != "logged_out" and (at - errand.created_at).total_seconds() < SAME_AGENT_S:
                return ""
        route = await flow.routed(self._floor, session, call, Journey.read(call.menu_state))
        return route.seat.id if route.seat else ""

    # --- placing -------------------------------------------------------------------------------------------------------

    async def _claim(self, session: AsyncSession, errand: Errand, at: datetime) -> None:
        """From here on this process places it; whoever lost the race undoes everything of this transaction."""
        await self._moved(session, errand, "dialling", at, tries=errand.tries + 1, claimed_at=at, result=None)

    async def _placed(self, session: AsyncSession, errand: Errand, call_id: str, at: datetime) -> None:
        await legs.add(session, call_id, "citizen", at)
        happened = CallPlaced(at, call_id, errand.id, errand.kind, errand.tries + 1)
        await events.append(session, happened, "routing")

    async def _moved(
        self, session: AsyncSession, errand: Errand, state: str, at: datetime, **more: object
    ) -> None:
        if not await errands.step(session, errand, state, at, **more):  # type: ignore[arg-type]
            raise Faster(f"errand {errand.id} was moved on by somebody else")

    def _order(self, errand: Errand, call_id: str, linkedid: str, tape: str = "") -> Outgoing:
        listen = errand.kind == "revisit"
        return Outgoing(call_id, linkedid, errand.number, errand.line, "", "", self._ring_s, listen, tape)

    def _dial(self, errand: Errand, ways: Sequence[Trunk], order: Outgoing) -> None:
        task = asyncio.create_task(self._place(errand.id, ways, order), name=f"dial {errand.id}")
        self._placing[errand.id] = task
        task.add_done_callback(lambda _: self._placing.pop(errand.id, None))

    async def _place(self, errand_id: str, ways: Sequence[Trunk], order: Outgoing) -> None:
        """Over one trunk after the other while it is the carrier that fails. What can't be seen is left to `_heal`."""
        result: Result = "unreachable"
        cause = 0
        try:
            for way in ways:
                asked = replace(order, trunk=way.name, display=way.display_number or "")
                result, cause = await self._dialler.place(asked)
                if result == "answered" or cause not in NEXT_TRUNK:
                    break
                log.warning("a trunk did not take our call", trunk=way.name, call=order.call_id, cause=cause)
            log.info("called", call=order.call_id, result=result, cause=cause, **pii(number=order.number))
            if result != "answered":
                await settle.not_answered(self._floor, errand_id, order.call_id, result, f"Q.850 {cause}")
        except HotlineError as error:
            log.warning("what came of a call is not known yet", call=order.call_id, reason=str(error))
        except Exception as error:
            log.error("placing a call failed", call=order.call_id, exc_info=error)

    # --- healing -------------------------------------------------------------------------------------------------------

    def _seems_lost(self, errand: Errand, at: datetime) -> bool:
        since = errand.claimed_at or errand.created_at
        return errand.id not in self._placing and (at - since).total_seconds() > self._ring_s + LOST_AFTER_S

    async def _heal(self, lost: Sequence[Errand]) -> int:
        """Claimed by a process that is gone, and no such channel: that try is over."""
        there, healed = await self._dialler.linkedids(), 0
        for errand in lost:
            async with self._floor.database.reading() as session:
                call = await calls.get(session, errand.out_call_id or "")
            if call.linkedid not in there:
                reason = "外呼的进程已结束"
                healed += await settle.not_answered(self._floor, errand.id, call.id, "unreachable", reason)
        return healed


def _channel(errand: Errand) -> str:
    """The name of the channel to be: another one for each move of an errand, the same for all who try this one."""
    return f"{errand.id}-{errand.version}"
