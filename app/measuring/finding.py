"""How well and how fast entries are found by the index the product uses, beside plain methods in the same run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.meaning import Meanings
from app.measuring.tables import memory_mb
from match.figures import difference, ranks, recall, reciprocal
from match.index import Blend, Space, TextIndex, prepare
from match.meaning import passages
from match.text import sound

TOP: Final = 10
RRF: Final = 60
Search = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Found:
    """Entry positions for each query, best first, and the CPU milliseconds each took."""

    entries: list[list[int]]
    ms: list[float]


class Plain:
    """The peers: character 1+2-gram BM25, and its reciprocal-rank fusion with cosine over pairs of syllables."""

    def __init__(self, texts: Sequence[str]) -> None:
        prepared = [prepare(text) for text in texts]
        self._written = Space(prepared, singles=True)
        heard = [sound(text) for text in prepared]
        self._heard = Space(heard, singles=False, blends=(Blend(0.0, 1.0), Blend(0.0, 1.0)))

    def bm25(self, query: str) -> list[int]:
        return _best(self._written.scores(prepare(query)))

    def fused(self, query: str) -> list[int]:
        text = prepare(query)
        written = self._written.scores(text)
        heard = self._heard.scores(sound(text))  # the cosine but for the query's own length
        return _best(1 / (RRF + _order(written)) + 1 / (RRF + _order(heard)))


def _order(scores: NDArray[Any]) -> NDArray[np.int64]:
    """Rank from 1 of each entry."""
    places = np.empty(len(scores), np.int64)
    places[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return places


def _best(scores: NDArray[Any]) -> list[int]:
    return [int(i) for i in np.argsort(-scores, kind="stable")[:TOP] if scores[i] > 0]


def ask(search: Search, queries: Sequence[str]) -> Found:
    """Every query once, one after another; the CPU time is that of the whole process."""
    entries, ms = [], []
    for query in queries:
        start = time.process_time()  # the embedding computes in a thread of its own
        entries.append(search(query))
        ms.append((time.process_time() - start) * 1000)
    return Found(entries, ms)


def ours(index: TextIndex) -> Search:
    """The product's own search."""
    return lambda query: [hit.entry for hit in index.search(query, TOP)]


@dataclass(frozen=True, slots=True)
class Built:
    """The product's index, the CPU seconds it took, and those that vectors not yet kept took before."""

    index: TextIndex
    build_s: float
    embed_s: float


def build(texts: Sequence[str], meaning: Meanings | None = None) -> Built:
    """The product's index; with a `meaning`, after the vectors of all passages are there."""
    begin = time.process_time()
    if meaning:
        meaning.make([piece for text in texts for piece in passages(text)])
    start = time.process_time()
    return Built(TextIndex(texts, meaning), time.process_time() - start, start - begin)


def figures(found: Found, ids: Sequence[str], wanted: Sequence[str] | None) -> dict[str, Any]:
    """recall@1, recall@5, mrr@10 (where what is wanted is known), times in CPU ms, rows."""
    speed = {
        "p50_ms": round(float(np.percentile(found.ms, 50)), 2),
        "p99_ms": round(float(np.percentile(found.ms, 99)), 2),
        "n": len(found.ms),
    }
    if wanted is None:
        return speed
    places = ranks([[ids[i] for i in entries] for entries in found.entries], wanted)
    return {
        "recall@1": round(float(recall(places, 1).mean()), 4),
        "recall@5": round(float(recall(places, 5).mean()), 4),
        "mrr@10": round(float(reciprocal(places).mean()), 4),
        **speed,
    }


def apart(one: Found, other: Found, ids: Sequence[str], wanted: Sequence[str]) -> dict[str, list[float]]:
    """Each figure's difference with its 95 % interval: [mean, low, high]."""
    a, b = (ranks([[ids[i] for i in entries] for entries in f.entries], wanted) for f in (one, other))
    pairs = {
        "recall@1": difference(recall(a, 1), recall(b, 1)),
        "recall@5": difference(recall(a, 5), recall(b, 5)),
        "mrr@10": difference(reciprocal(a), reciprocal(b)),
    }
    return {name: [round(x, 4) for x in (d.mean, d.low, d.high)] for name, d in pairs.items()}


def footprint(built: Built) -> dict[str, float]:
    """What the index cost."""
    cost = {"build_s": round(built.build_s, 2), "rss_mb": round(memory_mb(), 1)}
    return cost | ({"embed_s": round(built.embed_s, 2)} if built.embed_s else {})
