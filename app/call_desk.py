"""Answers Asterisk's questions: one load, one decision, one instruction. What happens to a call is in `flow.py`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app import care, elsewhere, flow, nuisance, seat_number, seating
from app.call_rows import left_behind, message_stem, note_answer
from app.errands import stages as dialogue
from app.errands.may_ask import may_ask
from app.floor import Floor
from app.journey import Journey
from app.three_way import rows
from app.three_way import stages as three_way
from app.three_way.staff import OnThird, StaffLegs
from app.waiting_words import while_waiting
from core.call import (
    Arrival,
    Bye,
    EndFacts,
    Instruction,
    Play,
    Ring,
    StaffEnd,
    StaffResult,
    StepResult,
    TakeMessage,
    Wait,
)
from core.ports import Switch
from ivr import Action, Enqueue, Goodbye, Leave, MenuState, Say, Started, step
from store import calls, legs, messages, recordings, seats
from store.tables import Call

ANNOUNCE_EVERY_S = 30.0
MESSAGE_MAX_S = 120
NEVER_TOLD = ""  # a StepResult's step where no instruction was carried out yet
_OFFER = Play(("callback-offer",), keys=1, timeout_s=6)
_STEPS = {
    "menu": "play", "ring": "ring", "wait": "wait", "callback": "play", "message": "message", "bye": "bye",
    "screened": "play", **dialogue.STEPS, **three_way.STEPS,
}  # fmt: skip
_STATES = {  # reserved and queued are routing's
    "ring": "ringing", "message": "message", "bye": "closing", **dialogue.STATES,
    **three_way.STATES,
}  # fmt: skip
Next = tuple[Journey, str, Instruction]
Stage = Callable[[AsyncSession, Call, Journey, StepResult], Awaitable[Next]]


class FloorDesk:
    """core.call.CallDesk over a Floor. `on_answer(call, seat, citizen channel, agent channel)` starts the captions."""

    def __init__(
        self,
        floor: Floor,
        on_answer: Callable[[str, str, str, str], Awaitable[None]] | None = None,
        switch: Switch | None = None,
        on_third: OnThird | None = None,
    ) -> None:
        self._floor = floor
        self._on_answer = on_answer
        self._dialogue = dialogue.Dialogue(floor, self._to_person, may_ask)
        self._three = three_way.CitizenStages(floor, switch, self._to_person, self._dialogue.talk_over)
        self._staff = StaffLegs(floor, switch, on_third)
        self._stages: dict[str, Stage] = {
            "menu": self._after_menu,
            "ring": self._after_ring,
            "wait": self._after_wait,
            "callback": self._after_callback,
            "message": self._after_message,
            "bye": self._after_bye,
            "screened": self._after_screened,
            **self._dialogue.stages,
            **self._three.stages,
        }

    async def arrived(self, arrival: Arrival) -> tuple[str, Instruction]:
        """A new call, or one that asks again because our first answer got lost."""
        call_id, action = await flow.call_arrived(self._floor, arrival)
        if isinstance(action, Say):
            return call_id, _say(action)
        return call_id, await self.next(StepResult(call_id, arrival.channel, NEVER_TOLD, "DONE"))

    async def next(self, result: StepResult) -> Instruction:
        """A step is done: what now. Whoever asks again because our answer got lost hears it once more."""
        async with self._floor.database.session() as session:
            call = await calls.lock(session, result.call_id)
            if call.ended_at is not None:
                return Bye()
            before = Journey.read(call.menu_state)
            after = self._again if self._lost(call, before, result) else self._stages[call.step]
            journey, stage, told = await after(session, call, before, result)
            changes: calls.Changes = {"step": stage, "menu_state": journey.write()}
            if after == self._after_menu and call.prompts_ended_at is None:
                changes["prompts_ended_at"] = self._floor.clock()
            if stage in _STATES:
                changes["state"] = _STATES[stage]
            await calls.note(session, call.id, **changes)
        await rows.do_later(session)
        await self._tell(call, journey, stage)
        if before.seat and before.seat != journey.seat:
            await self._floor.tell("queue", "seat.free", seat=before.seat)
            await self._floor.tell(f"seat.{before.seat}", "call.gone", call_id=call.id)
        return care.kindly(journey, stage, told)

    def _lost(self, call: Call, journey: Journey, result: StepResult) -> bool:
        """Whether this is about an instruction older than the last one given, which then never reached the dialplan."""
        if call.step not in self._stages or result.step != _STEPS[call.step]:
            return True
        since_ring = self._floor.clock().timestamp() - journey.rang_at
        talked = result.status in ("ANSWER", three_way.LOST)
        return result.step == "ring" and not talked and result.dialled_s > since_ring + 2

    async def ended(self, facts: EndFacts) -> None:
        """The citizen's channel is gone."""
        await flow.ended(self._floor, facts)
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
        """Nothing to note: the dialplan tells next, or the call's end, in the same moment and knows who hung up."""

    async def staff_next(self, result: StaffResult) -> Instruction:
        """A leg that was taken out of its talk."""
        return await self._staff.next(result)

    async def staff_ended(self, end: StaffEnd) -> None:
        await self._staff.ended(end)

    async def third_answered(self, call_id: str, transfer_id: str, channel: str, at: datetime) -> None:
        await self._staff.answered(call_id, transfer_id, channel, at)

    # --- what each step leads to --------------------------------------------------------------------------------------

    async def _after_menu(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        if journey.care:  # no menu stands between them and a person
            return await self._to_person(session, call, journey)
        journey, action = await flow.menu_chosen(self._floor, session, call, journey, result.digits)
        return await self._act(session, call, journey, action)

    async def _act(self, session: AsyncSession, call: Call, journey: Journey, action: Action) -> Next:
        match action:
            case Say():
                return journey, "menu", _say(action)
            case Enqueue(skill):
                if skill and skill != journey.skill:  # the seat reserved at arrival was not chosen for it
                    journey = await self._give_back(session, call, journey)
                return await self._to_person(session, call, replace(journey, skill=skill or journey.skill))
            case Leave():
                return await self._take_message(session, call, journey)
            case Goodbye():
                return await self._give_back(session, call, journey), "bye", Bye(("goodbye",))

    async def _again(self, session: AsyncSession, call: Call, journey: Journey, result: StepResult) -> Next:
        """The instruction of the stage the call is in, once more; it was never begun."""
        if call.step in self._dialogue.stages:
            return await self._dialogue.again(session, call, journey, result)
        if call.step in self._three.stages:
            return await self._three.again(session, call, journey, result)
        match call.step:
            case "menu":
                _, action = step(self._floor.menus, MenuState(journey.menu), Started())
                return await self._act(session, call, journey, action)
            case "ring":
                return await self._ring(session, call, journey, anew=False)
            case "wait":
                return self._wait(
                    call, journey, 1 + await calls.ahead(session, call.rank_at or _queued_at(call), call.id)
                )
            case "callback":
                return journey, "callback", _OFFER
            case "screened":
                return journey, "screened", nuisance.TOO_OFTEN
            case "message":
                return await self._take_message(session, call, journey)
            case _:
                return journey, "bye", Bye((*((journey.notice,) if journey.notice else ()), "goodbye"))

    async def _after_ring(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        if journey.outside:
            journey, was_theirs = await elsewhere.over(self._floor, session, call, journey, result)
            if was_theirs:
                return await self._dialogue.talk_over(session, call, replace(journey, hung_up_by="agent"))
            if not journey.seat:
                return await self._to_person(session, call, journey)
        at, seat = self._floor.clock(), journey.seat
        if result.status == three_way.LOST:  # their telephone or network, not they (ADR 7)
            return await self._agent_lost(session, call, journey, result)
        if result.status == "ANSWER" or call.state == "talking":
            await note_answer(session, call, seat, "", at - timedelta(seconds=result.answered_s))
            await legs.ended(session, call.id, at, number=seat, ended_by="agent", reason="ANSWER")
            await seats.let_go(session, call.id, at)
            began = call.agent_answered_at or at
            talked = result.answered_s or (at - began).total_seconds()
            if journey.parted:
                journey = rows.dialled_talk(journey, at, result.answered_s)
                talked = journey.talked_s
            await calls.note(session, call.id, talk_seconds=talked)
            return await self._dialogue.talk_over(session, call, replace(journey, hung_up_by="agent"))
        await legs.ended(session, call.id, at, number=seat, ended_by="us", reason=result.status)
        if result.status == "WOKEN":  # a redirect for a waiting call came too late and cut the ringing short
            return await self._ring(session, call, journey)
        await seating.not_taken(self._floor, session, seat, call.id, result.status)
        tried = tuple(dict.fromkeys((*journey.tried, seat)))
        return await self._to_person(session, call, replace(journey, seat="", tried=tried))

    async def _agent_lost(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        at = self._floor.clock()
        await note_answer(session, call, journey.seat, "", at - timedelta(seconds=result.answered_s))
        await legs.ended(session, call.id, at, number=journey.seat, ended_by="switch", reason=three_way.LOST)
        return await self._three.recover(session, call, rows.dialled_talk(journey, at, result.answered_s))

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
            return await self._take_message(session, call, journey)
        return await self._to_person(session, call, journey)

    async def _after_message(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        await left_behind(session, call, self._floor.clock())
        return journey, "bye", Bye(("message-thanks", "goodbye"))

    async def _after_bye(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        return journey, "bye", Bye()

    async def _after_screened(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        """They call too often and heard so; whoever presses the key says it is an emergency and gets a person."""
        if not result.digits.startswith(nuisance.PERSON_KEY):
            return await self._take_message(session, call, journey)
        await calls.note(session, call.id, prompts_ended_at=self._floor.clock())
        return await self._to_person(session, call, journey)

    async def _to_person(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        """Ring the seat that is reserved, else look for one, else wait with music and a position."""
        if told := await elsewhere.alone(self._floor, session, call, journey, seatless=False):
            return told
        if not journey.seat:
            route = await flow.routed(self._floor, session, call, journey)
            if route.seat is None and (
                told := await elsewhere.alone(self._floor, session, call, journey, seatless=True)
            ):
                return told
            if route.target == "callback":
                return replace(journey, callback_offered=True), "callback", _OFFER
            if route.seat is None:
                return self._wait(call, journey, route.position, route.wait_s)
            journey = replace(journey, seat=route.seat.id)
        return await self._ring(session, call, journey)

    async def _ring(self, session: AsyncSession, call: Call, journey: Journey, anew: bool = True) -> Next:
        if journey.outside and not journey.seat:
            return journey, "ring", elsewhere.again(self._floor, call, journey)
        at = self._floor.clock()
        phone = await (
            seats.ring(session, journey.seat, call.id, at)
            if anew  # else it is told once more: one leg, one recording
            else seats.phone_of(session, journey.seat, call.id)
        )
        if phone is None:  # paused or given to somebody else meanwhile
            await legs.ended(session, call.id, at, number=journey.seat, ended_by="us", reason="LOST")
            return await self._to_person(session, call, replace(journey, seat=""))
        journey = replace(journey, rang_at=at.timestamp())
        if anew:
            journey = replace(journey, rings=journey.rings + 1)
            await legs.add(session, call.id, "agent", at, number=journey.seat)
        journey, where = await elsewhere.beside(self._floor, session, call, journey, phone, anew)
        announce = seat_number.spoken(self._floor.policy.after, journey.seat)
        told = Ring(journey.seat, where, self._floor.times.ring_s, journey.recording(call.id), announce)
        return journey, "ring", told

    def _wait(self, call: Call, journey: Journey, position: int, wait_s: float | None = None) -> Next:
        waited = (self._floor.clock() - _queued_at(call)).total_seconds()
        prompts: tuple[str, ...] = ()
        if waited - journey.announced_s >= ANNOUNCE_EVERY_S:
            journey = replace(journey, announced_s=waited)
            prompts = while_waiting(position, wait_s)
        return journey, "wait", Wait(self._floor.times.wait_s, prompts)

    async def _take_message(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        """Its sound is noted before the first word: most people just hang up when they have spoken."""
        stem = message_stem(call.id)
        await recordings.add(session, call.id, stem, self._floor.clock())
        journey = await self._give_back(session, call, journey)
        return journey, "message", TakeMessage(("message-leave",), stem, MESSAGE_MAX_S)

    async def _give_back(self, session: AsyncSession, call: Call, journey: Journey) -> Journey:
        """The call wants no person (any more): the seat reserved for it is free for the next."""
        if journey.seat:
            await seats.release(session, journey.seat, call.id, self._floor.clock())
        return replace(journey, seat="")

    async def _tell(self, call: Call, journey: Journey, stage: str) -> None:
        """The screen pop reaches the one seat that rings, before it is answered."""
        if stage == "ring":
            pop = {"call_id": call.id, "line": call.line, "care": journey.care}
            await self._floor.tell(f"seat.{journey.seat}", "call.ringing", **pop)
        if stage in ("ring", "wait"):
            await self._floor.tell("floor", f"call.{stage}", call_id=call.id, seat=journey.seat or None)


def _queued_at(call: Call) -> datetime:
    return call.queued_at or call.arrived_at


def _say(action: Say) -> Play:
    return Play(action.prompts, 1 if action.keys else 0, action.timeout_s)
