"""Answers Asterisk's questions: one load, one decision, one instruction. What happens to a call is in `flow.py`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import flow
from app.floor import Floor
from app.journey import Journey
from core.call import Arrival, Bye, EndFacts, Instruction, Play, Ring, StepResult, TakeMessage, Wait
from ivr import Action, Enqueue, Goodbye, Leave, Say
from store import calls, legs, messages, recordings, seats
from store.tables import Call

log = structlog.get_logger(__name__)

ANNOUNCE_EVERY_S = 30.0
MESSAGE_MAX_S = 120
NUMBERS = 20  # prompts n0 … n20 exist
Next = tuple[Journey, str, Instruction]
Stage = Callable[[AsyncSession, Call, Journey, StepResult], Awaitable[Next]]


class FloorDesk:
    """core.call.CallDesk over a Floor. `on_answer(call, seat, citizen channel, agent channel)` starts the captions."""

    def __init__(
        self,
        floor: Floor,
        on_answer: Callable[[str, str, str, str], Awaitable[None]] | None = None,
        on_end: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._floor = floor
        self._on_answer = on_answer
        self._on_end = on_end
        self._stages: dict[str, Stage] = {
            "menu": self._after_menu,
            "ring": self._after_ring,
            "wait": self._after_wait,
            "callback": self._after_callback,
            "message": self._after_message,
        }

    async def arrived(self, arrival: Arrival) -> tuple[str, Instruction]:
        """A new call, or one that asks again because our first answer got lost."""
        call, journey, action = await flow.call_arrived(self._floor, arrival)
        if action is None:
            return call.id, await self.next(StepResult(call.id, arrival.channel, "", "DONE"))
        if isinstance(action, Say):
            return call.id, _say(action)
        async with self._floor.database.session() as session:
            journey, stage, told = await self._act(session, call, journey, action)
            await calls.change(session, call.id, step=stage, menu_state=journey.write())
        await self._tell(call, journey, stage)
        return call.id, told

    async def next(self, result: StepResult) -> Instruction:
        """A step is done: what now."""
        async with self._floor.database.session() as session:
            call = await calls.get(session, result.call_id)
            journey = Journey.read(call.menu_state)
            after = self._stages.get(call.step, self._after_bye)
            journey, stage, told = await after(session, call, journey, result)
            await calls.change(session, call.id, step=stage, menu_state=journey.write())
        await self._tell(call, journey, stage)
        return told

    async def ended(self, facts: EndFacts) -> None:
        """The citizen's channel is gone."""
        await flow.ended(self._floor, facts)
        if self._on_end and facts.call_id:
            await self._on_end(facts.call_id)
        await self._floor.tell("queue", "seat.free")

    async def agent_answered(
        self, call_id: str, seat: str, citizen_channel: str, agent_channel: str, at: datetime
    ) -> None:
        """Live news from AMI: rows first, then captions."""
        if (
            await flow.answered(self._floor, call_id, seat, citizen_channel, agent_channel, at)
            and self._on_answer
        ):
            await self._on_answer(call_id, seat, citizen_channel, agent_channel)

    async def agent_left(self, call_id: str, seat: str, at: datetime) -> None:
        """The dialplan asks next by itself; only the leg's own end is noted here."""
        async with self._floor.database.session() as session:
            await legs.ended(session, call_id, at, number=seat, ended_by="", reason="left")

    # --- what each step leads to --------------------------------------------------------------------------------------

    async def _after_menu(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        journey, action = await flow.menu_chosen(self._floor, session, call, journey, result.digits)
        return await self._act(session, call, journey, action)

    async def _act(self, session: AsyncSession, call: Call, journey: Journey, action: Action) -> Next:
        match action:
            case Say():
                return journey, "menu", _say(action)
            case Enqueue(skill):
                return await self._to_person(session, call, replace(journey, skill=skill))
            case Leave():
                return journey, "message", self._take_message(call)
            case Goodbye():
                return journey, "bye", Bye(("goodbye",))

    async def _after_ring(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        at, seat = self._floor.clock(), journey.seat
        if result.status == "ANSWER":
            began = call.agent_answered_at or at
            await flow.note_answer(session, call, seat, "", began)
            await legs.ended(session, call.id, at, number=seat, ended_by="agent", reason="ANSWER")
            await flow.free_seats(session, call.id, at)
            await calls.change(session, call.id, talk_seconds=result.answered_s, state="closing")
            return replace(journey, hung_up_by="agent"), "bye", Bye(("goodbye",))
        await legs.ended(session, call.id, at, number=seat, reason=result.status)
        missing = result.status in ("CHANUNAVAIL", "CONGESTION")
        if await seats.release(session, seat, call.id, at, to="paused" if missing else "ready") and missing:
            log.warning("seat can't be reached and is paused", seat=seat, status=result.status)
        return await self._to_person(session, call, replace(journey, seat="", tried=(*journey.tried, seat)))

    async def _after_wait(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        return await self._to_person(session, call, journey)

    async def _after_callback(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        if result.digits.startswith("1") and call.caller:
            await messages.add(session, "callback", call.caller, self._floor.clock(), call_id=call.id)
            return journey, "bye", Bye(("callback-confirmed", "goodbye"))
        if result.digits.startswith("2") or (result.digits.startswith("1") and not call.caller):
            return journey, "message", self._take_message(call)
        return await self._to_person(session, call, journey)

    async def _after_message(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        at, stem = self._floor.clock(), f"{call.id}-message"
        await recordings.add(session, call.id, stem, at)
        await messages.add(session, "voicemail", call.caller, at, call_id=call.id, recording=stem)
        return journey, "bye", Bye(("message-thanks", "goodbye"))

    async def _after_bye(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        return journey, "bye", Bye()

    async def _to_person(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        """Ring the seat that is reserved, else look for one, else wait with music and a position."""
        if not journey.seat:
            route = await flow.routed(self._floor, session, call, journey)
            if route.target == "callback":
                offered = replace(journey, callback_offered=True)
                return offered, "callback", Play(("callback-offer",), keys=1, timeout_s=6)
            if route.seat is None:
                return self._wait(call, journey, route.position)
            journey = replace(journey, seat=route.seat.id)
        return await self._ring(session, call, journey)

    async def _ring(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        at = self._floor.clock()
        held = [s for s in await seats.in_call(session, call.id) if s.id == journey.seat]
        if not held:  # given to somebody else while we were away
            return await self._to_person(session, call, replace(journey, seat=""))
        journey = replace(journey, rings=journey.rings + 1)
        await seats.set_state(session, journey.seat, "ringing", at, call_id=call.id)
        await legs.add(session, call.id, "agent", at, number=journey.seat)
        await calls.change(session, call.id, state="ringing", seat_id=journey.seat)
        ring_s = self._floor.times.ring_s
        told = Ring(journey.seat, f"PJSIP/{held[0].sip_user}", ring_s, journey.recording(call.id))
        return journey, "ring", told

    def _wait(self, call: Call, journey: Journey, position: int) -> Next:
        waited = (self._floor.clock() - (call.queued_at or call.arrived_at)).total_seconds()
        prompts: tuple[str, ...] = ()
        if waited - journey.announced_s >= ANNOUNCE_EVERY_S:
            journey = replace(journey, announced_s=waited)
            ahead = min(position - 1, NUMBERS)
            prompts = (
                ("please-wait",)
                if ahead <= 0
                else ("please-wait", "queue-position", f"n{ahead}", "queue-people")
            )
        return journey, "wait", Wait(self._floor.times.wait_s, prompts)

    def _take_message(self, call: Call) -> TakeMessage:
        return TakeMessage(("message-leave",), f"{call.id}-message", MESSAGE_MAX_S)

    async def _tell(self, call: Call, journey: Journey, stage: str) -> None:
        """The screen pop reaches the one seat that rings, before it is answered."""
        if stage == "ring":
            await self._floor.tell(f"seat.{journey.seat}", "call.ringing", call_id=call.id, line=call.line)
        if stage in ("ring", "wait"):
            await self._floor.tell("floor", f"call.{stage}", call_id=call.id, seat=journey.seat or None)


def _say(action: Say) -> Play:
    return Play(action.prompts, 1 if action.keys else 0, action.timeout_s)
