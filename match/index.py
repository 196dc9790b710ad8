"""A text index over entries: characters and pairs as written, pairs of syllables as heard, ranked by BM25 and fused.

Built whole in memory with numpy (no word segmentation: telephone recognition breaks words first); immutable, so a
caller swaps a new one in by assignment. Okapi BM25: Robertson & Zaragoza 2009. What an entry gets for a gram is settled
when the index is built (a weighted sum of BM25 and cosine), so a finer ranking costs a query nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import log
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from match.meaning import Meaning, Meanings
from match.mend import Mender, Seen
from match.text import bare, sound, tidy, without_fillers

K1: Final = 1.2
B: Final = 0.75

Floats = NDArray[np.float32]
Codes = NDArray[np.int64]
_NUMBER: Final = re.compile(r"[0-9]+")
BLOCK: Final = 256  # entries looked at together when the best are sought
_SHIFT: Final = 21  # a Unicode code point fits in 21 bits, so a pair fits in 42


@dataclass(frozen=True, slots=True)
class Blend:
    """What one kind of gram (a character, a pair, a pair of syllables) adds to the ranking."""

    okapi: float = 1.0
    cosine: float = 0.0

    def toward(self, other: "Blend", share: float) -> "Blend":
        """Between this blend (`share` 0) and the `other` (1)."""
        return Blend(
            self.okapi + share * (other.okapi - self.okapi),
            self.cosine + share * (other.cosine - self.cosine),
        )


# Found by listwise logistic regression on the development half of public question sets (docs/measurements.md): among
# questions of a dozen characters single characters and whole likeness decide, among long texts pairs do.
SHORT: Final = (Blend(0.468, 0.153), Blend(0.0, 0.0), Blend(0.058, 0.060))
LONG: Final = (Blend(0.077, 0.333), Blend(0.038, 0.0765), Blend(0.083, 0.0954))
SHORT_CHARS: Final = 12.0
LONG_CHARS: Final = 70.0
MEANT: Final = 150.0
"""What a cosine of meanings weighs beside the sum of what is written and heard."""
PLAIN: Final = (Blend(), Blend())


@dataclass(frozen=True)
class Hit:
    """An entry's position and its score for one query (comparable within that query only).

    `near`: the cosine of their meanings; None where the search went by words and sounds.
    """

    entry: int
    score: float
    near: float | None = None


def grams(texts: Sequence[str], singles: bool) -> tuple[Codes, NDArray[np.int64]]:
    """Pair (and single-character) codes of all texts and, beside each, the number of the text it comes from."""
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    ends = codes == ord("\n")
    owner = np.cumsum(ends) - ends
    inside = ~ends[:-1] & ~ends[1:]
    pairs = ((codes[:-1] + 1) << _SHIFT) | codes[1:]
    if not singles:
        return pairs[inside], owner[:-1][inside]
    return np.concatenate([codes[~ends], pairs[inside]]), np.concatenate([owner[~ends], owner[:-1][inside]])


class Space:
    """One way of writing texts (characters or sounds) as gram counts, with ranking and cosine weights.

    `blends`: of single characters and of pairs; plain BM25 unless told otherwise.
    """

    def __init__(self, texts: Sequence[str], singles: bool, blends: tuple[Blend, Blend] = PLAIN) -> None:
        self.size = len(texts)
        self.singles = singles
        codes, owner = grams(texts, singles)
        self.vocabulary, columns = np.unique(codes, return_inverse=True)
        shape = (self.size, len(self.vocabulary))
        counts: Any = csr_array((np.ones(len(columns), np.float32), (owner, columns)), shape=shape)
        counts.sum_duplicates()
        seen_in = np.bincount(counts.indices, minlength=shape[1])
        self.idf: Floats = np.log1p((self.size - seen_in + 0.5) / (seen_in + 0.5)).astype(np.float32)
        self.rarest = float(np.log1p((self.size + 0.5) / 0.5))
        self._weights = _columns(self._blended(counts, blends))
        self.unit_rows = self._cosine_rows(counts)

    def _blended(self, counts: Any, blends: tuple[Blend, Blend]) -> Any:
        """What each entry gets for each gram it has."""
        pair = (self.vocabulary >= 1 << _SHIFT)[counts.indices]
        okapi, cosine = (
            np.where(pair, of_pair, of_single).astype(np.float32)
            for of_single, of_pair in zip(astuple(blends[0]), astuple(blends[1]), strict=True)
        )
        rows = self._okapi(counts)
        rows.data *= okapi
        if cosine.any():
            for kind in (pair, ~pair):
                rows.data += cosine * self._alike(counts, kind)
        return rows

    def _alike(self, counts: Any, kind: NDArray[np.bool_]) -> Floats:
        """Each gram's part in the cosine of its entry with a query, among grams of one kind."""
        weights = np.where(kind, np.sqrt(counts.data) * self.idf[counts.indices], 0.0)
        rows = _unit(
            csr_array((weights, counts.indices, counts.indptr), shape=counts.shape), np.zeros(self.size)
        )
        return np.asarray(rows.data * self.idf[counts.indices], np.float32)

    def _okapi(self, counts: Any) -> Any:
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        mean = float(lengths.mean()) if self.size else 1.0
        norm = K1 * (1 - B + B * lengths / max(mean, 1.0))
        rows = np.repeat(np.arange(self.size), np.diff(counts.indptr))
        data = self.idf[counts.indices] * counts.data * (K1 + 1) / (counts.data + norm[rows])
        return csr_array((data.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)

    def _cosine_rows(self, counts: Any) -> Any:
        """Entries as idf-weighted rows of length one."""
        weights = np.sqrt(counts.data) * self.idf[counts.indices]
        rows = csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)
        return _unit(rows, np.zeros(self.size))

    def scores(self, text: str) -> Floats:
        """What every entry gets for one query text; repeated query grams count once."""
        columns = self._known(np.unique(grams([text], self.singles)[0]))[0]
        return np.asarray(self._weights[:, columns] @ np.ones(len(columns), np.float32), np.float32)

    def cosine(self, texts: Sequence[str], entries: NDArray[np.int64]) -> Floats:
        """Similarity 0..1 of each text (row) to each chosen entry (column); unknown grams count against it."""
        codes, owner = grams(texts, self.singles)
        columns, known = self._known(codes)
        strange = np.bincount(owner[~known], minlength=len(texts)) * self.rarest**2
        used, at = np.unique(columns, return_inverse=True)
        asked = np.zeros((len(texts), len(used)), np.float32)
        np.add.at(asked, (owner[known], at), 1.0)
        asked = np.sqrt(asked) * self.idf[used]
        length = np.sqrt((asked**2).sum(axis=1) + strange)
        stored = self._dense(entries, used)
        return np.asarray((asked / np.maximum(length, 1e-4)[:, None]) @ stored.T, np.float32)

    def _dense(self, entries: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
        """Unit rows of the chosen entries at the given columns only."""
        out = np.zeros((len(entries), len(columns)), np.float32)
        if not len(columns):
            return out
        starts, ends = self.unit_rows.indptr[entries], self.unit_rows.indptr[entries + 1]
        rows = np.repeat(np.arange(len(entries)), ends - starts)
        places = _ranges(starts, ends)
        wanted = self.unit_rows.indices[places]
        at = np.minimum(np.searchsorted(columns, wanted), len(columns) - 1)
        here = columns[at] == wanted
        out[rows[here], at[here]] = self.unit_rows.data[places[here]]
        return out

    def _known(self, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Columns of the codes that the vocabulary has, and which those were."""
        if not len(self.vocabulary):
            return np.zeros(0, np.int64), np.zeros(len(codes), np.bool_)
        at = np.minimum(np.searchsorted(self.vocabulary, codes), len(self.vocabulary) - 1)
        known = self.vocabulary[at] == codes
        return at[known], known


def _columns(rows: Any) -> Any:
    """The same numbers column by column, places in 32 bits: a query reads half as much memory."""
    found = csc_array(rows)
    narrow = (found.data, found.indices.astype(np.int32), found.indptr.astype(np.int32))
    return csc_array(narrow, shape=found.shape)


def _ranges(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of all half-open ranges, one after another."""
    sizes = ends - starts
    within: NDArray[np.int64] = np.arange(int(sizes.sum())) + np.repeat(
        starts - np.cumsum(sizes) + sizes, sizes
    )
    return within


def _unit(rows: Any, extra: NDArray[Any]) -> Any:
    """Rows divided by their length; `extra` is squared length that lies outside the vocabulary."""
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    squared = np.bincount(owner, weights=rows.data**2, minlength=rows.shape[0]) + extra
    length = np.sqrt(np.maximum(squared, 1e-9))
    return csr_array(
        ((rows.data / length[owner]).astype(np.float32), rows.indices, rows.indptr), shape=rows.shape
    )


class TextIndex:
    """Entries searchable by what is written, by how it sounds and, with a `meaning`, by what it means.

    Immutable; safe to share between threads.
    """

    def __init__(self, texts: Sequence[str], meaning: Meaning | None = None) -> None:
        prepared = [prepare(text) for text in texts]
        self.size = len(texts)
        single, pair, heard = _blends(prepared)
        self.written = Space(prepared, singles=True, blends=(single, pair))
        self.spoken = Space([sound(text) for text in prepared], singles=False, blends=(heard, heard))
        self.mender = Mender(Seen.of([tidy(text) for text in texts]))
        self._meaning = meaning
        self.meanings = Meanings(texts, meaning) if meaning else None

    @property
    def missing(self) -> list[str]:
        """Passages of which no vector was known when this was built."""
        return self.meanings.missing if self.meanings else []

    def search(self, query: str, k: int) -> list[Hit]:
        """Best `k` entries, best first, ties by position; without a meaning only such that share something with the query."""
        heard = tidy(query)
        mended = self.mender.mend(heard)
        fused = self.written.scores(prepare(mended)) + self.spoken.scores(sound(prepare(heard)))
        asked = self._meaning.asked(mended) if self._meaning and mended else None
        if asked is None or self.meanings is None or not self.meanings.any:
            return [Hit(int(i), float(fused[i])) for i in _top(fused, k) if fused[i] > 0]
        near = self.meanings.near(asked)
        fused = fused + MEANT * near
        return [Hit(int(i), float(fused[i]), float(near[i])) for i in _top(fused, k) if fused[i] > 0]

    def similarity(self, windows: Sequence[str], entries: Sequence[int]) -> Floats:
        """Cosine 0..1 of each window (row) with each entry (column), mean of written and spoken."""
        texts = [prepare(window) for window in windows]
        chosen = np.asarray(entries, np.int64)
        heard = self.spoken.cosine([sound(text) for text in texts], chosen)
        return np.clip((self.written.cosine(texts, chosen) + heard) / 2, 0.0, 1.0)


def prepare(text: str) -> str:
    """What is indexed and asked: bare text without greetings (the whole if nothing else is left), each number one sign."""
    return _NUMBER.sub(_sign, bare(without_fillers(text)) or bare(text))


def _sign(number: re.Match[str]) -> str:
    """One private-use character per number: 12300 is no more like 300 than like any other number."""
    return chr(0xF0000 + int(number.group()) % 0xFFFD)


def _blends(prepared: Sequence[str]) -> tuple[Blend, ...]:
    """Those that suit entries of this length."""
    mean = sum(map(len, prepared)) / max(len(prepared), 1)
    share = (log(max(mean, 1.0)) - log(SHORT_CHARS)) / (log(LONG_CHARS) - log(SHORT_CHARS))
    share = min(1.0, max(0.0, share))
    return tuple(short.toward(long, share) for short, long in zip(SHORT, LONG, strict=True))


def _top(scores: Floats, k: int) -> NDArray[np.int64]:
    """Positions of the `k` largest, in order, ties by position.

    The k-th largest of the blocks' own maxima is reached by at least k entries, so what lies below it need not be sorted.
    """
    k = min(k, len(scores))
    if k <= 0:
        return np.zeros(0, np.int64)
    blocks = len(scores) // BLOCK
    reached = np.arange(len(scores))
    if blocks >= k:
        maxima = scores[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1)
        reached = np.flatnonzero(scores >= _kth(maxima, k))
    reached = reached[scores[reached] >= _kth(scores[reached], k)]
    return reached[np.argsort(-scores[reached], kind="stable")][:k]


def _kth(scores: Floats, k: int) -> float:
    """The `k`-th largest."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])
