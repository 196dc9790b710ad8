"""Proposals as they follow each other in one call: what was shown keeps its place until another is clearly better. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from match.model import Candidate, Kind, Proposals

CLEARLY: Final = 0.05
"""By so much a proposal must be likelier to take the place of one that is shown."""


def steady(found: Proposals, shown: Mapping[Kind, Sequence[str]]) -> Proposals:
    """The same proposals; those shown before stand before others of nearly the same score, in the order they had."""
    return replace(
        found,
        answers=_steady(found.answers, shown.get("answers", ())),
        units=_steady(found.units, shown.get("units", ())),
        refusals=_steady(found.refusals, shown.get("refusals", ())),
    )


def _steady(new: tuple[Candidate, ...], shown: Sequence[str]) -> tuple[Candidate, ...]:
    place = {ident: i for i, ident in enumerate(shown)}
    order = list(new)
    for end in range(len(order) - 1, 0, -1):
        for i in range(end):
            first, second = order[i], order[i + 1]
            was_before = place.get(second.id, len(shown)) < place.get(first.id, len(shown))
            if was_before and first.score - second.score < CLEARLY:
                order[i], order[i + 1] = second, first
    return tuple(order)
