"""Which legs of a talk are heard, and by which machine: each channel is tapped once, its sound goes to one of the ears."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from datetime import timedelta
from typing import Any, cast

import structlog

from app.floor import Floor
from core.errors import BadInput, HotlineError, PartMissing
from core.ports import Speaker, Switch
from store import taps

log = structlog.get_logger(__name__)

TRIES = 3
PAUSE_S = 0.5
BRIEF = timedelta(
    seconds=3
)  # a tap that lasted no longer is not asked for at once: its ears may drop all they are given
REST_S = 5.0

Address = tuple[str, int]


def addresses(text: str, own: Address) -> tuple[Address, ...]:
    """`host:port, host:port` as the settings give it; empty: `own`. Raises BadInput."""
    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = one.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadInput(f"HOTLINE_EARS：{one} 不是 主机:端口 (not host:port)")
        found.append((host, int(port)))
    return tuple(found) or (own,)


class Tapping:
    """Calls never wait for captions: whatever fails here is logged and the talk goes on without them.

    All legs of a call go to the same ears, so that its words come in order; the next are asked where those don't listen.
    """

    def __init__(
        self,
        floor: Floor,
        switch: Switch,
        ears: Sequence[Address],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._floor, self._switch, self._ears = floor, switch, tuple(ears)
        self._tasks: set[asyncio.Task[None]] = set()
        self._refused = ""

    async def begin(self, call_id: str, seat: str, citizen_channel: str, agent_channel: str) -> None:
        """The agent answered: tap both legs, without holding up whoever told us."""
        self._begin(call_id, "citizen", citizen_channel)
        self._begin(call_id, "agent", agent_channel)

    async def third(self, call_id: str, speaker: Speaker, channel: str) -> None:
        """Somebody else joined the call: tap their leg too."""
        self._begin(call_id, speaker, channel)

    async def gone(self, stream: str) -> None:
        """A tap ended: where its leg talks on, whoever heard it has died, and others hear the rest."""
        self._spawn(self._heal(stream), f"tap again {stream}")

    async def missed(self, there: Collection[str]) -> None:
        """The link to Asterisk stands again; `there`: the taps it has. The others ended while we did not listen."""
        async with self._floor.database.reading() as session:
            known = await taps.heard(session)
        for stream in known:
            if stream not in there:
                await self.gone(stream)

    async def health(self) -> str:
        """Answer for /health. Raises PartMissing where nobody took the last leg."""
        if self._refused:
            raise PartMissing(f"没有语音识别进程接收通话：{self._refused}")
        return f"{len(self._ears)} 个识别进程"

    async def stop(self) -> None:
        """No more taps; those that run go on until their channels end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, call_id: str, speaker: Speaker, channel: str) -> None:
        self._spawn(self._tap(call_id, speaker, channel), f"tap {call_id} {speaker}")

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tap(self, call_id: str, speaker: Speaker, channel: str) -> None:
        order = sorted(self._ears, key=lambda one: _weight(call_id, one))
        for left in reversed(range(TRIES)):
            host, port = order[(TRIES - 1 - left) % len(order)]
            try:
                await self._ask(call_id, speaker, channel, host, port)
                self._refused = ""
                return
            except HotlineError as error:
                self._refused = str(error)
                told = {"call": call_id, "speaker": speaker, "ears": f"{host}:{port}", "reason": str(error)}
                log.warning("no captions for a leg yet", **told)
                await self._sleep(PAUSE_S if left else 0)

    async def _heal(self, stream: str) -> None:
        """After a moment, in which a channel that hung up is really gone."""
        database, floor = self._floor.database, self._floor
        async with database.reading() as session:
            tap = await taps.of_stream(session, stream)
        if tap is None:
            return
        await self._sleep(REST_S if floor.clock() - tap.at < BRIEF else PAUSE_S)
        try:
            if not await self._switch.exists(tap.channel):
                return
        except HotlineError as error:
            log.warning("a leg is heard no more", call=tap.call_id, speaker=tap.speaker, reason=str(error))
            return
        log.warning("whoever heard a leg has gone: others are asked", call=tap.call_id, speaker=tap.speaker)
        async with database.session() as session:
            await taps.forget(session, stream)
        await self._tap(tap.call_id, cast(Speaker, tap.speaker), tap.channel)

    async def _ask(self, call_id: str, speaker: Speaker, channel: str, host: str, port: int) -> None:
        """A channel keeps its tap through all phases of its call: a second one would double the words."""
        database, at = self._floor.database, self._floor.clock()
        async with database.session() as session:
            stream = await taps.add(session, call_id, channel, speaker, at)
        if stream is None:
            return
        try:
            await self._switch.tap(channel, stream, host, port)
        except BaseException:
            async with database.session() as session:
                await taps.forget(session, stream)
            raise


def _weight(call_id: str, ears: Address) -> bytes:
    """Rendezvous hashing: who hears a call depends on no state, and a machine more or less moves only its share."""
    return hashlib.sha256(f"{call_id} {ears[0]}:{ears[1]}".encode()).digest()
