"""One speaker being listened to: a bounded queue of audio on one side, a recogniser stream on the other."""

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Lock

from asr.audio import PHONE_RATE
from core.ports import Recogniser, RecogniserStream, Speaker, Utterance

BYTES_S = PHONE_RATE * 2
_BLOCK = BYTES_S // 2  # decoded at once: half a second


@dataclass(frozen=True, slots=True)
class Block:
    """Audio to hear next. arrived: monotonic time of its last byte; skipped: bytes lost before it; behind: bytes still waiting."""

    arrived: float
    pcm: bytes
    skipped: int
    behind: int


class Ear:
    """The queue side (`put`, `take`) may be used from any thread; the hearing side belongs to the one worker that runs it."""

    def __init__(self, call_id: str, speaker: Speaker) -> None:
        self.call_id, self.speaker = call_id, speaker
        self.done: Future[None] = Future()
        self.lock = Lock()  # guards the queue and the three flags
        self.running = self.closing = self.broken = False
        self.queued = 0
        self._queue: deque[tuple[float, bytes]] = deque()
        self._skipped = 0
        self._stream: RecogniserStream | None = None
        self._began = 0  # byte of the call at which the stream began
        self._at = 0  # bytes of the call heard so far

    @property
    def heard_s(self) -> float:
        return self._at / BYTES_S

    @property
    def waiting(self) -> bool:
        return bool(self._queue) and not self.broken

    def put(self, pcm: bytes, most: int) -> int:
        """Queue audio, dropping the oldest above `most` bytes; how many were dropped. Caller holds the lock."""
        self._queue.append((time.monotonic(), pcm))
        self.queued += len(pcm)
        dropped = 0
        while self.queued > most and len(self._queue) > 1:
            size = len(self._queue.popleft()[1])
            self.queued -= size
            dropped += size
        self._skipped += dropped
        return dropped

    def take(self) -> Block:
        """The next half second or what there is of it."""
        with self.lock:
            skipped, self._skipped = self._skipped, 0
            block, arrived = bytearray(), time.monotonic()
            while self._queue and len(block) < _BLOCK:
                arrived, pcm = self._queue.popleft()
                block += pcm
            self.queued -= len(block)
            return Block(arrived, bytes(block), skipped, self.queued)

    def forget(self) -> None:
        """The engine broke: no more listening, nothing kept."""
        with self.lock:
            self.broken, self._stream = True, None
            self._queue.clear()
            self.queued = 0

    def hear(self, block: Block, recogniser: Recogniser, hush: bool) -> list[Utterance]:
        """Decode a block (blocking); a hole before it ends what was being said, so that times stay true."""
        told = self.last_words() if block.skipped else []
        self._at += block.skipped
        if self._stream is None:
            self._stream, self._began = recogniser.stream(), self._at
        if hasattr(self._stream, "hush"):
            self._stream.hush = hush
        told += self._in_call_time(self._stream.feed(block.pcm))
        self._at += len(block.pcm)
        return told

    def last_words(self) -> list[Utterance]:
        """End the stream; what was still pending."""
        stream, self._stream = self._stream, None
        return self._in_call_time(stream.finish()) if stream else []

    def _in_call_time(self, utterances: list[Utterance]) -> list[Utterance]:
        shift = self._began / BYTES_S
        return [replace(u, start_s=u.start_s + shift, end_s=u.end_s + shift) for u in utterances]
