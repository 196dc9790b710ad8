"""Whisper through CTranslate2: the Mandarin recogniser that installs offline.

Choices that were measured, not guessed: a 15 s encoder window (half the work of 30 s, no change in error rate; shorter windows loop),
eight guesses of which sound and words together choose one (`asr.choice`), temperature 0, no prompt (prompts leak into the text),
traditional characters converted afterwards. What was tried and left: docs/measurements.md.
"""

import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from asr.audio import EAR_RATE, PHONE_RATE, Floats, levelled
from asr.choice import Guess, chosen
from asr.cleanup import loops
from asr.lexicon import Lexicon
from asr.segmented import Segmented
from asr.vad import Ending
from asr.words import Words
from asr_models.places import require
from core.errors import PartMissing
from core.ports import Capabilities

MODEL = "whisper-base"
_WINDOW = 1500  # frames of 10 ms; never fewer
_LONGEST = 3000  # what the model was trained on
_LEVEL = -22.0  # dBFS: quiet callers are brought up (one point of error rate in our trial)


class WhisperRecogniser(Segmented):
    """One loaded model, shared by any number of streams and threads (CTranslate2 queues and runs `workers` at once).

    threads: CPU threads per decoding; workers: decodings at once. Raises ModelMissing or PartMissing. About 340 MB.
    """

    name = "whisper"
    capabilities = Capabilities(
        streaming=True,
        partials=True,
        words=False,
        terms=True,
        languages=("zh",),
        sample_rates=(PHONE_RATE, EAR_RATE),
    )

    def __init__(
        self,
        models_dir: Path | str | None = None,
        *,
        model: str = MODEL,
        threads: int = 0,
        workers: int = 1,
        beam: int = 8,
        partials: bool = False,
        ending: Ending | None = None,
    ) -> None:
        self.model = model
        self._folder = require(model, models_dir)
        self._threads = threads or int(os.environ.get("OMP_NUM_THREADS", "0") or 0)
        self._workers, self._beam = workers, beam
        super().__init__(ending or Ending(), partials)
        self._lexicon = Lexicon()

    def load(self) -> "WhisperRecogniser":
        """Load now rather than at the first utterance; blocking, about two seconds."""
        _ = self._engine, self._tokenizer, self._unsaid, self._words
        return self

    def know(self, terms: Iterable[str]) -> None:
        """The city's own words from now on, instead of those known before; blocking, about 0.1 ms a term."""
        lexicon = Lexicon(terms)
        self._words, self._lexicon = Words(lexicon.terms), lexicon

    def decode(self, audio: Floats) -> str:
        """Raw text of up to 30 s of 16 kHz speech; thread-safe, blocking."""
        features = self._features(levelled(audio, EAR_RATE, _LEVEL))
        result = self._generate(features)
        if loops(
            self._guesses(result)[0].text
        ):  # the known failure of this model family: forbid repetition, once more
            result = self._generate(features, no_repeat_ngram_size=3)
        if _nothing_said(result):
            return ""
        guesses = self._guesses(result)
        likely = [g for g in guesses if not loops(g.text)] or guesses[:1]
        return chosen(likely, self._words, self._lexicon)

    def _generate(self, features: Any, **more: Any) -> Any:
        prompt = [[*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]]
        (result,) = self._engine.generate(
            features,
            prompt,
            beam_size=self._beam,
            num_hypotheses=self._beam,
            max_length=224,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._unsaid,
            **more,
        )
        return result

    def _guesses(self, result: Any) -> list[Guess]:
        """Likeliest first."""
        decode, end = self._tokenizer.decode, self._tokenizer.eot
        return [
            Guess(str(decode([t for t in ids if t < end])).strip(), score)
            for ids, score in zip(result.sequences_ids, result.scores, strict=True)
        ]

    @cached_property
    def _unsaid(self) -> list[int]:
        """Tokens with a digit: numbers are written as they are spoken (eleven guesses of one number crowd out other guesses)."""
        decode, end = self._tokenizer.decode, self._tokenizer.eot
        return [-1, *(token for token in range(end) if re.search("[0-9]", decode([token])))]

    @cached_property
    def _words(self) -> Words:
        return Words()

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


def _nothing_said(result: Any) -> bool:
    """Whisper's own doubt: it thinks there was no speech, and its text is unlikely too (thresholds of its authors)."""
    return float(result.no_speech_prob) > 0.6 and float(result.scores[0]) < -1.0
