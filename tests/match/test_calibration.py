"""The committed coefficients are those the development sentences give, and the scores mean what they say there."""

import pytest

from match import MatchIndex, Proposals
from match.calibration import ANSWERS, ANSWERS_MEANT, REFUSALS, UNITS
from match.model import Calibration, Kind
from tests.match import fit
from tests.need import measuring_data

pytestmark = pytest.mark.unit

Results = list[tuple[fit.Sentence, float, Proposals]]


@pytest.fixture(scope="module")
def results(index: MatchIndex) -> Results:
    return list(fit.runs(index, fit.sentences()))


def test_coefficients_of_refusals_are_those_of_the_development_sentences(results: Results) -> None:
    found = fit.coefficients(fit.rows_of("refusals", results))
    assert found == pytest.approx((REFUSALS.base, REFUSALS.evidence, REFUSALS.lead), rel=0.2)


@pytest.mark.timeout(300)
def test_coefficients_of_answers_are_those_of_the_development_halves() -> None:
    measuring_data()
    assert fit.answers(None) == pytest.approx((ANSWERS.base, ANSWERS.evidence, ANSWERS.lead), rel=0.1)


@pytest.mark.parametrize("scale", [ANSWERS, ANSWERS_MEANT, UNITS, REFUSALS])
def test_scores_never_fall_with_more_evidence(scale: Calibration) -> None:
    assert scale.evidence > 0
    assert scale.lead > 0


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
