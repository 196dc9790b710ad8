"""Live captions: what Asterisk sends of each tapped leg is heard by the recogniser, and what it says goes into the flow."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import structlog

from agi.live_audio import Leg, LiveAudio
from app import flow
from app.floor import Floor
from asr.live import LiveEars
from core.errors import HotlineError
from core.ports import Recogniser, Speaker, Utterance
from store import taps

log = structlog.get_logger(__name__)

WAITING = 1000
LAST_WORDS_S = 3.0


class Captions:
    """One machine's ears; several share the talks (`app/tapping.py`). What fails here is logged, the talk goes on.

    observe(lag seconds, real-time factor) is called per final utterance. Make it inside the running loop.
    """

    def __init__(
        self,
        floor: Floor,
        recogniser: Recogniser,
        observe: Callable[[float, float], None] = lambda lag_s, rtf: None,
    ) -> None:
        self._floor = floor
        self._engine = f"{recogniser.name}/{recogniser.model}"
        self._loop = asyncio.get_running_loop()
        self._since: dict[tuple[str, Speaker], float] = {}  # when a stream began, in seconds of its talk
        self._said: asyncio.Queue[tuple[str, Speaker, Utterance]] = asyncio.Queue(WAITING)
        self.ears = LiveEars(recogniser, self._from_thread, observe=observe)
        self.audio = LiveAudio(self._frame, self._whose)
        self._writer = asyncio.create_task(self._write(), name="captions")

    async def stop(self) -> None:
        """No more sound; what was heard is still written down."""
        await self.audio.stop()
        self.ears.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._said.join()
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _whose(self, stream: str) -> Leg | None:
        async with self._floor.database.session() as session:
            found = await taps.take(session, stream, self._floor.clock())
        if found is None:
            return None
        self._since[found.call_id, found.speaker] = found.since_s
        return Leg(found.call_id, found.speaker)

    async def _frame(self, leg: Leg, pcm: bytes | None) -> None:
        if pcm is not None:
            self.ears.feed(leg.call_id, leg.speaker, pcm)
        elif leg.speaker == "citizen":
            over = asyncio.wrap_future(self.ears.close(leg.call_id))
            over.add_done_callback(lambda _: self._forget(leg.call_id))
        else:  # the others may go on
            self.ears.close(leg.call_id, leg.speaker)

    def _forget(self, call_id: str) -> None:
        self._since = {leg: since for leg, since in self._since.items() if leg[0] != call_id}

    def _from_thread(self, call_id: str, speaker: Speaker, said: Utterance) -> None:
        since = self._since.get((call_id, speaker), 0.0)
        said = replace(said, start_s=said.start_s + since, end_s=said.end_s + since)
        self._loop.call_soon_threadsafe(self._queue, (call_id, speaker, said))

    def _queue(self, said: tuple[str, Speaker, Utterance]) -> None:
        if self._said.full():
            log.error("a caption was dropped: the database is behind", call=said[0])
            return
        self._said.put_nowait(said)

    async def _write(self) -> None:
        """In the order they were spoken, one after the other."""
        while True:
            call_id, speaker, said = await self._said.get()
            try:
                await flow.heard(self._floor, call_id, speaker, said, self._engine)
            except HotlineError as error:
                log.warning("a caption was not kept", call=call_id, reason=str(error))
            except Exception as error:
                log.error("a caption failed", call=call_id, exc_info=error)
            finally:
                self._said.task_done()
