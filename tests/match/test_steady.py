"""What is shown does not flicker, and gives way to what is clearly better."""

import pytest

from match.model import Candidate, Proposals
from match.steady import steady

pytestmark = pytest.mark.unit


def _found(**scores: float) -> Proposals:
    order = sorted(scores, key=lambda ident: -scores[ident])
    return Proposals(units=tuple(Candidate(one, one, scores[one], False, ()) for one in order))


def _order(found: Proposals, *shown: str) -> list[str]:
    return [one.id for one in steady(found, {"units": shown}).units]


def test_what_was_shown_first_stays_first_while_nothing_is_clearly_better() -> None:
    assert _order(_found(a=0.62, b=0.60), "b", "a") == ["b", "a"]
    assert _order(_found(a=0.64, b=0.62, c=0.60), "c", "b", "a") == ["c", "b", "a"]


def test_what_is_clearly_better_takes_the_place() -> None:
    assert _order(_found(a=0.70, b=0.60), "b", "a") == ["a", "b"]


def test_a_newcomer_stands_behind_what_is_nearly_as_good() -> None:
    assert _order(_found(new=0.61, a=0.60), "a") == ["a", "new"]
    assert _order(_found(new=0.80, a=0.60), "a") == ["new", "a"]


def test_nothing_is_lost_and_without_a_past_the_best_comes_first() -> None:
    assert _order(_found(a=0.2, b=0.9, c=0.5)) == ["b", "c", "a"]
    assert sorted(_order(_found(a=0.2, b=0.9, c=0.5), "x", "c")) == ["a", "b", "c"]
    assert steady(Proposals(), {"answers": ("a",)}) == Proposals()
