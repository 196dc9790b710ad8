"""Words that recognition took for others of the same sound, put right by how the entries themselves are written. Pure.

A noisy channel (Shannon; as in Kernighan, Church & Gale 1990): each Chinese character beside which a pair stands that no
entry has may have been any character of its folded sound; the likeliest reading by the entries' own pairs is taken (Viterbi).
Text whose every pair is known stays as it is. Measured in docs/measurements.md.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from match.text import sound

DOUBT: Final = 0.03
"""How likely a character is another one of its sound."""
MOST: Final = 12  # the commonest characters of a sound are tried
BACKED_OFF: Final = 0.15  # share of a pair's chance that rests on its second character alone
STRANGERS: Final = 5000  # characters that may yet come, for those never seen
_SHIFT: Final = 21
_BREAK: Final = ord("\n")
_BEGIN, _END = 0x4E00, 0xA000  # Chinese characters
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Readings:
    """What one character may have been: characters, log chance of each being heard as it, of it standing, how often seen."""

    chars: Codes
    heard: Numbers
    alone: Numbers
    seen: Numbers


@dataclass(frozen=True, slots=True)
class Seen:
    """Characters, ascending, and pairs of them as hashes, ascending, each with how often it stands in some texts."""

    chars: Codes
    often: Codes
    pairs: Codes
    counts: Codes

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Seen":
        codes = _codes("\n".join(texts) + "\n\n")
        inside = (codes[:-1] != _BREAK) & (codes[1:] != _BREAK)
        chars, often = np.unique(codes[codes != _BREAK], return_counts=True)
        pairs, counts = np.unique(_hashed(codes[:-1], codes[1:])[inside], return_counts=True)
        return cls(chars, often, pairs, counts)


class Mender:
    """Knows what was `seen` in texts. Immutable but for a cache; safe to share between threads."""

    def __init__(self, seen: Seen) -> None:
        self._often = np.bincount(seen.chars, weights=seen.often, minlength=_END)
        self._pairs, self._counts = seen.pairs, seen.counts.astype(np.float64)
        self._all = float(seen.often.sum()) + STRANGERS / 2
        self._alike = self._by_sound()
        self._readings: dict[int, _Readings] = {}

    def _by_sound(self) -> dict[str, list[int]]:
        """Chinese characters of each folded sound, the commonest first."""
        chinese = np.flatnonzero(self._often[_BEGIN:_END]) + _BEGIN
        found: dict[str, list[int]] = {}
        for char in chinese[np.argsort(-self._often[chinese], kind="stable")]:
            found.setdefault(sound(chr(char)), []).append(int(char))
        return found

    def mend(self, text: str) -> str:
        """`text` as it was probably said, as long as before."""
        codes = _codes(text)
        if len(codes) < 2 or not len(self._pairs):
            return text
        strange = self._count(_hashed(codes[:-1], codes[1:])) == 0
        doubtful = np.zeros(len(codes), np.bool_)
        doubtful[:-1] |= strange
        doubtful[1:] |= strange
        doubtful &= (codes >= _BEGIN) & (codes < _END)
        if not doubtful.any():
            return text
        out = codes.copy()
        edges = np.flatnonzero(np.diff(np.concatenate([[0], doubtful.astype(np.int8), [0]])))
        for start, end in edges.reshape(-1, 2):
            self._decode(codes, doubtful, max(0, int(start) - 1), min(len(codes), int(end) + 1), out)
        return "".join(map(chr, out))

    def _decode(self, codes: Codes, doubtful: NDArray[np.bool_], start: int, end: int, out: Codes) -> None:
        """The likeliest characters from `start` to `end` into `out`; what is not doubtful is as it stands."""
        steps = [self._read(int(codes[i]), bool(doubtful[i])) for i in range(start, end)]
        pairs = [_hashed(a.chars[:, None], b.chars).ravel() for a, b in itertools.pairwise(steps)]
        counts = self._count(np.concatenate(pairs))
        score, place, came = steps[0].heard + steps[0].alone, 0, []
        for before, now in itertools.pairwise(steps):
            shape = (len(before.chars), len(now.chars))
            seen = counts[place : place + shape[0] * shape[1]].reshape(shape)
            place += shape[0] * shape[1]
            chance = (1 - BACKED_OFF) * seen / before.seen[:, None] + BACKED_OFF * np.exp(now.alone)
            ways = score[:, None] + np.log(chance)
            came.append(ways.argmax(axis=0))
            score = ways.max(axis=0) + now.heard
        best = int(score.argmax())
        for i in range(len(steps) - 1, -1, -1):
            out[start + i] = steps[i].chars[best]
            best = int(came[i - 1][best]) if i else 0

    def _read(self, char: int, doubtful: bool) -> _Readings:
        found = self._readings.get(char if doubtful else -char - 1)
        if found is None:
            found = self._readings[char if doubtful else -char - 1] = self._made(char, doubtful)
        return found

    def _made(self, char: int, doubtful: bool) -> _Readings:
        every = self._alike.get(sound(chr(char)), []) if doubtful else []
        others = [other for other in every[:MOST] if other != char]
        heard = [log(1 - DOUBT)] + [log(DOUBT / max(len(every), 1))] * len(others)
        chars = np.array([char, *others], np.int64)
        often = np.where(chars < len(self._often), self._often[np.minimum(chars, len(self._often) - 1)], 0)
        return _Readings(
            chars, np.array(heard), np.log((often + 0.5) / self._all), np.maximum(often, 1).astype(np.float64)
        )

    def _count(self, pairs: Codes) -> Numbers:
        at = np.minimum(np.searchsorted(self._pairs, pairs), len(self._pairs) - 1)
        return np.where(self._pairs[at] == pairs, self._counts[at], 0.0)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)


def _hashed(firsts: Codes, seconds: Codes) -> Codes:
    """32 bits of each pair."""
    mixed = ((firsts << _SHIFT) | seconds).astype(np.uint64) * _SPREAD
    mixed ^= mixed >> np.uint64(29)
    return ((mixed * _SPREAD) >> np.uint64(32)).astype(np.int64)
