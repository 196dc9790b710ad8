"""The one call others make: what was said so far, and what is known of the call, to proposals with evidence."""

from collections.abc import Sequence
from typing import Final

from match.answers import AnswerMatcher
from match.content import Content
from match.learn import Model
from match.meaning import Meaning
from match.model import CallContext, Proposals, Spoken
from match.phrase import Heard
from match.refusals import RefusalMatcher
from match.text import tidy
from match.units import UnitMatcher

LIKELY: Final = 0.15
"""Score from which a unit's own articles are preferred to those of units not proposed."""


class MatchIndex:
    """Everything compiled from one content and, where there are such, the model learned from this house's own decisions
    and an embedding.

    Immutable: build a new one and swap it in by assignment.
    """

    def __init__(
        self, content: Content, learned: Model | None = None, meaning: Meaning | None = None
    ) -> None:
        self.content = content
        self.units = UnitMatcher(content, learned, meaning)
        self.refusals = RefusalMatcher(content)
        self.answers = AnswerMatcher(content, meaning)


def propose(utterances: Sequence[Spoken], context: CallContext, index: MatchIndex) -> Proposals:
    """Candidates for the call so far: answers, units, refusal grounds; at most three each, best first.

    Call it again with all utterances after each new one; the same input gives the same output. Never raises on text.
    Source: B4, E2, E3.
    """
    citizen, agent = heard(utterances, "citizen"), heard(utterances, "agent")
    units = index.units.propose(citizen, agent, context)
    return Proposals(
        answers=index.answers.propose(citizen, [unit.id for unit in units if unit.score >= LIKELY], context),
        units=units,
        refusals=index.refusals.propose(citizen, context),
    )


def heard(utterances: Sequence[Spoken], speaker: str) -> Heard:
    """One speaker's utterances as one text; the breaks between them count as punctuation."""
    return Heard("，".join(tidy(spoken.text) for spoken in utterances if spoken.speaker == speaker))
