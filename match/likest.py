"""Which of many stored texts are likest to what was said: the index finds some, then each clause is held against each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from match.index import TextIndex, prepare
from match.meaning import Meaning
from match.text import clause_places

POOL: Final = 24  # entries taken from the index and looked at closely
WINDOWS: Final = 24  # clauses of the call's end that are compared one by one
ASKED: Final = 4  # the last of them that the index is asked for, beside the whole
ENOUGH: Final = 6  # characters from which a window counts in full
UNRELATED: Final = 0.75
"""A cosine of this embedding between texts that have nothing in common."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A text of `owner` (a position); `share` of its likeness in words counts."""

    owner: int
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class Like:
    """How much `said` is like a `stored` text: `words` 0..1 by what is written and heard; `near`: how much nearer it comes in meaning
    than what is UNRELATED, None where there is no embedding."""

    stored: Stored
    said: str
    words: float
    near: float | None


class Likest:
    """Compiled once from stored texts. Immutable; safe to share between threads."""

    def __init__(self, entries: Sequence[Stored], meaning: Meaning | None = None) -> None:
        self._entries = entries
        self._index = TextIndex([one.text for one in entries], meaning)

    @property
    def missing(self) -> list[str]:
        """Passages of which no vector was known."""
        return self._index.missing

    def among(self, said: str) -> list[Like]:
        """The entries worth a look for what was said (tidied), in no order."""
        windows = _windows(said)
        near = self._pool(windows)
        if not near:
            return []
        pool, counts = sorted(near), np.array([[substance(window)] for window in windows], np.float32)
        alike = self._index.similarity(windows, pool) * counts
        rows = alike.argmax(axis=0)
        return [
            Like(stored, windows[row], float(alike[row, at]) * stored.share, near[entry])
            for at, (entry, row) in enumerate(zip(pool, rows, strict=True))
            for stored in [self._entries[entry]]
        ]

    def _pool(self, windows: Sequence[str]) -> dict[int, float | None]:
        """The best entries for the whole call and for each of the last clauses, with their `near` to the likest of these."""
        found: dict[int, float | None] = {}
        for window in dict.fromkeys([*windows[:1], *windows[-ASKED:]]):
            counts = substance(window)
            for hit in self._index.search(window, POOL):
                before = found.setdefault(hit.entry, None)
                if hit.near is not None:
                    found[hit.entry] = max(before or 0.0, counts * (hit.near - UNRELATED))
        return found


def _windows(said: str) -> list[str]:
    """Everything, each two neighbouring clauses, each clause: as they stand in `said`, repeats once."""
    places = clause_places(said)[-WINDOWS:]
    if not places:
        return []
    pairs = [(a, d) for (a, _), (_, d) in pairwise(places)]
    return list(dict.fromkeys(said[a:b] for a, b in [(places[0][0], places[-1][1]), *pairs, *places]))


def substance(window: str) -> float:
    """How far a window counts: a word or two is no question yet."""
    return float(min(1.0, len(prepare(window)) / ENOUGH) ** 0.5)
