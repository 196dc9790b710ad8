"""Knowledge articles for what was asked: the texts of articles likest to it, weighed with what is known of the call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from match.calibration import ANSWERS, ANSWERS_MEANT
from match.content import Article, Content
from match.likest import Like, Likest, Stored
from match.meaning import Meaning
from match.model import TOP, CallContext, Candidate, Evidence, leads
from match.phrase import Heard

BODY_SHARE: Final = 0.7  # an answer's own text is longer and less like a question
OWNER_SHARE: Final = 0.08
OTHER_OWNER: Final = 0.8  # the units that are likely are others
GENERAL: Final = "hotline"  # articles about the hotline itself fit any unit
OTHER_CITY: Final = 0.6
LAPSED: Final = 0.85
MEANT: Final = 3.0
"""What nearness in meaning weighs beside likeness in words."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One of the owners: what it weighs, by which of its texts, and how far ahead of the best other."""

    weight: float
    like: Like
    lead: float

    @property
    def score(self) -> float:
        """How probable it is that this is what was asked for."""
        scale = ANSWERS if self.like.near is None else ANSWERS_MEANT
        return scale.score(self.weight, self.lead)


class AnswerMatcher:
    """Compiled once from the content; each article has an entry per question, its title and its answer."""

    def __init__(self, content: Content, meaning: Meaning | None = None) -> None:
        self._articles = content.articles
        self._likest = Likest(
            [entry for i, article in enumerate(content.articles) for entry in _entries(i, article)], meaning
        )

    @property
    def missing(self) -> list[str]:
        """Passages of which no vector was known."""
        return self._likest.missing

    def propose(self, citizen: Heard, owners: Sequence[str], context: CallContext) -> tuple[Candidate, ...]:
        """The TOP articles alike to anything the citizen said, best first; `owners`: likely units, best first."""
        likes = self._likest.among(citizen.tidied)
        found = ranked(
            (_weighed(self._articles[like.stored.owner], weight(like), owners, context), like)
            for like in likes
        )
        return tuple(self._candidate(self._articles[one.like.stored.owner], one, context) for one in found)

    @staticmethod
    def _candidate(article: Article, one: Ranked, context: CallContext) -> Candidate:
        doubts = _doubts(article, context)
        said = Evidence("said", one.like.said[:60], article.clause)
        return Candidate(
            id=article.id,
            title=article.title,
            score=one.score,
            confident=one.score >= context.sure.answers / 100 and not doubts,
            evidence=(said, Evidence("question", one.like.stored.text[:60], article.clause), *doubts),
            text=article.answer,
            weight=one.weight,
            lead=one.lead,
        )


def weight(like: Like) -> float:
    """Likeness in words and, where it is known, in meaning."""
    return like.words + MEANT * (like.near or 0.0)


def ranked(weighed: Iterable[tuple[float, Like]]) -> list[Ranked]:
    """The TOP owners by the likest of their texts, best first; none that weighs nothing."""
    best: dict[int, tuple[float, Like]] = {}
    for value, like in weighed:
        if value > best.get(like.stored.owner, (0.0,))[0]:
            best[like.stored.owner] = value, like
    order = sorted(best, key=lambda i: (-best[i][0], i))[: TOP + 1]
    ahead = leads([best[i][0] for i in order])
    return [Ranked(*best[i], lead) for i, lead in zip(order, ahead, strict=True)][:TOP]


def _weighed(article: Article, value: float, owners: Sequence[str], context: CallContext) -> float:
    value += OWNER_SHARE if article.unit in owners[:1] else 0.0
    ours = not owners or article.unit in owners or article.unit.endswith(GENERAL)
    value *= 1.0 if ours else OTHER_OWNER
    value *= OTHER_CITY if _elsewhere(article, context) else 1.0
    return value * (LAPSED if _lapsed(article, context) else 1.0)


def _doubts(article: Article, context: CallContext) -> list[Evidence]:
    """Why the answer must be checked before it is given, however well it matches."""
    doubts = []
    if _lapsed(article, context):
        words = f"有效期 {article.valid_from or ''} 至 {article.valid_to or ''}，请核实"
        doubts.append(Evidence("validity", words, article.clause))
    if _elsewhere(article, context):
        doubts.append(Evidence("city", "其他地方的规定，仅供参考", article.clause))
    return doubts


def _entries(position: int, article: Article) -> list[Stored]:
    asked = [Stored(position, text, 1.0) for text in (article.title, *article.questions)]
    return [*asked, Stored(position, article.answer, BODY_SHARE)]


def _elsewhere(article: Article, context: CallContext) -> bool:
    return bool(article.city and context.profile and article.city != context.profile)


def _lapsed(article: Article, context: CallContext) -> bool:
    return context.on is not None and not article.valid_on(context.on)
