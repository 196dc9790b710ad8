"""Which ground a city's rules propose for what a citizen says; compiled once."""

import functools

from app.filing import refuses_conduct
from app.seeding import house_content
from core.policy import Policy
from match.model import CallContext, Spoken
from match.propose import MatchIndex, propose


@functools.cache
def _index() -> MatchIndex:
    return MatchIndex(house_content())


def refused(policy: Policy, said: str) -> list[str]:
    """Codes of the grounds proposed with confidence."""
    context = CallContext(profile=policy.name, refuse_conduct=refuses_conduct(policy))
    return [one.id for one in propose([Spoken("citizen", said)], context, _index()).refusals if one.confident]


def grounds(profile: str) -> int:
    """How many there are, each with words that are told to the citizen."""
    return sum(one.profile == profile and bool(one.words and one.clause) for one in _index().content.grounds)
