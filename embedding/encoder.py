"""Texts to vectors, offline, on the CPU."""

import json
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from asr_models.places import require
from core.errors import PartMissing
from embedding.convert import NORMAL, TOKENIZER, made
from embedding.pack import FILE

MODEL: Final = "e5-small"
NAME: Final = "multilingual-e5-small-int8"
WIDTH: Final = 384
LONGEST: Final = 510  # pieces of one text; the rest of a longer one is not read
LATELY: Final = 512  # questions remembered: a call asks the same words again after each utterance
BATCH: Final = 2048  # pieces computed at once
ASKED: Final = "query: "
STORED: Final = "passage: "
_BLANKS: Final = re.compile(" {2,}")
_BEGIN, _END = 0, 2

Floats = NDArray[np.float32]


class Encoder:
    """multilingual-e5-small (Wang et al. 2024): mean of the last layer, length one. Safe to share between threads."""

    name = NAME

    def __init__(self, models: Path | str | None = None, *, threads: int = 1) -> None:
        """`models`: the folder of installed models; the model is converted there at its first use.

        Raises ModelMissing, PartMissing, BadPack; OSError where the folder can't be written.
        """
        home = require(MODEL, models)
        folder = made(home / FILE, home / "int8")
        try:
            import ctranslate2
            from tokenizers import Tokenizer
        except ImportError as error:
            raise PartMissing("ctranslate2、tokenizers（./hotline up 会装上）") from error
        self._network: Any = ctranslate2.Encoder(str(folder), device="cpu", intra_threads=threads)
        self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER))
        normal = json.loads((folder / NORMAL).read_text(encoding="utf-8"))
        self._normal: dict[int, str] = {int(char): by for char, by in normal.items()}
        self._lock = threading.Lock()
        self.question = lru_cache(LATELY)(self._question)

    def _question(self, text: str) -> Floats:
        """The vector of something asked."""
        return np.asarray(self._vectors([text], ASKED)[0], np.float32)

    def passages(self, texts: Sequence[str]) -> Floats:
        """A row per stored text."""
        return self._vectors(texts, STORED)

    def _vectors(self, texts: Sequence[str], kind: str) -> Floats:
        ids = self._ids(texts, kind)
        out = np.zeros((len(ids), WIDTH), np.float32)
        order, begin = sorted(range(len(ids)), key=lambda i: -len(ids[i])), 0
        while begin < len(order):
            part = order[begin : begin + max(1, BATCH // len(ids[order[begin]]))]
            begin += len(part)
            with self._lock:
                found = self._network.forward_batch([ids[i] for i in part])
            layer = np.asarray(found.last_hidden_state)
            for row, i in enumerate(part):
                out[i] = layer[row, : len(ids[i])].mean(axis=0)
        return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9), np.float32)

    def _ids(self, texts: Sequence[str], kind: str) -> list[list[int]]:
        written = [_BLANKS.sub(" ", (kind + _whole(text)).translate(self._normal)) for text in texts]
        found = self._tokenizer.encode_batch(written, add_special_tokens=False)
        return [[_BEGIN, *one.ids[:LONGEST], _END] for one in found]


def _whole(text: str) -> str:
    """Without halves of characters, which no tokenizer reads."""
    return text.encode("utf-8", "replace").decode("utf-8")
