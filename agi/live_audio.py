"""AudioSocket server: live audio of each speaker, one TCP stream per leg, as Asterisk's chan_audiosocket sends it.

Frames: 1 byte kind, 2 bytes big-endian length, payload. Kinds: 0x00 end, 0x01 stream id (16 bytes UUID), 0x03 DTMF,
0x10 16-bit little-endian mono PCM at 8 kHz, 0xff error. Source: Asterisk documentation, "AudioSocket".
"""

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from agi.errors import BadPeer
from core.errors import HotlineError
from core.ports import Speaker

log = structlog.get_logger(__name__)

END, IDENTITY, DTMF, AUDIO, ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF
_LONGEST = 4096
_BYTES_S = 16_000


@dataclass(frozen=True, slots=True)
class Leg:
    """Whose voice a stream carries."""

    call_id: str
    speaker: Speaker


Consumer = Callable[[Leg, bytes | None], Awaitable[None]]
Whose = Callable[[str], Awaitable[Leg | None]]
"""The leg of a stream by its id; None for one nobody expects, or that was taken already."""


class LiveAudio:
    """Hands each leg's PCM to `consumer` in order, and None once at its end.

    A slow consumer costs the oldest frames of its own leg (`dropped` counts them), never memory, never Asterisk.
    queue_s: seconds of audio kept per leg. silent_s: a stream without a frame this long is dead. A phone that is muted, or
    that sends nothing while nobody speaks into it, is heard as silence after quiet_s, so that a sentence ends when it was said.
    """

    def __init__(
        self,
        consumer: Consumer,
        whose: Whose,
        queue_s: float = 10.0,
        identify_s: float = 3.0,
        silent_s: float = 120.0,
        quiet_s: float = 1.0,
    ) -> None:
        self.dropped = 0
        self._consumer, self._whose = consumer, whose
        self._frames = max(1, int(queue_s * 50))
        self._identify_s = identify_s
        self._silent_s = silent_s
        self._quiet_s = quiet_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._stopping = False

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; give the port."""
        self._server = await asyncio.start_server(self._accept, host, port, backlog=512)
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def streams(self) -> int:
        """Connections open now."""
        return len(self._tasks)

    async def stop(self) -> None:
        """Close every stream; consumers get what is queued for at most a second, then their None."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            leg = await self._identify(reader)
            await self._stream(leg, reader)
        except HotlineError as error:
            log.warning("audio stream refused", reason=str(error))
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._tasks.discard(task)
            writer.transport.abort()  # Asterisk frees the spying channel as soon as the socket is gone

    async def _identify(self, reader: asyncio.StreamReader) -> Leg:
        try:
            async with asyncio.timeout(self._identify_s):
                kind, payload = await _frame(reader)
        except (TimeoutError, EOFError, ConnectionError):
            raise BadPeer("no stream id") from None
        if kind != IDENTITY or len(payload) != 16:
            raise BadPeer("no stream id")
        leg = await self._whose(str(uuid.UUID(bytes=payload)))
        if leg is None:
            raise BadPeer("unknown stream id")
        return leg

    async def _stream(self, leg: Leg, reader: asyncio.StreamReader) -> None:
        queue: deque[bytes] = deque()
        more = asyncio.Event()
        feeder = asyncio.create_task(self._feed(leg, queue, more), name=f"audio-{leg.speaker}")
        try:
            while True:
                async with asyncio.timeout(self._silent_s):
                    kind, payload = await _frame(reader)
                if kind in (END, ERROR):
                    return
                if kind == AUDIO:
                    if len(queue) >= self._frames:
                        queue.popleft()
                        self.dropped += 1
                    queue.append(payload)
                    more.set()
        except (TimeoutError, EOFError, ConnectionError):
            return
        finally:
            queue.append(b"")
            more.set()
            await self._finish(leg, feeder)

    async def _feed(self, leg: Leg, queue: deque[bytes], more: asyncio.Event) -> None:
        heard = False
        while True:
            try:
                async with asyncio.timeout(self._quiet_s if heard else None):
                    await more.wait()
            except TimeoutError:
                await self._consumer(leg, bytes(int(self._quiet_s * _BYTES_S)))
            more.clear()
            while queue:
                heard = True
                pcm = queue.popleft()
                if not pcm:
                    return
                await self._consumer(leg, pcm)

    async def _finish(self, leg: Leg, feeder: "asyncio.Task[None]") -> None:
        """Let the consumer take what is queued for a moment, then tell it the end, whatever it raised before."""
        await asyncio.wait({feeder}, timeout=1.0)
        feeder.cancel()
        await asyncio.wait({feeder}, timeout=1.0)
        if feeder.done() and not feeder.cancelled() and (error := feeder.exception()) is not None:
            log.error("audio consumer failed", call=leg.call_id, speaker=leg.speaker, exc_info=error)
        with contextlib.suppress(TimeoutError):
            try:
                async with asyncio.timeout(1.0):
                    await self._consumer(leg, None)
            except TimeoutError:
                raise
            except Exception as error:
                log.error("audio consumer failed at the end", call=leg.call_id, exc_info=error)


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One frame. Raises BadPeer on a length no AudioSocket peer sends, IncompleteReadError (an EOFError) at the end."""
    head = await reader.readexactly(3)
    length = int.from_bytes(head[1:], "big")
    if length > _LONGEST or head[0] not in (END, IDENTITY, DTMF, AUDIO, ERROR):
        raise BadPeer("not AudioSocket")
    return head[0], await reader.readexactly(length)
