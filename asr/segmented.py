"""Recognisers that read one stretch of speech at a time: where speech begins and ends is found for them, live and after the call."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
import soxr

from asr.audio import EAR_RATE, PHONE_RATE, Floats, resample, to_float
from asr.cleanup import readable, tidied
from asr.vad import Ending, Segment, Segmenter, packed, segments
from core.ports import Utterance

_AFTER_CALL = Ending(silence_s=0.5, longest_s=14.0)


class Segmented(ABC):
    """What such a recogniser shares; its own is `decode`."""

    def __init__(self, ending: Ending, partials: bool) -> None:
        self._ending, self._partials = ending, partials

    @abstractmethod
    def decode(self, audio: Floats) -> str:
        """Raw text of up to 15 s of 16 kHz speech; thread-safe, blocking."""

    def stream(self) -> "SegmentedStream":
        return SegmentedStream(self, self._ending, self._partials)

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        """A whole channel; blocking, about 0.2–0.4 CPU-seconds per second of speech; silence costs next to nothing."""
        audio = resample(to_float(pcm), rate, EAR_RATE)
        found = packed(segments(audio, _AFTER_CALL), audio, gap_s=1.0, longest_s=14.5)
        return [u for segment in found if (u := self.utterance(segment))]

    def utterance(self, segment: Segment, final: bool = True) -> Utterance | None:
        """Decode one segment; None where nothing was said in it."""
        verbatim = tidied(self.decode(segment.audio))
        text = readable(verbatim)
        times = segment.start / EAR_RATE, segment.end / EAR_RATE
        return Utterance(text, *times, final, verbatim) if text else None


class SegmentedStream:
    """One speaker's live audio: utterances at endpoints, and provisional ones each second if asked for.

    An utterance is decoded as soon as its speaker pauses, not when the pause has become an end: where nothing more comes its text is
    there at once. `hush`: set by whoever shares the machine when decoding lags; provisional text and this stop until it is lifted.
    """

    PARTIAL_EVERY_S = 1.0

    def __init__(self, recogniser: Segmented, ending: Ending, partials: bool) -> None:
        self.hush = False
        self._recogniser, self._partials = recogniser, partials
        self._segmenter = Segmenter(ending)
        self._up = soxr.ResampleStream(PHONE_RATE, EAR_RATE, 1, dtype="float32")
        self._said_at = 0  # sample at which the last provisional text was made
        self._ahead: tuple[tuple[int, int], Utterance | None] | None = None  # of a segment that may be over

    def feed(self, pcm: bytes) -> list[Utterance]:
        """8 kHz PCM; blocks while an utterance that just ended is decoded."""
        audio = self._up.resample_chunk(to_float(pcm))
        ended = [u for s in self._segmenter.feed(audio) if (u := self._final(s))]
        return ended + self._in_a_pause() + self._provisional()

    def finish(self) -> list[Utterance]:
        tail = self._up.resample_chunk(np.zeros(0, np.float32), last=True)
        rest = [*self._segmenter.feed(tail), *self._segmenter.finish()]
        return [u for s in rest if (u := self._final(s))]

    def _final(self, segment: Segment) -> Utterance | None:
        """The text made in the pause where it is of the same sound."""
        ahead, self._ahead = self._ahead, None
        if ahead and ahead[0] == (segment.start, segment.end):
            return ahead[1]
        return self._recogniser.utterance(segment)

    def _in_a_pause(self) -> list[Utterance]:
        """Decode what may be over; shown as provisional where that is asked for."""
        perhaps = None if self.hush else self._segmenter.ending_now
        if perhaps is None:
            self._ahead = None
            return []
        if self._ahead and self._ahead[0] == (perhaps.start, perhaps.end):
            return []
        said = self._recogniser.utterance(perhaps)
        self._ahead = (perhaps.start, perhaps.end), said
        self._said_at = perhaps.end
        return [replace(said, final=False)] if said and self._partials else []

    def _provisional(self) -> list[Utterance]:
        if not self._partials or self.hush:
            return []
        running = None if self._ahead else self._segmenter.open
        if (
            running is None
            or running.end - max(self._said_at, running.start) < self.PARTIAL_EVERY_S * EAR_RATE
        ):
            return []
        self._said_at = running.end
        utterance = self._recogniser.utterance(running, final=False)
        return [utterance] if utterance else []
