"""Knowledge articles for what was asked: index search for candidates, then likeness of each clause to each question."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from match.calibration import ANSWERS
from match.content import Article, Content
from match.index import Floats, TextIndex, prepare
from match.model import TOP, CallContext, Candidate, Evidence, leads
from match.phrase import Heard
from match.text import clause_places

POOL: Final = 24  # entries taken from the index and looked at closely
WINDOWS: Final = 24  # clauses of the call's end that are compared one by one
ENOUGH: Final = 6  # characters from which a window counts in full
BODY_SHARE: Final = 0.7  # an answer's own text is longer and less like a question
OWNER_SHARE: Final = 0.08
OTHER_OWNER: Final = 0.8  # the units that are likely are others
GENERAL: Final = "hotline"  # articles about the hotline itself fit any unit
OTHER_CITY: Final = 0.6
LAPSED: Final = 0.85


@dataclass(frozen=True, slots=True)
class _Alike:
    """How much what was `said` resembles what is `stored`."""

    weight: float
    stored: str
    said: str


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
        order = sorted(best, key=lambda i: (-best[i].weight, i))[: TOP + 1]
        ahead = leads([best[i].weight for i in order])
        return tuple(
            self._candidate(self._articles[i], best[i], lead, context)
            for i, lead in zip(order, ahead, strict=True)
        )[:TOP]

    def _pool(self, windows: Sequence[str]) -> list[int]:
        """Entries worth comparing: the best for the whole call and for each of the last clauses."""
        asked = dict.fromkeys([*windows[:1], *windows[-4:]])
        return sorted({hit.entry for query in asked for hit in self._index.search(query, POOL)})

    def _best(
        self, windows: Sequence[str], pool: list[int], owners: Sequence[str], context: CallContext
    ) -> dict[int, _Alike]:
        """By article position: the likest pair of what was said and what is stored."""
        alike = self._index.similarity(windows, pool) * _substance(windows)
        best: dict[int, _Alike] = {}
        for column, entry in enumerate(pool):
            position, text, share = self._entries[entry]
            row = int(alike[:, column].argmax())
            value = float(alike[row, column]) * share
            if value > 0:
                value = self._weighed(self._articles[position], value, owners, context)
                one = _Alike(value, text, windows[row])
                best[position] = max(best.get(position, one), one, key=lambda alike: alike.weight)
        return best

    @staticmethod
    def _weighed(article: Article, value: float, owners: Sequence[str], context: CallContext) -> float:
        value += OWNER_SHARE if article.unit in owners[:1] else 0.0
        ours = not owners or article.unit in owners or article.unit.endswith(GENERAL)
        value *= 1.0 if ours else OTHER_OWNER
        value *= OTHER_CITY if _elsewhere(article, context) else 1.0
        return value * (LAPSED if _lapsed(article, context) else 1.0)

    def _candidate(self, article: Article, found: _Alike, lead: float, context: CallContext) -> Candidate:
        score = ANSWERS.score(found.weight, lead)
        doubts = _doubts(article, context)
        said = Evidence("said", found.said[:60], article.clause)
        return Candidate(
            id=article.id,
            title=article.title,
            score=score,
            confident=score >= ANSWERS.threshold and not doubts,
            evidence=(said, Evidence("question", found.stored[:60], article.clause), *doubts),
            text=article.answer,
            weight=found.weight,
            lead=lead,
        )


def _doubts(article: Article, context: CallContext) -> list[Evidence]:
    """Why the answer must be checked before it is given, however well it matches."""
    doubts = []
    if _lapsed(article, context):
        words = f"有效期 {article.valid_from or ''} 至 {article.valid_to or ''}，请核实"
        doubts.append(Evidence("validity", words, article.clause))
    if _elsewhere(article, context):
        doubts.append(Evidence("city", "其他地方的规定，仅供参考", article.clause))
    return doubts


def _entries(position: int, article: Article) -> list[tuple[int, str, float]]:
    asked = [(position, text, 1.0) for text in (article.title, *article.questions)]
    return [*asked, (position, article.answer, BODY_SHARE)]


def _windows(said: str) -> list[str]:
    """Everything, each two neighbouring clauses, each clause: as they stand in `said`, repeats once."""
    places = clause_places(said)[-WINDOWS:]
    if not places:
        return []
    pairs = [(a, d) for (a, _), (_, d) in pairwise(places)]
    return list(dict.fromkeys(said[a:b] for a, b in [(places[0][0], places[-1][1]), *pairs, *places]))


def _substance(windows: Sequence[str]) -> Floats:
    """Factor per window (a column): a word or two is no question yet."""
    return np.array([[min(1.0, len(prepare(window)) / ENOUGH) ** 0.5] for window in windows], np.float32)


def _elsewhere(article: Article, context: CallContext) -> bool:
    return bool(article.city and context.profile and article.city != context.profile)


def _lapsed(article: Article, context: CallContext) -> bool:
    return context.on is not None and not article.valid_on(context.on)
