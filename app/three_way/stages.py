"""The citizen's side: on hold, in the room, handed over, and after an agent's line was lost."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.journey import Journey
from app.three_way import rows
from app.three_way.rows import ASKS, is_up, open_agent
from core.call import Hold, Instruction, Play, Reach, Ring, Room, StepResult, room_of
from core.ports import Place, Switch
from core.transfer import reason_of
from store import calls, legs, recordings, transfers
from store.tables import Call, Leg, Transfer

log = structlog.get_logger(__name__)
Next = tuple[Journey, str, Instruction]
After = Callable[[AsyncSession, Call, Journey, StepResult], Awaitable[Next]]
Over = Callable[[AsyncSession, Call, Journey], Awaitable[Next]]

STEPS = {
    "held": "hold",
    "left": "hold",
    "room": "room",
    "reach": "reach",
    "sorry": "play",
    "finish": "hold",
    "back": "hold",
}
"""Our stages, and the dialplan step each is."""
STATES = {
    "held": "talking",
    "left": "talking",
    "room": "talking",
    "reach": "talking",
    "sorry": "ringing",
    "finish": "closing",
    "back": "ringing",
}
HOLD_S = 5
UNSURE_S = 1
UNSURE_LOOKS = 4
RING_AGAIN = 1
LOST = "LOST"
LATE = timedelta(seconds=5)
"""A ring's end may be told so much later."""


def citizen_stem(call_id: str, journey: Journey) -> str:
    """The citizen's own recording from the first parting of this talk on."""
    return f"{call_id}-c{journey.rings}"


def agent_stem(call_id: str, journey: Journey) -> str:
    return f"{call_id}-a{journey.rings}" + (f"-{journey.returns}" if journey.returns else "")


class CitizenStages:
    """Stages of a call beside those of `call_desk`. `to_person`: its way to a seat; `talk_over`: after the last word."""

    def __init__(self, floor: Floor, switch: Switch | None, to_person: Over, talk_over: Over) -> None:
        self._floor, self._switch = floor, switch
        self._to_person, self._talk_over = to_person, talk_over
        self.stages: dict[str, After] = {
            "held": self._after_hold,
            "left": self._after_left,
            "room": self._after_room,
            "reach": self._after_reach,
            "sorry": self._after_sorry,
            "finish": self._finish,
            "back": self._back,
        }

    async def again(self, session: AsyncSession, call: Call, journey: Journey, result: StepResult) -> Next:
        """The instruction of the stage this call is in."""
        match call.step:
            case "room":
                return await self._room(session, call, journey, result)
            case "reach":
                return await self._reach(session, call, journey)
            case "sorry":
                return journey, "sorry", Play(("agent-gone",))
            case "finish":
                return await self._finish(session, call, journey, result)
            case "left":
                return await self._after_left(session, call, journey, result)
            case "back":
                return await self._back(session, call, journey, result)
            case _:
                return await self._after_hold(session, call, journey, result)

    async def _finish(self, session: AsyncSession, call: Call, journey: Journey, result: StepResult) -> Next:
        """The desk ended the talk."""
        return await self._talk_over(session, call, journey)

    async def _back(self, session: AsyncSession, call: Call, journey: Journey, result: StepResult) -> Next:
        """The desk was started anew and wants its talk back: its own seat rings at once, as often as that happens."""
        at, seat = self._floor.clock(), journey.seat or call.seat_id or ""
        phone = await transfers.ring_again(session, seat, call.id, at)
        if phone is None:
            return await self.recover(session, call, journey)
        journey = replace(journey, seat=seat, rings=journey.rings + 1, rang_at=at.timestamp(), held=False)
        await legs.add(session, call.id, "agent", at, number=seat)
        told = Ring(seat, f"PJSIP/{phone}", self._floor.times.ring_s, journey.recording(call.id))
        return journey, "ring", told

    # --- on hold -----------------------------------------------------------------------------------------------------

    async def _after_hold(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        """Music goes on while somebody will take the citizen back; else what became of the last one decides."""
        staff = await transfers.staff_legs(session, call.id)
        agent = open_agent(staff)
        current = await transfers.current(session, call.id)
        if current is not None and current.state == "ringing" and agent is None:
            await rows.fail(self._floor, session, current, "cancelled", self._floor.clock())
            return await self._bereft(session, call, journey)
        at = self._floor.clock()
        if agent is not None or self._comes_back(staff, at):
            return self._hold(call, journey, agent)
        if current is not None and current.state in ("talking", "merged"):
            if (
                current.place == "aside"
            ):  # nobody told of the agent's end: who sits there alone comes to the citizen
                rows.later(session, partial(self._fetch, current.channel, ASKS))
            return self._hold(call, journey, agent)
        return await self._bereft(session, call, journey)

    def _hold(self, call: Call, journey: Journey, agent: Leg | None, seconds: int = HOLD_S) -> Next:
        journey = replace(rows.stretch_ends(journey, self._floor.clock()), unsure=0)
        peer = agent.channel if agent else ""
        return journey, "held", Hold(seconds, peer, citizen_stem(call.id, journey))

    async def _room(self, session: AsyncSession, call: Call, journey: Journey, result: StepResult) -> Next:
        """Back into the room, where anybody is in it or on the way; a citizen alone there would hear music for ever."""
        staff = await transfers.staff_legs(session, call.id)
        if any(is_up(leg) for leg in staff):
            return journey, "room", Room(room_of(call.id), citizen_stem(call.id, journey))
        return await self._after_left(session, call, journey, result)

    # --- in the room -------------------------------------------------------------------------------------------------

    async def _after_room(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        """The last of the others has left the room: one may wait outside it, else it depends on how the last one went."""
        journey = rows.stretch_ends(journey, self._floor.clock(), result.answered_s)
        return await self._after_left(session, call, journey, result)

    async def _after_left(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        """A leg's end may be told a moment later than the room's: look again."""
        at = self._floor.clock()
        current = await transfers.current(session, call.id)
        staff = await transfers.staff_legs(session, call.id)
        if self._comes_back(staff, at):
            return journey, "left", Hold(UNSURE_S, "", citizen_stem(call.id, journey))
        agent = open_agent(staff)
        if agent is not None and agent.answered_at is not None and agent.answered_at > at - LATE:
            # it came back before this was told, and takes the citizen along as soon as it has asked where to go
            return (
                rows.stretch_begins(journey, at),
                "room",
                Hold(UNSURE_S, "", citizen_stem(call.id, journey)),
            )
        if current is not None and current.state == "talking" and current.place == "swapped":
            return await self._join(session, call, journey, current, at)
        if any(is_up(leg) for leg in staff) and journey.unsure < UNSURE_LOOKS:
            journey = replace(journey, unsure=journey.unsure + 1)
            return journey, "left", Hold(UNSURE_S, "", citizen_stem(call.id, journey))
        return await self._bereft(session, call, journey)

    async def _join(
        self, session: AsyncSession, call: Call, journey: Journey, current: Transfer, at: datetime
    ) -> Next:
        """The agent went while the third party heard music: they talk with the citizen now."""
        await transfers.change(session, current.id, state="merged", place="room", merged_at=at, left_at=at)
        await rows.note(self._floor, session, current, "merged", at, "switch")
        room = room_of(call.id)
        rows.later(session, partial(self._fetch, current.channel, ("hl-room", room)))
        return rows.stretch_begins(journey, at), "room", Room(room, citizen_stem(call.id, journey))

    async def _fetch(self, channel: str, place: Place) -> None:
        if self._switch is not None and channel:
            await self._switch.redirect(channel, *place)

    def _comes_back(self, staff: Sequence[Leg], at: datetime) -> bool:
        return comes_back(staff, at, self._floor.times.ring_s)

    # --- handed over ---------------------------------------------------------------------------------------------------

    async def _reach(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        current = await transfers.current(session, call.id)
        if current is None:
            return await self._bereft(session, call, journey)
        return journey, "reach", reach_of(self._floor, current, citizen_stem(call.id, journey))

    async def _after_reach(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        """Blind: whoever was rung has talked, or was not reached; then the citizen is not left alone."""
        at = self._floor.clock()
        current = await transfers.current(session, call.id)
        if result.status in ("ANSWER", LOST):
            if current is not None:
                current = await third_came(self._floor, session, current, "", at)
                await rows.over(self._floor, session, current, at, current.role, result.status == LOST)
            began = journey if journey.since else replace(journey, since=at.timestamp())
            journey = rows.stretch_ends(began, at, result.answered_s)
            return await self._bereft(session, call, journey)
        if current is not None:
            reason = reason_of(result.status, result.cause, result.rang)
            await rows.fail(self._floor, session, current, reason, at, cause=result.cause)
        return await self.recover(session, call, journey)

    # --- somebody went -------------------------------------------------------------------------------------------------

    async def _bereft(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        """Nobody is with the citizen. Who hung up ended the talk; whose line was lost is rung again."""
        at = self._floor.clock()
        journey = rows.stretch_ends(journey, at)
        staff = await transfers.staff_legs(session, call.id)
        gone = [leg for leg in staff if leg.answered_at]
        for leg in gone:
            if leg.ended_at is None:  # nobody told of its end: its line is dead
                await transfers.end_leg(session, leg.id, at, "switch", LOST)
        last = gone[-1] if gone else None
        finished = last is not None and last.ended_at is not None and last.reason != LOST
        # who hangs up while the citizen hears music, or while the agent's desk is rung in vain, has not ended the talk
        walked_off = call.step == "held" or (last is not None and _rung_after(staff, last))
        if finished and last is not None and not walked_off:
            await calls.note(session, call.id, talk_seconds=journey.talked_s or None)
            journey = replace(journey, hung_up_by=last.role)
            return await self._talk_over(session, call, journey)
        return await self.recover(session, call, journey)

    async def recover(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        """A word of apology, then the same seat once more, then the head of the queue."""
        journey = rows.stretch_ends(journey, self._floor.clock())
        log.warning("a citizen was left without an agent", call=call.id, again=journey.again)
        return replace(journey, unsure=0, held=False), "sorry", Play(("agent-gone",))

    async def _after_sorry(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        at, seat = self._floor.clock(), journey.seat or call.seat_id or ""
        journey = replace(journey, again=journey.again + 1, priority=self._floor.routing.returned_priority)
        if seat and journey.again <= RING_AGAIN:
            phone = await transfers.ring_again(session, seat, call.id, at)
            if phone is not None:
                journey = replace(journey, seat=seat, rings=journey.rings + 1, rang_at=at.timestamp())
                await legs.add(session, call.id, "agent", at, number=seat)
                told = Ring(seat, f"PJSIP/{phone}", self._floor.times.ring_s, journey.recording(call.id))
                return journey, "ring", told
        await rows.let_all_go(session, call.id, at)
        journey = replace(journey, seat="", announced_s=-1e9)
        return await self._to_person(session, call, journey)


def _rung_after(staff: Sequence[Leg], last: Leg) -> bool:
    """Whether an agent's desk was rung and not reached while this leg, or after it, was with the citizen."""
    rung = [leg for leg in staff if leg.role == "agent" and leg.answered_at is None]
    return any(leg.ended_at is None or (last.ended_at and leg.ended_at >= last.ended_at) for leg in rung)


def comes_back(staff: Sequence[Leg], at: datetime, ring_s: float) -> bool:
    """Whether an agent's desk that was started anew is being rung into its talk; no longer than a ring may last."""
    since = at - timedelta(seconds=ring_s) - LATE
    rung = (leg for leg in staff if leg.role == "agent" and leg.answered_at is None and leg.ended_at is None)
    return any(leg.started_at > since for leg in rung)


def reach_of(floor: Floor, transfer: Transfer, recording: str) -> Reach:
    """The instruction that dials a transfer's target."""
    return Reach(
        transfer.id, transfer.role, transfer.endpoint, floor.times.ring_s, recording, transfer.id,
        transfer.third_seat or "",
    )  # fmt: skip


async def third_came(
    floor: Floor, session: AsyncSession, transfer: Transfer, channel: str, at: datetime
) -> Transfer:
    """The third party answered, whoever reports it first; gives the transfer as it is then."""
    if transfer.state != "ringing":
        if channel and not transfer.channel:
            await transfers.change(session, transfer.id, channel=channel)
        return await transfers.get(session, transfer.id)
    await transfers.change(session, transfer.id, state="talking", answered_at=at, channel=channel)
    await transfers.answer_leg(session, transfer.leg_id, at, channel)
    await recordings.expect(session, transfer.call_id, transfer.id, at, transfer.leg_id)
    if transfer.third_seat:
        await rows.seat_talks(session, transfer.third_seat, transfer.call_id, at)
    await rows.note(floor, session, transfer, "answered", at, "switch")
    return await transfers.get(session, transfer.id)
