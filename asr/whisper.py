"""Whisper through CTranslate2: the Mandarin recogniser that installs offline.

Choices that were measured, not guessed: a 15 s encoder window (half the work of 30 s, no change in error rate; shorter windows loop),
beam 5, temperature 0, no prompt (prompts leak into the text), traditional characters converted afterwards.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from asr.audio import EAR_RATE, PHONE_RATE, Floats, levelled, resample, to_float
from asr.cleanup import clean, loops
from asr.vad import Ending, Segment, Segmenter, packed, segments
from asr_models.places import require
from core.errors import PartMissing
from core.ports import Capabilities, Utterance

MODEL = "whisper-base"
_WINDOW = 1500  # frames of 10 ms; never fewer
_LONGEST = 3000  # what the model was trained on
_LEVEL = -22.0  # dBFS: quiet callers are brought up (one point of error rate in our trial)
_AFTER_CALL = Ending(silence_s=0.5, longest_s=14.0)


class WhisperRecogniser:
    """One loaded model, shared by any number of streams and threads (CTranslate2 queues and runs `workers` at once).

    threads: CPU threads per decoding; workers: decodings at once. Raises ModelMissing or PartMissing. About 340 MB.
    """

    name = "whisper"
    capabilities = Capabilities(
        streaming=True, partials=True, words=False, languages=("zh",), sample_rates=(PHONE_RATE, EAR_RATE)
    )

    def __init__(
        self,
        models_dir: Path | str | None = None,
        *,
        model: str = MODEL,
        threads: int = 0,
        workers: int = 1,
        beam: int = 5,
        partials: bool = False,
        ending: Ending | None = None,
    ) -> None:
        self.model = model
        self._folder = require(model, models_dir)
        self._threads = threads or int(os.environ.get("OMP_NUM_THREADS", "0") or 0)
        self._workers, self._beam = workers, beam
        self._partials, self._ending = partials, ending

    def load(self) -> "WhisperRecogniser":
        """Load now rather than at the first utterance; blocking, about a second."""
        _ = self._engine, self._tokenizer
        return self

    def stream(self) -> "WhisperStream":
        return WhisperStream(self, self._ending or Ending(), self._partials)

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        """A whole channel; blocking, about 0.2–0.4 CPU-seconds per second of speech; silence costs next to nothing."""
        audio = resample(to_float(pcm), rate, EAR_RATE)
        found = packed(segments(audio, _AFTER_CALL), audio, gap_s=1.0, longest_s=14.5)
        return [u for segment in found if (u := self.utterance(segment))]

    def utterance(self, segment: Segment, final: bool = True) -> Utterance | None:
        """Decode one segment; None where nothing was said in it."""
        text = clean(self.decode(segment.audio))
        return Utterance(text, segment.start / EAR_RATE, segment.end / EAR_RATE, final) if text else None

    def decode(self, audio: Floats) -> str:
        """Raw text of up to 30 s of 16 kHz speech; thread-safe, blocking."""
        features = self._features(levelled(audio, EAR_RATE, _LEVEL))
        result = self._generate(features)
        text = self._text(result)
        if loops(text):  # the known failure of this model family: forbid repetition and try once more
            result = self._generate(features, no_repeat_ngram_size=3)
            text = self._text(result)
        return "" if _nothing_said(result) else text

    def _generate(self, features: Any, **more: Any) -> Any:
        prompt = [[*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]]
        (result,) = self._engine.generate(
            features,
            prompt,
            beam_size=self._beam,
            max_length=224,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            **more,
        )
        return result

    def _text(self, result: Any) -> str:
        tokenizer = self._tokenizer
        return str(tokenizer.decode([t for t in result.sequences_ids[0] if t < tokenizer.eot])).strip()

    def _features(self, audio: Floats) -> Any:
        import ctranslate2

        frames = min(_LONGEST, max(_WINDOW, -(-len(audio) // 160)))
        padded = np.zeros(frames * 160, np.float32)
        padded[: len(audio)] = audio[: len(padded)]
        mel = self._extractor(padded, padding=0, chunk_length=None)[:, :frames]
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None], dtype=np.float32))

    @cached_property
    def _engine(self) -> Any:
        try:
            from ctranslate2.models import Whisper
        except ImportError as error:
            raise PartMissing("this recogniser needs the Python package faster-whisper") from error
        size = {"inter_threads": self._workers, "intra_threads": self._threads}
        return Whisper(str(self._folder), device="cpu", compute_type="int8", **size)

    @cached_property
    def _extractor(self) -> Any:
        from faster_whisper.feature_extractor import FeatureExtractor

        return FeatureExtractor()

    @cached_property
    def _tokenizer(self) -> Any:
        import tokenizers
        from faster_whisper.tokenizer import Tokenizer

        table = tokenizers.Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        return Tokenizer(table, multilingual=True, task="transcribe", language="zh")


class WhisperStream:
    """One speaker's live audio: utterances at endpoints, and provisional ones each second if asked for.

    `hush`: set by whoever shares the machine when decoding lags; provisional text stops until it is lifted.
    """

    PARTIAL_EVERY_S = 1.0

    def __init__(self, recogniser: WhisperRecogniser, ending: Ending, partials: bool) -> None:
        self.hush = False
        self._recogniser, self._partials = recogniser, partials
        self._segmenter = Segmenter(ending)
        self._up = soxr.ResampleStream(PHONE_RATE, EAR_RATE, 1, dtype="float32")
        self._said_at = 0  # sample at which the last provisional text was made

    def feed(self, pcm: bytes) -> list[Utterance]:
        """8 kHz PCM; blocks while an utterance that just ended is decoded."""
        audio = self._up.resample_chunk(to_float(pcm))
        ended = [u for s in self._segmenter.feed(audio) if (u := self._recogniser.utterance(s))]
        return ended + self._provisional()

    def finish(self) -> list[Utterance]:
        tail = self._up.resample_chunk(np.zeros(0, np.float32), last=True)
        rest = [*self._segmenter.feed(tail), *self._segmenter.finish()]
        return [u for s in rest if (u := self._recogniser.utterance(s))]

    def _provisional(self) -> list[Utterance]:
        if not self._partials or self.hush:
            return []
        running = self._segmenter.open
        if (
            running is None
            or running.end - max(self._said_at, running.start) < self.PARTIAL_EVERY_S * EAR_RATE
        ):
            return []
        self._said_at = running.end
        utterance = self._recogniser.utterance(running, final=False)
        return [utterance] if utterance else []


def _nothing_said(result: Any) -> bool:
    """Whisper's own doubt: it thinks there was no speech, and its text is unlikely too (thresholds of its authors)."""
    return float(result.no_speech_prob) > 0.6 and float(result.scores[0]) < -1.0
