"""Listening while people talk: one recogniser stream per speaker, decoded in a small thread pool, never in the caller's way.

Under load provisional text goes first (`hush`), then the oldest audio of the stream that is behind (counted; the after-call transcript
still has it). What a caller hands in is only queued: `feed` and `close` return at once, from any thread or event loop.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import structlog

from asr.ear import BYTES_S, Ear
from core.ports import Recogniser, Speaker, Utterance

OnUtterance = Callable[[str, Speaker, Utterance], None]
_LATE_S = 1.0  # packets this long after a close belong to the closed talk; later ones begin a new talk of the same call

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the ears keep up. Lag: seconds from the end of the speech to its final text (endpoint silence included).

    `hushed_s`: audio heard without provisional text, to catch up; `dropped_s`: audio left to the after-call transcript.
    """

    streams: int = 0
    queued_s: float = 0.0
    last_lag_s: float = 0.0
    heard_s: float = 0.0
    busy_s: float = 0.0
    hushed_s: float = 0.0
    dropped_s: float = 0.0
    failed: int = 0

    @property
    def rtf(self) -> float:
        """Seconds of work per second of audio."""
        return self.busy_s / self.heard_s if self.heard_s else 0.0


class LiveEars:
    """Streams of many calls over one recogniser.

    on_utterance(call_id, speaker, utterance) is called in a worker thread, times in seconds from the speaker's first audio; an asyncio
    owner hands it over with `loop.call_soon_threadsafe`. observe(lag_s, rtf) is called per final utterance (metrics).
    workers: decoding threads; backlog_s: most audio kept per stream; hush_s: backlog above which provisional text stops.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        on_utterance: OnUtterance,
        *,
        workers: int = 1,
        backlog_s: float = 30.0,
        hush_s: float = 2.0,
        most_streams: int = 400,
        observe: Callable[[float, float], None] = lambda lag_s, rtf: None,
    ) -> None:
        self._recogniser, self._tell, self._observe = recogniser, on_utterance, observe
        self._most, self._hush = int(backlog_s * BYTES_S), int(hush_s * BYTES_S)
        self._most_streams = most_streams
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ears")
        self._lock = Lock()
        self._ears: dict[tuple[str, Speaker], Ear] = {}
        self._closed: dict[str, float] = {}  # call -> monotonic time of its close; the last second's only
        self._figures = Figures()
        self._stopped = False

    def feed(self, call_id: str, speaker: Speaker, pcm: bytes) -> None:
        """Queue 16-bit mono PCM at 8 kHz; never blocks, never raises for load. Late packets of a closed call are ignored."""
        ear = self._ear(call_id, speaker)
        if ear is None or not pcm:
            return
        with ear.lock:
            if ear.closing or ear.broken:
                return
            dropped = ear.put(pcm, self._most)
            self._wake(ear)
        if dropped:
            self._count(dropped_s=dropped / BYTES_S)

    def close(self, call_id: str, speaker: Speaker | None = None) -> "Future[None]":
        """No more audio of this call, or of one speaker in it; the future ends when the last utterances were told. Never blocks."""
        with self._lock:
            if speaker is None:
                now = time.monotonic()
                self._closed = {call: at for call, at in self._closed.items() if now - at < _LATE_S} | {
                    call_id: now
                }
            ears = [
                ear for (call, who), ear in self._ears.items() if call == call_id and speaker in (None, who)
            ]
        for ear in ears:
            with ear.lock:
                ear.closing = True
                self._wake(ear)
        return _all_done([ear.done for ear in ears])

    def figures(self) -> Figures:
        """A snapshot for metrics and health."""
        with self._lock:
            queued = sum(ear.queued for ear in self._ears.values())
            return replace(self._figures, streams=len(self._ears), queued_s=queued / BYTES_S)

    def stop(self) -> None:
        """Forget what is queued; decodings under way end by themselves (a second or two)."""
        with self._lock:
            self._stopped = True
            ears = list(self._ears.values())
            self._ears.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for ear in ears:
            ear.done.cancel()

    def _ear(self, call_id: str, speaker: Speaker) -> Ear | None:
        with self._lock:
            if self._stopped or time.monotonic() - self._closed.get(call_id, -_LATE_S) < _LATE_S:
                return None
            ear = self._ears.get((call_id, speaker))
            if ear is None and len(self._ears) < self._most_streams:
                ear = self._ears[call_id, speaker] = Ear(call_id, speaker)
            return ear

    def _wake(self, ear: Ear) -> None:
        """Have a worker run `ear`, one at a time. Caller holds the ear's lock."""
        if not ear.running:
            ear.running = self._submit(ear)

    def _submit(self, ear: Ear) -> bool:
        try:
            self._pool.submit(self._work, ear)
        except RuntimeError:  # the pool was shut down by stop()
            return False
        return True

    def _work(self, ear: Ear) -> None:
        """Hear one block, then queue up again behind the other ears: nobody starves."""
        self._guarded(ear, self._hear)
        with ear.lock:
            if ear.waiting:
                ear.running = self._submit(ear)
                return
            if not ear.closing:
                ear.running = False
                return
        self._guarded(ear, self._finish)  # `running` stays set: nobody else may run this ear again
        with self._lock:
            self._ears.pop((ear.call_id, ear.speaker), None)
        if ear.done.set_running_or_notify_cancel():
            ear.done.set_result(None)

    def _guarded(self, ear: Ear, what: Callable[[Ear], None]) -> None:
        if ear.broken:
            return
        try:
            what(ear)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the call must go on without captions
            log.error("ears.failed", call=ear.call_id, speaker=ear.speaker, error=repr(error))
            ear.forget()
            self._count(failed=1)

    def _hear(self, ear: Ear) -> None:
        block = ear.take()
        if not block.pcm:
            return
        began = time.monotonic()
        hush, seconds = block.behind > self._hush, len(block.pcm) / BYTES_S
        told = ear.hear(block, self._recogniser, hush=hush)
        self._count(heard_s=seconds, hushed_s=seconds * hush, busy_s=time.monotonic() - began)
        self._tell_all(ear, told, block.arrived)

    def _finish(self, ear: Ear) -> None:
        arrived = time.monotonic()
        told = ear.last_words()
        self._count(busy_s=time.monotonic() - arrived)
        self._tell_all(ear, told, arrived)

    def _tell_all(self, ear: Ear, told: list[Utterance], arrived: float) -> None:
        for utterance in told:
            if utterance.final:
                lag = time.monotonic() - arrived + max(0.0, ear.heard_s - utterance.end_s)
                with self._lock:
                    self._figures = replace(self._figures, last_lag_s=lag)
                    rtf = self._figures.rtf
                self._observe(lag, rtf)
            self._tell(ear.call_id, ear.speaker, utterance)

    def _count(self, **more: float) -> None:
        with self._lock:
            sums = {name: getattr(self._figures, name) + value for name, value in more.items()}
            self._figures = replace(self._figures, **sums)


def _all_done(parts: "list[Future[None]]") -> "Future[None]":
    """A future that ends when all of `parts` have (cancelled ones count as ended)."""
    whole: Future[None] = Future()
    whole.set_running_or_notify_cancel()
    left, lock = [len(parts)], Lock()

    def one_less(_: "Future[None]") -> None:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            whole.set_result(None)

    if not parts:
        whole.set_result(None)
    for part in parts:
        part.add_done_callback(one_less)
    return whole
