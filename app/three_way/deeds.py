"""What people at desks do with a third party: call, merge, swap, leave, cancel, mark; and end the talk."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app.floor import Floor
from app.journey import Journey
from app.three_way import rows
from app.three_way.rows import ASKS, HELD, open_agent
from app.three_way.staff import merged, together
from app.three_way.stages import agent_stem, citizen_stem
from app.three_way.targets import Target, resolve
from core.call import room_of, side_room_of
from core.errors import Conflict, HotlineError, NotAllowed, NotFound, SwitchElsewhere, SwitchSilent
from core.events import AttitudeMarked, Held
from core.ids import new_id
from core.masking import mask_number
from core.ports import Switch
from core.transfer import PRIVATE, Attitude, How, Kind
from store import calls, events, legs, recordings, seats, transfers
from store.tables import Call, Leg, Transfer

log = structlog.get_logger(__name__)


class Deeds:
    """Each is one transaction, then orders to the switch; a leg that missed its order asks and is told by the rows."""

    def __init__(self, floor: Floor, switch: Switch | None) -> None:
        self._floor, self._switch = floor, switch

    async def begin(
        self,
        actor: Actor,
        call_id: str,
        kind: Kind,
        ref: str,
        how: How,
        request_key: str | None = None,
        ask: str = "",
    ) -> str:
        """Call a third party; the transfer's id. `ask`: what they are asked. With the same key it is the same transfer.

        Raises NotFound, NotAllowed, BadInput (no such target), Conflict (no talk, or another transfer is under way),
        SwitchSilent, SwitchElsewhere (then nothing has changed).
        """
        switch = self._require_switch()
        async with self._floor.database.session() as session:
            await calls.lock(session, call_id)
            if request_key and (first := await transfers.by_request_key(session, request_key)):
                return first.id
            call, agent = await self._talk(session, actor, call_id)
            await self._alone(session, call, kind)
            target = await resolve(self._floor, session, call, kind, ref)
            made = await self._made(session, call, agent, actor, target, how, request_key, ask)
            if target.refused is None:
                await self._part(session, call, made, agent)
            else:
                await rows.fail(self._floor, session, made, target.refused, self._floor.clock())
        await rows.do_later(session)
        if target.refused is None:
            await self._order(switch, call, agent, made)
        return made.id

    async def merge(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        """All three talk. Raises NotFound, NotAllowed, Conflict."""
        switch, at = self._require_switch(), self._floor.clock()
        async with self._floor.database.session() as session:
            call, agent = await self._talk(session, actor, call_id)
            mine = await self._mine(session, call, transfer_id, "talking")
            await merged(self._floor, session, mine, at)
            await self._in_room(session, call, at)
            rows.later(session, self._joining(switch, call, agent, mine))
        await rows.do_later(session)

    async def swap(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        """From the third party to the citizen, or back; the other one hears music. Raises NotFound, NotAllowed, Conflict."""
        switch, at = self._require_switch(), self._floor.clock()
        async with self._floor.database.session() as session:
            call, agent = await self._talk(session, actor, call_id)
            mine = await self._mine(session, call, transfer_id, "talking")
            back = mine.place == "swapped"
            await transfers.change(session, mine.id, place="aside" if back else "swapped")
            if back:
                journey = rows.stretch_ends(Journey.read(call.menu_state), at)
                await calls.note(session, call.id, step="held", menu_state=journey.write())
            else:
                await self._in_room(session, call, at)
            who = "third" if back else "citizen"
            await rows.note(self._floor, session, mine, "swapped", at, actor.id, who=who)
        await rows.do_later(session)
        main, side = ("hl-room", room_of(call.id)), ("hl-room", side_room_of(call.id))
        if back:
            await switch.part(call.channel, HELD, agent.channel, side)
            await switch.redirect(mine.channel, *side)
        else:
            await switch.part(agent.channel, main, mine.channel, ASKS)
            await switch.redirect(call.channel, *main)

    async def leave(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        """The actor's leg goes, the others stay; an agent who is still consulting hands over so. Raises as merge."""
        switch, at = self._require_switch(), self._floor.clock()
        async with self._floor.database.session() as session:
            call, agent = await self._talk(session, actor, call_id)
            mine = await self._mine(session, call, transfer_id, "talking", "merged")
            seat = await seats.of_user(session, actor.id)
            expert = seat is not None and seat.id == mine.third_seat
            if mine.state == "talking" and not expert:
                await merged(self._floor, session, mine, at)
                await self._in_room(session, call, at)
                rows.later(session, self._joining(switch, call, agent, mine))
            if not expert:
                await transfers.change(session, mine.id, left_at=at)
        await rows.do_later(session)
        await switch.hangup(mine.channel if expert else agent.channel)

    async def cancel(self, actor: Actor, call_id: str, transfer_id: str, ticket: bool = True) -> None:
        """Give up ringing, or end the talk with the third party; agent and citizen are together again. Raises as merge."""
        switch, at = self._require_switch(), self._floor.clock()
        async with self._floor.database.session() as session:
            call, agent = await self._talk(session, actor, call_id)
            mine = await self._mine(session, call, transfer_id, "ringing", "talking", "merged")
            if mine.state == "ringing":
                await rows.fail(self._floor, session, mine, "cancelled", at, ticket=ticket)
            else:
                await rows.over(self._floor, session, mine, at, "us", False)
        await rows.do_later(session)
        if mine.place in ("consult", "aside"):
            await switch.redirect(agent.channel, *ASKS)
        if mine.channel:
            await self._try(switch.hangup(mine.channel))

    async def hold(self, actor: Actor, call_id: str) -> None:
        """Music for the citizen, where the telephone beside the page can not do it itself. Raises NotFound, NotAllowed, Conflict, SwitchSilent."""
        switch, at = self._require_switch(), self._floor.clock()
        async with self._floor.database.session() as session:
            call, agent = await self._talk(session, actor, call_id)
            if await transfers.current(session, call.id) is not None:
                raise Conflict("通话中有第三方，请切换")
            if Journey.read(call.menu_state).held:
                return
            journey = replace(await self._apart(session, call, at), held=True)
            await recordings.expect(session, call.id, agent_stem(call.id, journey), at, agent.id)
            await self._held(session, call, journey, "held", agent, actor)
        await rows.do_later(session)
        try:
            await switch.part(call.channel, HELD, agent.channel, ASKS)
        except HotlineError:  # they are together still
            async with self._floor.database.session() as session:
                await calls.lock(session, call.id)
                before = replace(Journey.read(call.menu_state), held=False)
                await self._held(session, call, before, call.step, agent, actor)
            await rows.do_later(session)
            raise

    async def resume(self, actor: Actor, call_id: str) -> None:
        """Agent and citizen are together again. Raises as hold."""
        switch, at = self._require_switch(), self._floor.clock()
        async with self._floor.database.session() as session:
            call, agent = await self._talk(session, actor, call_id)
            journey = Journey.read(call.menu_state)
            if not journey.held:
                return
            await self._held(session, call, rows.stretch_begins(journey, at), "room", agent, actor)
            room = ("hl-room", room_of(call.id))
            rows.later(session, lambda: switch.part(agent.channel, room, call.channel, room))
        await rows.do_later(session)

    async def mark(
        self,
        actor: Actor,
        call_id: str,
        transfer_id: str,
        kind: Attitude,
        note: str,
        start_s: float,
        end_s: float,
    ) -> None:
        """How they behaved, with the sound that shows it; a later mark replaces an earlier one. Raises NotFound, Conflict."""
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            call = await calls.lock(session, call_id)
            mine = await self._of(session, call, transfer_id)
            if mine.answered_at is None and mine.reason is None:
                raise Conflict("对方还没有应答")
            sound = await transfers.evidence(session, mine)
            evidence = {"recording_id": sound.id if sound else None, "start_s": start_s, "end_s": end_s}
            given = {"kind": kind, "note": note, "by": actor.id, "at": at.isoformat(), **evidence}
            await transfers.change(session, mine.id, attitude=given)
            told = AttitudeMarked(at, call.id, mine.id, kind, sound.id if sound else None)
            await events.append(session, told, actor.id)

    async def finish(self, call: Call) -> None:
        """The desk ends the talk: the citizen hears goodbye, everybody else is let go. Raises SwitchSilent, Conflict."""
        switch = self._require_switch()
        async with self._floor.database.session() as session:
            call = await calls.lock(session, call.id)
            if call.ended_at is not None:
                raise Conflict("通话已经结束")
            at, journey = self._floor.clock(), Journey.read(call.menu_state)
            staff = [leg for leg in await transfers.staff_legs(session, call.id) if leg.ended_at is None]
            if call.agent_answered_at is not None:
                journey = rows.stretch_ends(await rows.first_stretch(session, call, journey), at)
                for leg in staff:
                    await transfers.end_leg(session, leg.id, at, "agent", "ANSWER")
                await calls.note(session, call.id, talk_seconds=journey.talked_s)
            await self._end_open(session, call, at)
            await seats.let_go(session, call.id, at)
            by = "agent" if call.agent_answered_at else "us"
            journey = replace(journey, hung_up_by=by, seat="")
            await calls.note(session, call.id, step="finish", state="closing", menu_state=journey.write())
        await rows.do_later(session)
        await switch.redirect(call.channel, *HELD)
        for leg in staff:
            if leg.channel:
                await self._try(switch.hangup(leg.channel))

    # --- parts of them ---------------------------------------------------------------------------------------------------

    def _require_switch(self) -> Switch:
        if self._switch is None:
            raise SwitchElsewhere("转接须由同时承担 api 和 agi 的进程办理")
        return self._switch

    async def _talk(self, session: AsyncSession, actor: Actor, call_id: str) -> tuple[Call, Leg]:
        """The call and its agent's leg, where they talk now."""
        call = await calls.lock(session, call_id)
        agent = open_agent(await transfers.staff_legs(session, call.id))
        if call.ended_at is not None or agent is None:
            raise Conflict("话务员没有在这个通话中")
        if actor.at_a_seat and actor.id != call.user_id:
            mine = await seats.of_user(session, actor.id)
            if mine is None or mine.call_id != call.id:
                raise NotAllowed("这不是您接听的通话")
        if not agent.channel:
            raise SwitchSilent("尚不知话务员的通道")
        return call, agent

    async def _alone(self, session: AsyncSession, call: Call, kind: Kind) -> None:
        """One third party at a time; an emergency goes before whatever is under way."""
        current = await transfers.current(session, call.id)
        if current is None:
            return
        if kind != "emergency":
            raise Conflict("已有转接在进行，请先结束")
        await self._end_open(session, call, self._floor.clock())
        if current.channel and self._switch is not None:
            switch, channel = self._switch, current.channel
            rows.later(session, lambda: self._try(switch.hangup(channel)))

    async def _end_open(self, session: AsyncSession, call: Call, at: datetime) -> None:
        for one in await transfers.of_call(session, call.id):
            if one.state == "ringing":
                await rows.fail(self._floor, session, one, "cancelled", at)
            else:
                await rows.over(self._floor, session, one, at, "us", False)

    async def _made(
        self,
        session: AsyncSession,
        call: Call,
        agent: Leg,
        actor: Actor,
        target: Target,
        how: How,
        request_key: str | None,
        ask: str,
    ) -> Transfer:
        at, transfer_id = self._floor.clock(), new_id("tr")
        third = await seats.get(session, target.seat) if target.seat else None
        shown = mask_number(target.number) if target.kind in PRIVATE else target.number
        leg_id = await legs.add(session, call.id, target.role, at, number=shown, transfer_id=transfer_id)
        made = await transfers.add(
            session, id=transfer_id, call_id=call.id, how=how, kind=target.kind, ref=target.ref, name=target.name,
            number=target.number, endpoint=target.endpoint, role=target.role, unit_code=target.unit, leg_id=leg_id,
            third_seat=target.seat or None, third_user=third.user_id if third else None, ask=ask or None, seat_id=agent.number, user_id=actor.id, state="ringing",
            place="blind" if how == "blind" else "consult", requested_at=at,
            request_key=request_key,
        )  # fmt: skip
        await rows.note(self._floor, session, made, "ringing", at, actor.id)
        return made

    async def _part(self, session: AsyncSession, call: Call, made: Transfer, agent: Leg) -> None:
        """The talk is parted: the citizen's own recording goes on from here, and each other leg has one of its own."""
        at = self._floor.clock()
        journey = await self._apart(session, call, at)
        stage = "held"
        if made.how == "blind":
            stage = "reach"
            await transfers.end_leg(session, agent.id, at, "agent", "ANSWER")
            await rows.let_seat_go(session, agent.number, call.id, at)
            await rows.note(self._floor, session, made, "left", at, "switch", who="agent")
        else:
            await recordings.expect(session, call.id, agent_stem(call.id, journey), at, agent.id)
        await calls.note(session, call.id, step=stage, state="talking", menu_state=journey.write())

    async def _apart(self, session: AsyncSession, call: Call, at: datetime) -> Journey:
        """The citizen talks with nobody now; their own recording goes on."""
        journey = await rows.first_stretch(session, call, Journey.read(call.menu_state))
        journey = replace(rows.stretch_ends(journey, at), held=False)
        citizen = next(leg for leg in await legs.of_call(session, call.id) if leg.role == "citizen")
        await recordings.expect(session, call.id, citizen_stem(call.id, journey), at, citizen.id)
        return journey

    async def _held(
        self, session: AsyncSession, call: Call, journey: Journey, stage: str, agent: Leg, actor: Actor
    ) -> None:
        """On hold or taken back, as a fact; told to the call's screens afterwards."""
        await calls.note(session, call.id, step=stage, state="talking", menu_state=journey.write())
        await events.append(
            session, Held(self._floor.clock(), call.id, agent.number or "", journey.held), actor.id
        )
        tell = self._floor.tell
        rows.later(session, lambda: tell(f"call.{call.id}", "call.held", on=journey.held))

    async def _order(self, switch: Switch, call: Call, agent: Leg, made: Transfer) -> None:
        """Part citizen and agent; where the switch refuses, it is as if nobody had asked."""
        try:
            if made.how == "blind":
                await switch.redirect(call.channel, *HELD)
                await self._try(switch.hangup(agent.channel))
            else:
                await switch.part(call.channel, HELD, agent.channel, ASKS)
        except HotlineError:
            async with self._floor.database.session() as session:
                now = await calls.lock(session, call.id)
                await rows.fail(
                    self._floor, session, await transfers.get(session, made.id), "cancelled",
                    self._floor.clock(), ticket=False,
                )  # fmt: skip
                if now.step in ("held", "reach"):
                    await calls.note(session, call.id, step=call.step, menu_state=call.menu_state)
            await rows.do_later(session)
            raise

    async def _in_room(self, session: AsyncSession, call: Call, at: datetime) -> None:
        journey = rows.stretch_begins(Journey.read(call.menu_state), at)
        await calls.note(session, call.id, step="room", state="talking", menu_state=journey.write())

    def _joining(self, switch: Switch, call: Call, agent: Leg, mine: Transfer) -> rows.Todo:
        """Whoever is not in the room yet comes there."""
        room = ("hl-room", room_of(call.id))
        if mine.place == "swapped":
            return lambda: switch.redirect(mine.channel, *room)
        return together(switch, call, agent.channel, mine.channel)

    async def _mine(self, session: AsyncSession, call: Call, transfer_id: str, *states: str) -> Transfer:
        mine = await self._of(session, call, transfer_id)
        if mine.state not in states:
            raise Conflict(f"转接当前为 {mine.state}，不能这样做")
        if mine.state != "ringing" and not mine.channel:
            raise SwitchSilent("尚不知第三方的通道")
        return mine

    async def _of(self, session: AsyncSession, call: Call, transfer_id: str) -> Transfer:
        mine = await transfers.get(session, transfer_id)
        if mine.call_id != call.id:
            raise NotFound(f"这通电话没有转接 {transfer_id}")
        return mine

    async def _try(self, order: Any) -> None:
        """A channel that is gone already need not be hung up."""
        try:
            await order
        except HotlineError as error:
            log.info("a leg was not there to hang up", reason=str(error))
