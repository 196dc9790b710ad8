"""The committed coefficients are those the development sentences give, and the scores mean what they say there."""

import pytest

from match import MatchIndex, Proposals
from match.calibration import ANSWERS, REFUSALS, UNITS
from match.model import Calibration, Kind
from tests.match import fit

pytestmark = pytest.mark.unit

Results = list[tuple[fit.Sentence, float, Proposals]]


@pytest.fixture(scope="module")
def results(index: MatchIndex) -> Results:
    return list(fit.runs(index, fit.sentences()))


@pytest.mark.parametrize(("kind", "scale"), [("answers", ANSWERS), ("refusals", REFUSALS)])
def test_coefficients_are_the_fitted_ones(results: Results, kind: Kind, scale: Calibration) -> None:
    assert fit.coefficients(kind, results) == pytest.approx((scale.base, scale.evidence, scale.lead), rel=0.2)


@pytest.mark.parametrize("scale", [ANSWERS, UNITS, REFUSALS])
def test_scores_never_fall_with_more_evidence(scale: Calibration) -> None:
    assert scale.evidence > 0
    assert scale.lead > 0
    assert 0.5 <= scale.threshold < 1


@pytest.mark.parametrize(("kind", "least"), [("answers", 0.85), ("units", 0.9), ("refusals", 0.9)])
def test_confident_candidates_are_right_on_the_development_sentences(
    results: Results, kind: Kind, least: float
) -> None:
    sure = [
        c.id in one.right[kind]
        for one, _, found in results
        for c in fit.candidates(found, kind)
        if c.confident
    ]
    assert len(sure) >= 40
    assert sum(sure) / len(sure) >= least


@pytest.mark.parametrize(("kind", "least"), [("answers", 0.92), ("units", 0.97), ("refusals", 0.8)])
def test_the_right_candidate_is_shown_even_with_a_fifth_misheard(
    results: Results, kind: Kind, least: float
) -> None:
    noisy = [(one, found) for one, share, found in results if share == fit.NOISE[-1] and one.right[kind]]
    shown = [bool(one.right[kind] & {c.id for c in fit.candidates(found, kind)}) for one, found in noisy]
    assert sum(shown) / len(shown) >= least
