"""A supervisor in somebody else's talk: listen, whisper, barge, take over; and seats made to pause or log out.

Who, whose talk, why and when stand in rows before the telephone rings. What goes wrong at the switch ends the supervision, never
the talk.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal, Protocol

import structlog

from api.actor import Actor
from app.floor import Floor
from app.journey import Journey
from app.three_way import rows as three_way
from core.errors import Conflict, HotlineError, NotAllowed, SwitchElsewhere
from core.ports import Speaker
from store import calls, seat_forced, seats, supervision
from store.tables import Supervision

log = structlog.get_logger(__name__)

RING_S = 20
SpyMode = Literal["listen", "whisper", "barge"]
Mode = Literal["listen", "whisper", "barge", "take_over"]
Caption = Callable[[str, Speaker, str], Awaitable[None]]
_FORCE: dict[str, Literal["pause", "logout"]] = {"force_pause": "pause", "force_logout": "logout"}


class SpySwitch(Protocol):
    """What we ask of the switch about a supervisor's leg, which is named by the supervision's id; agi.spy.Spies."""

    async def join(self, leg: str, phone: str, agent: str, mode: SpyMode, ring_s: int) -> str: ...

    async def change(self, leg: str, agent: str, mode: SpyMode) -> None: ...

    async def take_over(self, leg: str, seat: str, call_id: str, citizen: str, agent: str) -> None: ...

    async def leave(self, leg: str) -> None: ...

    async def gone(self, leg: str) -> None: ...


class SupervisionDesk:
    """api.supervision_house.SupervisionDeeds over a Floor; `spies` None where this process has no switch.

    `caption(call, speaker, channel)`, where set, writes down what a supervisor who took over says.
    """

    def __init__(self, floor: Floor, spies: SpySwitch | None) -> None:
        self._floor = floor
        self._spies = spies
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.caption: Caption | None = None

    async def resume(self) -> None:
        """After a restart: whoever still listens is followed to the end."""
        async with self._floor.database.reading() as session:
            rows = await supervision.running(session)
        for row in rows:
            self._follow(row.id, None)

    async def stop(self) -> None:
        """Stop following; telephones stay joined."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def supervise(self, actor: Actor, call_id: str, seat_id: str, mode: Mode, why: str) -> str:
        """Ring the supervisor's own telephone and join it to the talk; the supervision's id."""
        self._switch()
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            row = await supervision.begin(session, call_id, seat_id, actor.id, mode, why, at)
            phone = (await seats.get(session, seat_id)).sip_user
        await self._tell(row, "supervision.ringing")
        self._follow(row.id, (phone, why))
        return row.id

    async def change(self, actor: Actor, supervision_id: str, mode: Mode, why: str) -> None:
        """Another mode while it is on."""
        row, agent = await self._mine(actor, supervision_id)
        if row.state != "on" or row.mode == "take_over":
            raise Conflict("监听已经结束、尚未接通或已经接管")
        if mode == "take_over":
            await self._take_over(row, why)
            return
        await self._switch().change(row.id, agent, mode)
        async with self._floor.database.session() as session:
            await supervision.changed(session, row, mode, why, self._floor.clock())
        await self._tell(row, "supervision.changed", mode=mode)

    async def end(self, actor: Actor, supervision_id: str) -> None:
        """Hang the supervisor's telephone up; whoever took a call over ends it as an agent does."""
        async with self._floor.database.reading() as session:
            row = await supervision.get(session, supervision_id)
        if actor.id != row.user_id and actor.role not in ("supervisor", "admin"):
            raise NotAllowed("这不是您的监听")
        if row.mode == "take_over" and row.state == "on":
            raise Conflict("通话已由班长接管，请按话务员的方式结束")
        await self._switch().leave(row.id)
        await self._over(row.id, "hung up")

    async def force(self, actor: Actor, seat_id: str, deed: str, why: str) -> bool:
        """Make a seat pause or log out, after the talk it has; True where that is done already."""
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            seat = await seats.get(session, seat_id)
            await supervision.note_force(session, seat, deed, actor.id, why, at)
            done = await seat_forced.force(session, seat_id, _FORCE[deed], actor.id, why, at)
            state = (await seats.get(session, seat_id)).state
        await self._floor.tell("floor", "seat.state", seat=seat_id, state=state)
        await self._floor.tell(f"seat.{seat_id}", "seat.forced", seat=seat_id, deed=deed, why=why, done=done)
        return done

    # ---

    def _switch(self) -> SpySwitch:
        if self._spies is None:
            raise SwitchElsewhere("监听和插话须由同时承担 api 和 agi 的进程办理")
        return self._spies

    async def _mine(self, actor: Actor, supervision_id: str) -> tuple[Supervision, str]:
        """The actor's own supervision and the channel of the agent it hears."""
        async with self._floor.database.session() as session:
            row = await supervision.get(session, supervision_id)
            if row.user_id != actor.id:
                raise NotAllowed("这不是您的监听")
            return row, (await supervision.talk(session, row.call_id)).agent.channel

    def _follow(self, supervision_id: str, ring: tuple[str, str] | None) -> None:
        task = asyncio.create_task(self._run(supervision_id, ring), name=f"supervision {supervision_id}")
        self._tasks[supervision_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(supervision_id, None))

    async def _run(self, supervision_id: str, ring: tuple[str, str] | None) -> None:
        """From the ring (None: it rang before a restart) to the end of the supervisor's leg."""
        reason = "over"
        try:
            if ring is not None:
                await self._ring(supervision_id, *ring)
            await self._switch().gone(supervision_id)
        except HotlineError as error:
            reason = error.code
            log.warning("supervision ended", supervision=supervision_id, reason=str(error))
        await self._over(supervision_id, reason)

    async def _ring(self, supervision_id: str, phone: str, why: str) -> None:
        async with self._floor.database.session() as session:
            row = await supervision.get(session, supervision_id)
            agent = (await supervision.talk(session, row.call_id)).agent.channel
        wanted: SpyMode = "listen" if row.mode == "take_over" else row.mode  # type: ignore[assignment]
        channel = await self._switch().join(row.id, phone, agent, wanted, RING_S)
        async with self._floor.database.session() as session:
            if not await supervision.joined(session, row.id, channel, self._floor.clock()):
                await self._switch().leave(row.id)
                return
            row = await supervision.get(session, row.id)
        await self._tell(row, "supervision.on")
        if row.mode == "take_over":
            await self._take_over(row, why)

    async def _take_over(self, row: Supervision, why: str) -> None:
        async with self._floor.database.session() as session:
            found = await supervision.talk(session, row.call_id)
            citizen, agent = found.call.channel, found.agent.channel
        await self._switch().take_over(row.id, row.seat_id, row.call_id, citizen, agent)
        async with self._floor.database.session() as session:
            call = await calls.lock(session, row.call_id)
            at = self._floor.clock()
            journey = await three_way.first_stretch(session, call, Journey.read(call.menu_state))
            journey = three_way.stretch_ends(journey, at)  # the room's stretch is counted by itself
            journey = three_way.stretch_begins(replace(journey, seat=row.seat_id), at)
            await supervision.taken_over(session, row, why, at, journey.write())
        if self.caption is not None:
            await self.caption(row.call_id, "supervisor", row.channel)
        await self._tell(row, "supervision.changed", mode="take_over")
        await self._floor.tell("floor", "call.answered", call_id=row.call_id, seat=row.seat_id)
        await self._floor.tell(f"seat.{row.seat_id}", "call.answered", call_id=row.call_id)
        await self._floor.tell(
            f"seat.{row.agent_seat}", "call.taken_over", call_id=row.call_id, seat=row.seat_id
        )

    async def _over(self, supervision_id: str, reason: str) -> None:
        async with self._floor.database.session() as session:
            row = await supervision.ended(session, supervision_id, reason, self._floor.clock())
        if row is not None:
            await self._tell(row, "supervision.ended", reason=reason)

    async def _tell(self, row: Supervision, event: str, **more: Any) -> None:
        """Supervisors' screens only: the agent learns of it from the record afterwards."""
        facts = {"call_id": row.call_id, "supervision_id": row.id, "seat": row.seat_id, "mode": row.mode}
        await self._floor.tell("supervision", event, **(facts | more))
