"""Knowledge articles for what was asked: index search for candidates, then likeness of each clause to each question."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from match.calibration import ANSWERS
from match.content import Article, Content
from match.index import Floats, TextIndex, prepare
from match.model import TOP, CallContext, Candidate, Evidence, leads
from match.phrase import Heard
from match.text import clauses

POOL: Final = 24  # entries taken from the index and looked at closely
WINDOWS: Final = 24  # clauses of the call's end that are compared one by one
ENOUGH: Final = 6  # characters from which a window counts in full
BODY_SHARE: Final = 0.7  # an answer's own text is longer and less like a question
OWNER_SHARE: Final = 0.08
OTHER_OWNER: Final = 0.8  # the units that are likely are others
GENERAL: Final = "hotline"  # articles about the hotline itself fit any unit
OTHER_CITY: Final = 0.6
LAPSED: Final = 0.85


class AnswerMatcher:
    """Compiled once from the content; each article has an entry per question, its title and its answer."""

    def __init__(self, content: Content) -> None:
        self._articles = content.articles
        self._entries = [
            entry for i, article in enumerate(content.articles) for entry in _entries(i, article)
        ]
        self._index = TextIndex([text for _, text, _ in self._entries])

    def propose(self, citizen: Heard, owners: Sequence[str], context: CallContext) -> tuple[Candidate, ...]:
        """The TOP articles alike to anything the citizen said, best first; `owners`: likely units, best first."""
        windows = _windows(citizen.tidied)
        pool = self._pool(windows)
        if not pool:
            return ()
        best = self._best(windows, pool, owners, context)
        order = sorted(best, key=lambda i: (-best[i][0], i))[: TOP + 1]
        ahead = leads([best[i][0] for i in order])
        return tuple(
            self._candidate(i, *best[i], lead, context) for i, lead in zip(order, ahead, strict=True)
        )[:TOP]

    def _pool(self, windows: Sequence[str]) -> list[int]:
        """Entries worth comparing: the best for the whole call and for each of the last clauses."""
        asked = dict.fromkeys([*windows[:1], *windows[-4:]])
        return sorted({hit.entry for query in asked for hit in self._index.search(query, POOL)})

    def _best(
        self, windows: Sequence[str], pool: list[int], owners: Sequence[str], context: CallContext
    ) -> dict[int, tuple[float, str]]:
        """By article position: its evidence and the stored question or text that was most alike."""
        alike = self._index.similarity(windows, pool) * _substance(windows)
        best: dict[int, tuple[float, str]] = {}
        for column, entry in enumerate(pool):
            article, text, share = self._entries[entry]
            value = float(alike[:, column].max()) * share
            if value > 0:
                value = self._weighed(self._articles[article], value, owners, context)
                best[article] = max(best.get(article, (0.0, "")), (value, text))
        return best

    @staticmethod
    def _weighed(article: Article, value: float, owners: Sequence[str], context: CallContext) -> float:
        value += OWNER_SHARE if article.unit in owners[:1] else 0.0
        value *= (
            OTHER_OWNER
            if owners and article.unit not in owners and not article.unit.endswith(GENERAL)
            else 1.0
        )
        value *= OTHER_CITY if _elsewhere(article, context) else 1.0
        return value * (LAPSED if _lapsed(article, context) else 1.0)

    def _candidate(
        self, position: int, weight: float, text: str, lead: float, context: CallContext
    ) -> Candidate:
        article = self._articles[position]
        evidence = [Evidence("question", text[:60], article.clause)]
        if _lapsed(article, context):
            evidence.append(
                Evidence(
                    "validity",
                    f"文件有效期 {article.valid_from} 至 {article.valid_to}，请核实",
                    article.clause,
                )
            )
        if _elsewhere(article, context):
            evidence.append(Evidence("city", "其他地方的规定，仅供参考", article.clause))
        score = ANSWERS.score(weight, lead)
        confident = score >= ANSWERS.threshold and len(evidence) == 1
        return Candidate(
            id=article.id,
            title=article.title,
            score=score,
            confident=confident,
            evidence=tuple(evidence),
            text=article.answer,
            weight=weight,
            lead=lead,
        )


def _entries(position: int, article: Article) -> list[tuple[int, str, float]]:
    asked = [(position, text, 1.0) for text in (article.title, *article.questions)]
    return [*asked, (position, article.answer, BODY_SHARE)]


def _windows(said: str) -> list[str]:
    """Each clause, each two neighbours, and everything."""
    pieces = list(dict.fromkeys(clauses(said)))[-WINDOWS:]
    return (
        list(dict.fromkeys(["，".join(pieces), *(a + b for a, b in pairwise(pieces)), *pieces]))
        if pieces
        else []
    )


def _substance(windows: Sequence[str]) -> Floats:
    """Factor per window (a column): a word or two is no question yet."""
    return np.array([[min(1.0, len(prepare(window)) / ENOUGH) ** 0.5] for window in windows], np.float32)


def _elsewhere(article: Article, context: CallContext) -> bool:
    return bool(article.city and context.profile and article.city != context.profile)


def _lapsed(article: Article, context: CallContext) -> bool:
    return context.on is not None and not article.valid_on(context.on)
