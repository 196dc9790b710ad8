"""Vosk: true streaming with words and times. Proven here with its Korean model; its Chinese models are the operator's to bring.

The library's rules (its maintainer, vosk-api issues 402, 877, 1651): share one Model, one recogniser per stream.
"""

import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from asr.audio import PHONE_RATE, resample, to_float, to_ints
from asr.choice import Guess, chosen
from asr.cleanup import clean, readable, tidied
from asr.lexicon import Lexicon
from asr.words import Words
from asr_models.manifest import load
from asr_models.places import require
from core.errors import PartMissing
from core.ports import Capabilities, Utterance

_BLOCK = PHONE_RATE * 2 // 5  # bytes fed at once after the call: 0.2 s


class VoskRecogniser:
    """One loaded model for all streams. Loads at first use (1–3 s; the small models about 560 MB)."""

    name = "vosk"

    def __init__(self, model: str, models_dir: Path | str | None = None) -> None:
        (known,) = load().pick(model)
        self.model = model
        self.capabilities = Capabilities(
            streaming=True,
            partials=True,
            words=True,
            terms=False,
            languages=(known.language,),
            sample_rates=(PHONE_RATE,),
        )
        self._folder = require(model, models_dir)
        self._told: tuple[Words, Lexicon] | None = None

    def know(self, terms: Iterable[str]) -> None:
        """Its free recognition takes no hints: the city's words are put in afterwards, where they surely were said."""
        lexicon = Lexicon(terms)
        self._told = (Words(lexicon.terms), lexicon) if lexicon.terms else None

    def load(self) -> "VoskRecogniser":
        """Load now rather than at the first utterance; blocking."""
        _ = self._model
        return self

    def stream(self) -> "VoskStream":
        return VoskStream(self._kaldi(), self._told)

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        """A whole channel; blocking, about 0.3–0.8 CPU-seconds per second of audio."""
        at_8k = to_ints(resample(to_float(pcm), rate, PHONE_RATE)).astype("<i2").tobytes()
        stream = VoskStream(self._kaldi(), self._told)
        found = [
            u for i in range(0, len(at_8k), _BLOCK) for u in stream.feed(at_8k[i : i + _BLOCK]) if u.final
        ]
        return found + stream.finish()

    def _kaldi(self) -> Any:
        from vosk import KaldiRecognizer

        kaldi = KaldiRecognizer(self._model, PHONE_RATE)
        kaldi.SetWords(True)
        return kaldi

    @cached_property
    def _model(self) -> Any:
        try:
            import vosk
        except ImportError as error:
            raise PartMissing("this recogniser needs the Python package vosk") from error
        vosk.SetLogLevel(-1)
        return vosk.Model(str(self._folder))


class VoskStream:
    """One speaker's live audio. `hush` stops provisional text while the machine lags."""

    def __init__(self, kaldi: Any, told: tuple[Words, Lexicon] | None = None) -> None:
        self.hush = False
        self._kaldi, self._told = kaldi, told
        self._fed = 0  # samples
        self._partial = ""

    def feed(self, pcm: bytes) -> list[Utterance]:
        """8 kHz PCM; blocks while it is decoded. Provisional utterances come only when their text changed."""
        self._fed += len(pcm) // 2
        if self._kaldi.AcceptWaveform(pcm[: len(pcm) & ~1]):
            return self._final(json.loads(self._kaldi.Result()))
        text = "" if self.hush else clean(json.loads(self._kaldi.PartialResult()).get("partial", ""))
        if not text or text == self._partial:
            return []
        self._partial = text
        return [Utterance(text, 0.0, self._fed / PHONE_RATE, final=False)]

    def finish(self) -> list[Utterance]:
        if not self._fed:
            return []
        self._kaldi.AcceptWaveform(np.zeros(PHONE_RATE // 2, "<i2").tobytes())  # lets the last word end
        return self._final(json.loads(self._kaldi.FinalResult()))

    def _final(self, result: dict[str, Any]) -> list[Utterance]:
        self._partial = ""
        verbatim, words = tidied(result.get("text", "")), result.get("result", [])
        if verbatim and self._told:
            verbatim = chosen([Guess(verbatim, 0.0)], *self._told)
        text = readable(verbatim)
        if not text or not words:
            return []
        times = float(words[0]["start"]), float(words[-1]["end"])
        return [Utterance(text, *times, final=True, verbatim=verbatim)]
