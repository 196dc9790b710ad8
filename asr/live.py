"""Listening while people talk: one recogniser stream per speaker, decoded in a small thread pool, never in the caller's way.

Under load provisional text goes first (`hush`), then the oldest audio of the stream that is behind (counted; the after-call transcript
still has it). What a caller hands in is only queued: `feed` and `close` return at once, from any thread or event loop.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock

import structlog

from asr.audio import PHONE_RATE
from core.ports import Recogniser, RecogniserStream, Speaker, Utterance

OnUtterance = Callable[[str, Speaker, Utterance], None]
_BYTES_S = PHONE_RATE * 2
_BLOCK = _BYTES_S // 2  # decoded at once: half a second

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the ears keep up. Lag: seconds from the end of the speech to its final text (endpoint silence included)."""

    streams: int
    queued_s: float
    last_lag_s: float
    heard_s: float
    busy_s: float
    dropped_s: float
    failed: int

    @property
    def rtf(self) -> float:
        """Seconds of work per second of audio."""
        return self.busy_s / self.heard_s if self.heard_s else 0.0


@dataclass(slots=True)
class _Ear:
    """One speaker. The lock guards the queue; everything below `stream` belongs to the worker that runs it."""

    call_id: str
    speaker: Speaker
    lock: Lock = field(default_factory=Lock)
    queue: deque[tuple[float, bytes]] = field(default_factory=deque)
    queued: int = 0
    skipped: int = 0  # bytes dropped before the head of the queue
    running: bool = False
    closing: bool = False
    done: "Future[None]" = field(default_factory=Future)
    stream: RecogniserStream | None = None
    began: int = 0  # byte of the call at which `stream` began
    at: int = 0  # bytes of the call heard so far
    broken: bool = False


class LiveEars:
    """Streams of many calls over one recogniser.

    on_utterance(call_id, speaker, utterance) is called in a worker thread, times in seconds from the stream's first audio; an asyncio
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
        self._most = int(backlog_s * _BYTES_S)
        self._hush = int(hush_s * _BYTES_S)
        self._most_streams = most_streams
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ears")
        self._lock = Lock()
        self._ears: dict[tuple[str, Speaker], _Ear] = {}
        self._figures = Figures(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
        self._stopped = False

    def feed(self, call_id: str, speaker: Speaker, pcm: bytes) -> None:
        """Queue 16-bit mono PCM at 8 kHz; never blocks, never raises for load."""
        ear = self._ear(call_id, speaker)
        if ear is None or not pcm:
            return
        with ear.lock:
            if ear.closing or ear.broken:
                return
            ear.queue.append((time.monotonic(), pcm))
            ear.queued += len(pcm)
            dropped = self._shed(ear)
            self._schedule(ear)
        if dropped:
            self._count(dropped_s=dropped / _BYTES_S)

    def close(self, call_id: str) -> "Future[None]":
        """No more audio of this call; the future ends when its last utterances were told. Never blocks."""
        with self._lock:
            ears = [ear for (call, _), ear in self._ears.items() if call == call_id]
        for ear in ears:
            with ear.lock:
                ear.closing = True
                self._schedule(ear)
        return _all_done([ear.done for ear in ears])

    def figures(self) -> Figures:
        """A snapshot for metrics and health."""
        with self._lock:
            queued = sum(ear.queued for ear in self._ears.values())
            return replace(self._figures, streams=len(self._ears), queued_s=queued / _BYTES_S)

    def stop(self) -> None:
        """Forget what is queued; decodings under way end by themselves (a second or two)."""
        with self._lock:
            self._stopped = True
            ears = list(self._ears.values())
            self._ears.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for ear in ears:
            if not ear.done.done():
                ear.done.cancel()

    def _ear(self, call_id: str, speaker: Speaker) -> _Ear | None:
        with self._lock:
            if self._stopped:
                return None
            ear = self._ears.get((call_id, speaker))
            if ear is None and len(self._ears) < self._most_streams:
                ear = self._ears[call_id, speaker] = _Ear(call_id, speaker)
            return ear

    def _shed(self, ear: _Ear) -> int:
        """Drop the oldest audio above the bound; bytes dropped. Caller holds the lock."""
        dropped = 0
        while ear.queued > self._most and len(ear.queue) > 1:
            size = len(ear.queue.popleft()[1])
            ear.queued -= size
            dropped += size
        ear.skipped += dropped
        return dropped

    def _schedule(self, ear: _Ear) -> None:
        """One worker at a time per ear. Caller holds its lock."""
        if not ear.running and not self._stopped:
            ear.running = True
            self._pool.submit(self._work, ear)

    def _work(self, ear: _Ear) -> None:
        """Hear one block, then queue up again behind the other ears: nobody starves."""
        try:
            arrived, pcm, skipped, behind = self._take(ear)
            if pcm or skipped:
                self._hear(ear, arrived, pcm, skipped, behind)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the call must go on without captions
            self._give_up(ear, error)
        with ear.lock:
            ear.running = False
            more = bool(ear.queue) and not ear.broken
            if more:
                self._schedule(ear)
        if not more and ear.closing:
            self._finish(ear)

    def _take(self, ear: _Ear) -> tuple[float, bytes, int, int]:
        """The next block: when its last byte arrived, its bytes, bytes dropped before it, bytes still waiting."""
        with ear.lock:
            skipped, ear.skipped = ear.skipped, 0
            block, arrived = bytearray(), time.monotonic()
            while ear.queue and len(block) < _BLOCK:
                arrived, pcm = ear.queue.popleft()
                block += pcm
            ear.queued -= len(block)
            return arrived, bytes(block), skipped, ear.queued

    def _hear(self, ear: _Ear, arrived: float, pcm: bytes, skipped: int, behind: int) -> None:
        began = time.monotonic()
        told: list[Utterance] = []
        if skipped:  # a hole: end what was being said before it, so that times stay true
            told += self._close_stream(ear)
            ear.at += skipped
        stream = self._stream(ear)
        if hasattr(stream, "hush"):
            stream.hush = behind > self._hush
        told += self._in_call_time(ear, stream.feed(pcm))
        ear.at += len(pcm)
        self._count(heard_s=len(pcm) / _BYTES_S, busy_s=time.monotonic() - began)
        self._tell_all(ear, told, arrived)

    def _stream(self, ear: _Ear) -> RecogniserStream:
        if ear.stream is None:
            ear.stream, ear.began = self._recogniser.stream(), ear.at
        return ear.stream

    def _close_stream(self, ear: _Ear) -> list[Utterance]:
        stream, ear.stream = ear.stream, None
        return self._in_call_time(ear, stream.finish()) if stream else []

    def _in_call_time(self, ear: _Ear, utterances: list[Utterance]) -> list[Utterance]:
        shift = ear.began / _BYTES_S
        return [replace(u, start_s=u.start_s + shift, end_s=u.end_s + shift) for u in utterances]

    def _tell_all(self, ear: _Ear, told: list[Utterance], arrived: float) -> None:
        for utterance in told:
            if utterance.final:
                lag = time.monotonic() - arrived + max(0.0, ear.at / _BYTES_S - utterance.end_s)
                self._count(last_lag_s=lag)
                self._observe(lag, self.figures().rtf)
            self._tell(ear.call_id, ear.speaker, utterance)

    def _finish(self, ear: _Ear) -> None:
        """The last words, then the ear is forgotten."""
        try:
            if not ear.broken:
                arrived = time.monotonic()
                self._tell_all(ear, self._close_stream(ear), arrived)
        except Exception as error:  # noqa: BLE001 - as in _work
            self._give_up(ear, error)
        with self._lock:
            self._ears.pop((ear.call_id, ear.speaker), None)
        if ear.done.set_running_or_notify_cancel():
            ear.done.set_result(None)

    def _give_up(self, ear: _Ear, error: Exception) -> None:
        log.error("ears.failed", call=ear.call_id, speaker=ear.speaker, error=repr(error))
        with ear.lock:
            ear.broken, ear.stream = True, None
            ear.queue.clear()
            ear.queued = 0
        self._count(failed=1)

    def _count(self, last_lag_s: float | None = None, **more: float) -> None:
        with self._lock:
            now = self._figures
            sums = {name: getattr(now, name) + value for name, value in more.items()}
            self._figures = replace(
                now, last_lag_s=now.last_lag_s if last_lag_s is None else last_lag_s, **sums
            )


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
