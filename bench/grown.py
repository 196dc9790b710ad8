"""How fast the index answers among 100,000 entries: by words and sounds, with vectors, and a plain peer in the same run.

What vectors hold does not change what a query costs, so the entries' are drawn at random (a real house keeps them in its home
folder); each question's is computed by the installed embedding.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.meaning import Meanings
from app.measuring import finding
from core.errors import PartMissing
from embedding.encoder import WIDTH
from match.index import TextIndex, prepare

SEED: Final = 12345


class Drawn:
    """A `match.meaning.Meaning` whose entries lie anywhere."""

    def __init__(self, meaning: Meanings) -> None:
        self.asked = meaning.asked

    def known(self, texts: Sequence[str]) -> list[NDArray[Any] | None]:
        rows = np.random.default_rng(SEED).standard_normal((len(texts), WIDTH), np.float32)
        return list(rows / np.linalg.norm(rows, axis=1, keepdims=True))


class Cosine:
    """The peer: scikit-learn's TF-IDF over pairs of characters, cosine by sparse product, the best ten by partition.

    Raises PartMissing.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
        except ImportError as error:
            raise PartMissing("scikit-learn: ./hotline test brings it") from error
        self._view = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True, dtype=np.float32)
        self._columns = self._view.fit_transform([prepare(text) for text in texts]).T.tocsr()

    def best(self, query: str) -> list[int]:
        scores = (self._view.transform([prepare(query)]) @ self._columns).toarray()[0]
        few = np.argpartition(-scores, finding.TOP)[: finding.TOP]
        return [int(i) for i in few[np.argsort(-scores[few], kind="stable")]]


def grown(texts: Sequence[str], asked: Sequence[str], meaning: Meanings | None) -> dict[str, Any]:
    """CPU milliseconds of a query (`words`, with a `meaning` also `meant`, the `peer`), p99 over the peer's, seconds to build."""
    built = finding.build(texts)
    start = time.process_time()
    peer = Cosine(texts)
    peer_s = time.process_time() - start
    ways = {"words": finding.ours(built.index), "peer": peer.best}
    if meaning:
        ways["meant"] = finding.ours(TextIndex(texts, Drawn(meaning)))
    found: dict[str, Any] = {
        name: finding.figures(finding.ask(way, asked), [], None) for name, way in ways.items()
    }
    ratio = round(found["words"]["p99_ms"] / found["peer"]["p99_ms"], 2)
    return {
        "entries": len(texts),
        **found,
        "p99_over_peer": ratio,
        "peer_build_s": round(peer_s, 2),
        **finding.footprint(built),
    }


def table(found: dict[str, Any]) -> list[str]:
    """Markdown: a row for each way of asking."""
    names = {
        "words": "ours, words and sounds",
        "meant": "ours with the embedding (each question's vector computed, the entries' drawn)",
        "peer": "scikit-learn TF-IDF, pairs of characters, cosine",
    }
    rows = [
        f"| {title} | {found[name]['p50_ms']} | {found[name]['p99_ms']} |"
        for name, title in names.items()
        if name in found
    ]
    return [
        f"{found['entries']} short entries, one core: built in {found['build_s']} s of CPU (the peer: {found['peer_build_s']} s); "
        f"ours by words over the peer at p99: {found['p99_over_peer']}; {found['rss_mb']:.0f} MB held by the whole benchmark.",
        "",
        "| a query of one citizen's line, 10 % misheard | CPU ms p50 | p99 |",
        "|---|---|---|",
        *rows,
    ]
