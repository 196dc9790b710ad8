"""Live captions of a talk: each leg is tapped on its own, heard by the recogniser, and what it says goes into the flow."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from agi.live_audio import Leg, LiveAudio
from app import flow
from app.floor import Floor
from asr.live import LiveEars
from core.errors import HotlineError
from core.ports import Recogniser, Speaker, Switch, Utterance

log = structlog.get_logger(__name__)

TAP_TRIES = 3
WAITING = 1000
LAST_WORDS_S = 3.0


class Captions:
    """Calls never wait for captions: whatever fails here is logged and the talk goes on without them.

    observe(lag seconds, real-time factor) is called per final utterance. Make it inside the running loop.
    """

    def __init__(
        self,
        floor: Floor,
        switch: Switch,
        recogniser: Recogniser,
        audio_at: tuple[str, int],
        observe: Callable[[float, float], None] = lambda lag_s, rtf: None,
    ) -> None:
        self._floor = floor
        self._switch = switch
        self._engine = f"{recogniser.name}/{recogniser.model}"
        self._audio_at = audio_at
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tapped: set[tuple[str, str]] = set()
        self._said: asyncio.Queue[tuple[str, Speaker, Utterance]] = asyncio.Queue(WAITING)
        self.ears = LiveEars(recogniser, self._from_thread, observe=observe)
        self.audio = LiveAudio(self._frame)
        self._writer = asyncio.create_task(self._write(), name="captions")

    async def begin(self, call_id: str, seat: str, citizen_channel: str, agent_channel: str) -> None:
        """The agent answered: tap both legs, without holding up whoever told us."""
        self._begin(call_id, "citizen", citizen_channel)
        self._begin(call_id, "agent", agent_channel)

    async def third(self, call_id: str, speaker: Speaker, channel: str) -> None:
        """Somebody else joined the call: tap their leg too."""
        self._begin(call_id, speaker, channel)

    def _begin(self, call_id: str, speaker: Speaker, channel: str) -> None:
        """One tap a channel: it follows its channel through all phases of the call, a second one would double the words."""
        if (call_id, channel) in self._tapped:
            return
        self._tapped.add((call_id, channel))
        task = asyncio.create_task(self._tap(Leg(call_id, speaker), channel), name=f"tap {call_id} {speaker}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """No more taps; what was heard is still written down."""
        await self.audio.stop()
        self.ears.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._said.join(), LAST_WORDS_S)
        for task in (*self._tasks, self._writer):
            task.cancel()
        await asyncio.gather(*self._tasks, self._writer, return_exceptions=True)

    async def _tap(self, leg: Leg, channel: str) -> None:
        host, port = self._audio_at
        for left in reversed(range(TAP_TRIES)):
            stream = self.audio.register(leg)
            try:
                await self._switch.tap(channel, stream, host, port)
                return
            except HotlineError as error:
                self.audio.forget(stream)
                log.warning(
                    "no captions for a leg yet", call=leg.call_id, speaker=leg.speaker, reason=str(error)
                )
                await asyncio.sleep(0.5 if left else 0)

    async def _frame(self, leg: Leg, pcm: bytes | None) -> None:
        if pcm is None and leg.speaker == "citizen":
            self._tapped = {one for one in self._tapped if one[0] != leg.call_id}
            self.ears.close(leg.call_id)
        elif pcm is None:  # the others may go on
            self.ears.close(leg.call_id, leg.speaker)
        else:
            self.ears.feed(leg.call_id, leg.speaker, pcm)

    def _from_thread(self, call_id: str, speaker: Speaker, said: Utterance) -> None:
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
