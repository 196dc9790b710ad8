"""The others' side: what a leg does that was taken out of its talk, and what its end means for those who stay."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.journey import Journey
from app.three_way import rows
from app.three_way.rows import ASKS, open_agent
from app.three_way.stages import LOST, agent_stem, comes_back, reach_of, third_came
from core.call import Bye, Hold, Instruction, Room, StaffEnd, StaffResult, room_of, side_room_of
from core.ports import Place, Speaker, Switch
from core.transfer import reason_of
from store import calls, transfers
from store.tables import Call, Leg, Transfer

STAFF_HOLD_S = 2  # after the citizen has gone nobody stays longer than this
OnThird = Callable[[str, Speaker, str], Awaitable[None]]


class StaffLegs:
    """Answers legs that ask for themselves. `on_third(call, role, channel)` starts the third party's captions."""

    def __init__(self, floor: Floor, switch: Switch | None, on_third: OnThird | None = None) -> None:
        self._floor, self._switch, self._on_third = floor, switch, on_third

    async def next(self, result: StaffResult) -> Instruction:
        """What this leg does now; asked again it is told the same."""
        async with self._floor.database.session() as session:
            call = await calls.lock(session, result.call_id)
            if call.ended_at is not None:
                return Bye()
            journey = Journey.read(call.menu_state)
            ask = self._agent if result.role == "agent" else self._third
            told, after = await ask(session, call, journey, result)
            if after is not journey:
                await self._save(session, call, after)
        await rows.do_later(session)
        return told

    async def _save(self, session: AsyncSession, call: Call, journey: Journey) -> None:
        """The citizen talks in the room from now on."""
        await calls.note(session, call.id, step="room", state="talking", menu_state=journey.write())

    # --- the agent -----------------------------------------------------------------------------------------------------

    async def _agent(
        self, session: AsyncSession, call: Call, journey: Journey, result: StaffResult
    ) -> tuple[Instruction, Journey]:
        at, stem = self._floor.clock(), agent_stem(call.id, journey)
        back = await self._came_back(session, call, result, at)
        if _is_over(await transfers.staff_legs(session, call.id), result.channel):
            return Bye(), journey
        current = await transfers.current(session, call.id)
        if current is not None and current.place == "consult":
            dialled = result.step == "reach" and result.transfer_id in ("", current.id)
            if not dialled and current.state == "ringing":
                return reach_of(self._floor, current, stem), journey
            if dialled:
                await self._dialled(session, current, result, at)
                current = None
        if current is not None and current.place == "aside":
            return Room(side_room_of(call.id), stem), journey
        if current is not None and current.place == "blind":
            return Bye(), journey
        if current is None and journey.held:
            return Hold(STAFF_HOLD_S, "", stem), journey
        # the room may have ended under the citizen without our having heard of it yet: the new leg takes them along
        fetch = call.step != "room" or (back and (current is None or current.state != "merged"))
        return Room(room_of(call.id), stem, fetch=fetch), rows.stretch_begins(journey, at)

    async def _came_back(self, session: AsyncSession, call: Call, result: StaffResult, at: datetime) -> bool:
        """Whether a seat that was rung into its talk has picked up just now."""
        staff = await transfers.staff_legs(session, call.id)
        if _is_over(staff, result.channel):  # the leg that is gone, not the one that is rung
            return False
        rung = [
            leg
            for leg in staff
            if leg.role == "agent" and leg.number == result.seat and not (leg.answered_at or leg.ended_at)
        ]
        for leg in rung:
            await transfers.answer_leg(session, leg.id, at, result.channel)
            await rows.seat_talks(session, result.seat, call.id, at)
            if (captions := self._on_third) is not None:
                rows.later(session, partial(captions, call.id, "agent", result.channel))
        return bool(rung)

    async def _dialled(
        self, session: AsyncSession, current: Transfer, result: StaffResult, at: datetime
    ) -> None:
        """The agent's Dial to the third party is over: they had talked, or it failed."""
        if result.status in ("ANSWER", LOST) or current.state == "talking":
            current = await third_came(self._floor, session, current, "", at)
            await rows.over(self._floor, session, current, at, current.role, result.status == LOST)
            return
        reason = reason_of(result.status, result.cause, result.rang)
        await rows.fail(self._floor, session, current, reason, at, cause=result.cause)

    # --- the third party -------------------------------------------------------------------------------------------------

    async def _third(
        self, session: AsyncSession, call: Call, journey: Journey, result: StaffResult
    ) -> tuple[Instruction, Journey]:
        at = self._floor.clock()
        mine = await transfers.get(session, result.transfer_id)
        if mine.state == "ringing":  # answered before AMI could say so
            mine = await third_came(self._floor, session, mine, result.channel, at)
        if mine.ended_at is not None:
            return Bye(), journey
        if mine.place == "swapped":
            return Hold(STAFF_HOLD_S), journey
        if mine.place == "aside":
            staff = await transfers.staff_legs(session, call.id)
            if open_agent(staff) is not None:
                return Room(side_room_of(call.id), ""), journey
            if comes_back(staff, at, self._floor.times.ring_s):
                return Hold(STAFF_HOLD_S), journey
        if mine.state == "talking":  # the agent went, whose place with the citizen is theirs now
            await merged(self._floor, session, mine, at, left=True)
        fetch = call.step != "room"
        return Room(room_of(call.id), "", fetch=fetch), rows.stretch_begins(journey, at)

    async def answered(self, call_id: str, transfer_id: str, channel: str, at: datetime) -> None:
        """AMI saw them pick up. A three-way call goes on by itself."""
        async with self._floor.database.session() as session:
            call = await calls.lock(session, call_id)
            mine = await transfers.get(session, transfer_id)
            fresh = mine.state == "ringing"
            mine = await third_came(self._floor, session, mine, channel, at)
            if fresh and mine.how == "blind":
                journey = rows.stretch_begins(Journey.read(call.menu_state), at)
                await calls.note(session, call.id, menu_state=journey.write())
            if fresh and mine.how == "three_way" and call.ended_at is None:
                await self._merge(session, call, mine, at)
        if fresh and self._on_third is not None:
            await self._on_third(call_id, cast(Speaker, mine.role), channel)
        await rows.do_later(session)

    async def _merge(self, session: AsyncSession, call: Call, mine: Transfer, at: datetime) -> None:
        agent = open_agent(await transfers.staff_legs(session, call.id))
        await merged(self._floor, session, mine, at)
        await self._save(session, call, rows.stretch_begins(Journey.read(call.menu_state), at))
        if self._switch is not None and agent is not None:
            rows.later(session, together(self._switch, call, agent.channel, mine.channel))

    # --- ends ------------------------------------------------------------------------------------------------------------

    async def ended(self, end: StaffEnd) -> None:
        """A leg is gone. The others stay as they are, or are brought together."""
        async with self._floor.database.session() as session:
            call = await calls.lock(session, end.call_id)
            current = await transfers.current(session, call.id)
            if end.role == "agent":
                await self._agent_gone(session, call, current, end)
            elif end.transfer_id:
                await self._third_gone(session, call, end)
        await rows.do_later(session)

    async def _agent_gone(
        self, session: AsyncSession, call: Call, current: Transfer | None, end: StaffEnd
    ) -> None:
        reason, ended = LOST if end.lost else "ANSWER", False
        staff = [leg for leg in await transfers.staff_legs(session, call.id) if leg.role == "agent"]
        known = any(leg.channel == end.channel for leg in staff)
        for leg in staff:
            if leg.ended_at is None and leg.channel == (end.channel if known else ""):
                ended |= await transfers.end_leg(session, leg.id, end.at, end.ended_by, reason)
        if call.ended_at is not None or not ended:  # whoever ended it before has seen to the rest
            return
        if end.seat and not end.lost:  # a seat whose line was lost may be rung again
            await rows.let_seat_go(session, end.seat, call.id, end.at)
        await self._seat_free(session)
        if current is None:
            self._wake(session, call)
            return
        if current.state == "merged":
            await transfers.change(session, current.id, left_at=current.left_at or end.at)
            await rows.note(self._floor, session, current, "left", end.at, "switch", who="agent")
        elif current.place == "aside":
            self._send(session, current.channel, ASKS)
        elif current.state == "ringing" and current.place == "consult":
            await rows.fail(self._floor, session, current, "cancelled", end.at)
            self._wake(session, call)

    async def _third_gone(self, session: AsyncSession, call: Call, end: StaffEnd) -> None:
        mine = await transfers.get(session, end.transfer_id)
        aside = mine.place == "aside"
        if mine.state == "ringing":
            mine = await third_came(self._floor, session, mine, end.channel, end.at)
        await rows.over(
            self._floor, session, mine, end.at, end.ended_by if not end.lost else mine.role, end.lost
        )
        if call.ended_at is not None:
            return
        if mine.third_seat:
            await self._seat_free(session)
        agent = open_agent(await transfers.staff_legs(session, call.id))
        if aside and agent is not None:
            self._send(session, agent.channel, ASKS)
        else:
            self._wake(session, call)

    async def _seat_free(self, session: AsyncSession) -> None:
        async def tell() -> None:
            await self._floor.tell("queue", "seat.free")

        rows.later(session, tell)

    def _wake(self, session: AsyncSession, call: Call) -> None:
        """A citizen who hears music asks at once instead of in some seconds."""
        if call.step in ("held", "left"):
            self._send(session, call.channel, ("hl-held", "s"))

    def _send(self, session: AsyncSession, channel: str, place: Place) -> None:
        switch = self._switch

        async def order() -> None:
            if switch is not None and channel:
                await switch.redirect(channel, *place)

        rows.later(session, order)


async def merged(
    floor: Floor, session: AsyncSession, transfer: Transfer, at: datetime, left: bool = False
) -> None:
    """All in one room; left: without the agent."""
    changes = {"state": "merged", "place": "room", "merged_at": at} | ({"left_at": at} if left else {})
    await transfers.change(session, transfer.id, **changes)
    await rows.note(floor, session, transfer, "merged", at, "switch")
    if left:
        await rows.note(floor, session, transfer, "left", at, "switch", who="agent")


def together(switch: Switch, call: Call, agent: str, third: str) -> rows.Todo:
    """The orders that bring all three into the room."""
    room = ("hl-room", room_of(call.id))

    async def orders() -> None:
        await switch.part(agent, room, third, room)
        await switch.redirect(call.channel, *room)

    return orders


def _is_over(staff: Sequence[Leg], channel: str) -> bool:
    """Whether this channel's leg was ended, and no other has it: its page is gone, and another one was rung."""
    mine = [leg for leg in staff if channel and leg.channel == channel]
    return bool(mine) and all(leg.ended_at is not None for leg in mine)
