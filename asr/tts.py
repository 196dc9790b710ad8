"""A Mandarin voice: Kokoro-82M (int8 ONNX) fed by misaki's pinyin-to-phoneme rules."""

import json
import os
import re
import tempfile
import threading
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from asr.audio import PHONE_RATE, Floats, Ints, levelled, resample, to_ints
from asr.signed_inputs import pays, signed_inputs
from asr.spoken import spoken
from asr_models.places import cache_root, require
from core.errors import BadInput, PartMissing

MODEL = "kokoro-zh"
CITIZEN_VOICE = "zm_yunxi"
AGENT_VOICE = "zf_xiaoxiao"
VOICE_RATE = 24000
_MOST_TOKENS = 500  # the model takes 510 with both ends
_REMEMBERED = 64  # sentences, about 0.4 MB each
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")


class Kokoro:
    """Text to speech. Loads on first use (about 2 s, 550 MB); one instance may be used by several threads at once.

    threads: CPU threads of the synthesis. Raises ModelMissing where the model is not installed.
    """

    def __init__(self, models_dir: Path | str | None = None, threads: int = 0) -> None:
        self._folder = require(MODEL, models_dir)
        self._threads = threads or int(os.environ.get("OMP_NUM_THREADS", "0") or 0)
        self._words = (
            threading.Lock()
        )  # loads model and words once; the words' library is not made for several at a time
        self._spoken = lru_cache(_REMEMBERED)(self._speak)  # many texts begin or end with the same sentence

    @property
    def voices(self) -> tuple[str, ...]:
        return tuple(sorted(p.stem for p in (self._folder / "voices").glob("*.bin")))

    def say(self, text: str, voice: str = AGENT_VOICE, rate: int = PHONE_RATE, speed: float = 1.0) -> Ints:
        """Speak `text`: 16-bit samples at `rate` Hz, loudness-levelled; blocking, about 0.6 CPU-s per second of speech.

        Numbers are read as a Chinese speaker would (`asr.spoken`). speed: 1.0 is the voice's own pace.
        Raises BadInput for an empty text or an unknown voice.
        """
        if not text.strip():
            raise BadInput("nothing to say: the text is empty")
        self._style(voice)
        pause = np.zeros(int(VOICE_RATE * 0.22 / speed), np.float32)
        pieces: list[Floats] = []
        for sentence in _SENTENCE.findall(spoken(text)):
            pieces += [self._spoken(sentence, voice, speed), pause]
        whole = np.concatenate(pieces[:-1]) if pieces else pause
        return to_ints(levelled(resample(whole, VOICE_RATE, rate), rate))

    def _speak(self, sentence: str, voice: str, speed: float) -> Floats:
        style = self._style(voice)
        with self._words:
            phonemes, session = self._phonemes(sentence), self._session
        tokens = [self._vocab[p] for p in phonemes if p in self._vocab]
        chunks = [tokens[i : i + _MOST_TOKENS] for i in range(0, len(tokens), _MOST_TOKENS)]
        return np.concatenate([_infer(session, c, style, speed) for c in chunks] or [np.zeros(0, np.float32)])

    def _style(self, voice: str) -> Floats:
        if voice not in self.voices:
            raise BadInput(f"no voice {voice!r}; there are {', '.join(self.voices)}")
        return np.fromfile(self._folder / "voices" / f"{voice}.bin", dtype="<f4").reshape(-1, 256)

    @cached_property
    def _vocab(self) -> dict[str, int]:
        table: dict[str, int] = json.loads((self._folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        return table

    @cached_property
    def _session(self) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise PartMissing("the voice needs the Python package onnxruntime") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        # Threads that wait by turning round and round take a quarter more of the processor, from calls too.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        model = (self._folder / "model.onnx").read_bytes()
        whole = signed_inputs(model) if pays() else model
        return onnxruntime.InferenceSession(whole, sess_options=options, providers=["CPUExecutionProvider"])

    @cached_property
    def _g2p(self) -> Any:
        try:
            import jieba  # type: ignore[import-untyped]
            from misaki.zh import ZHG2P
        except ImportError as error:
            raise PartMissing("the voice needs the Python package misaki[zh]") from error
        jieba.setLogLevel("WARNING")
        jieba.dt.tmp_dir = str(words_cache())
        return ZHG2P()

    def _phonemes(self, sentence: str) -> str:
        return str(self._g2p(sentence)[0])


def _infer(session: Any, tokens: list[int], style: Floats, speed: float) -> Floats:
    feed = {
        "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
        "style": style[min(len(tokens), len(style) - 1)].reshape(1, 256),
        "speed": np.array([speed], dtype=np.float32),
    }
    return _trimmed(np.asarray(session.run(None, feed)[0], dtype=np.float32).ravel())


def words_cache() -> Path:
    """Folder for jieba's word table (it would write to the shared /tmp otherwise)."""
    at = cache_root() / "words"
    try:
        at.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return at


def _trimmed(audio: Floats, floor: float = 0.01, keep_s: float = 0.04) -> Floats:
    """Without the silence at both ends, but `keep_s` seconds of it."""
    loud = np.flatnonzero(np.abs(audio) > floor)
    if not len(loud):
        return audio[:0]
    keep = int(keep_s * VOICE_RATE)
    return audio[max(0, loud[0] - keep) : loud[-1] + keep]
