"""Entries by what they mean: vectors of their passages, and how near a question's vector comes to the nearest. Pure.

Where the vectors come from is not known here: whoever builds an index brings a `Meaning`. Entries whose vectors are not computed
yet are neither favoured nor hidden: they count as the average entry.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

LONGEST: Final = 200  # characters of a passage
TAIL: Final = 40  # a rest shorter than this goes with the passage before
MOST: Final = 4  # passages of one entry; what stands beyond them is found by its words only
_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]?")

Floats = NDArray[np.float32]


class Meaning(Protocol):
    """Vectors of length one that lie near each other where texts mean the same."""

    def asked(self, text: str) -> Floats | None:
        """A question's vector; None where none can be had."""

    def known(self, texts: Sequence[str]) -> Sequence[NDArray[Any] | None]:
        """The vector of each stored passage that was computed already."""


def passages(text: str) -> list[str]:
    """The text cut at ends of sentences into pieces of at most LONGEST characters (the last one: and TAIL); at least one."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(text):
        for start in range(0, len(sentence), LONGEST):
            piece = sentence[start : start + LONGEST]
            if found and len(found[-1]) + len(piece) <= LONGEST:
                found[-1] += piece
            else:
                found.append(piece)
    if len(found) > 1 and len(found[-1]) <= TAIL:
        found[-2:] = [found[-2] + found[-1]]
    kept = [piece.strip() for piece in found[:MOST] if piece.strip()]
    return kept or [text]


class Meanings:
    """The passages of entries as rows. Immutable."""

    def __init__(self, texts: Sequence[str], meaning: Meaning) -> None:
        cut = [passages(text) for text in texts]
        every = [piece for pieces in cut for piece in pieces]
        owner = np.repeat(np.arange(len(cut)), [len(pieces) for pieces in cut])
        vectors = meaning.known(every)
        there = np.array([vector is not None for vector in vectors], np.bool_)
        self.missing = [piece for piece, vector in zip(every, vectors, strict=True) if vector is None]
        self._size = len(texts)
        self._owner = owner[there]
        rows = [vector for vector in vectors if vector is not None]
        self._rows: Floats = np.asarray(rows, np.float32) if rows else np.zeros((0, 1), np.float32)
        self._starts = np.flatnonzero(np.diff(self._owner, prepend=-1))

    @property
    def any(self) -> bool:
        """Whether there are vectors at all."""
        return bool(len(self._rows))

    def near(self, asked: Floats) -> Floats:
        """Cosine of a question with each entry's nearest passage; call it where there are `any`."""
        best = np.maximum.reduceat(self._rows @ asked, self._starts)
        out = np.full(self._size, best.mean(), np.float32)
        out[self._owner[self._starts]] = best
        return out
