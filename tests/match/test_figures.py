"""Figures are those of their textbook definitions."""

import numpy as np
import pytest

from match import figures

pytestmark = pytest.mark.unit


def test_places_recall_and_reciprocal_ranks() -> None:
    places = figures.ranks([["a", "b"], ["c"], ["x", "y", "z"]], ["b", "q", "x"])
    assert places.tolist() == [2, 0, 1]
    assert figures.recall(places, 1).tolist() == [0.0, 0.0, 1.0]
    assert figures.recall(places, 5).tolist() == [1.0, 0.0, 1.0]
    assert figures.reciprocal(places).tolist() == [0.5, 0.0, 1.0]


def test_a_difference_holds_its_mean_and_is_the_same_every_time() -> None:
    ours, theirs = np.array([1.0, 1, 1, 0] * 20), np.array([1.0, 0, 0, 0] * 20)
    one, again = figures.difference(ours, theirs), figures.difference(ours, theirs)
    assert one == again
    assert one.mean == pytest.approx(0.5)
    assert 0 < one.low < 0.5 < one.high < 1
    assert figures.difference(ours, ours) == figures.Difference(0.0, 0.0, 0.0)


def test_a_forecast_that_is_right_as_often_as_it_says_has_no_error() -> None:
    said = np.repeat([0.25, 0.75], 4)
    right = np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    assert figures.calibration_error(said, right) == pytest.approx(0.0)
    assert figures.calibration_error(np.ones(4), np.array([1.0, 1, 0, 0])) == pytest.approx(0.5)


def test_coverage_is_the_largest_share_that_keeps_the_precision() -> None:
    said, right = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([1.0, 1, 0, 1, 0])
    assert figures.coverage_at(0.75, said, right) == pytest.approx(0.8)
    assert figures.coverage_at(0.9, said, right) == pytest.approx(0.4)
    assert figures.coverage_at(0.9, said, 0 * right) == 0.0


def test_macro_f1_weighs_rare_labels_as_much_as_common_ones() -> None:
    assert figures.macro_f1(["a", "a", "a", "a"], ["a", "a", "a", "b"]) == pytest.approx((6 / 7 + 0) / 2)


@pytest.mark.parametrize(
    ("alike", "same", "area"),
    [([0.1, 0.9], [0, 1], 1.0), ([0.9, 0.1], [0, 1], 0.0), ([0.5, 0.5], [0, 1], 0.5), ([1.0], [1], 0.0)],
)
def test_area_under_the_curve(alike: list[float], same: list[int], area: float) -> None:
    assert figures.auc(np.array(alike), np.array(same, float)) == pytest.approx(area)


def test_precision_where_half_of_the_same_pairs_are_found() -> None:
    alike, same = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 0, 1, 1])
    assert figures.precision_at_recall(0.5, alike, same) == pytest.approx(2 / 3)
    assert figures.precision_at_recall(0.3, alike, same) == pytest.approx(1.0)


def test_the_spread_of_a_share_is_about_two_standard_errors_each_way() -> None:
    right = np.array([1.0] * 80 + [0.0] * 20)
    low, high = figures.spread(lambda said, hits: float(hits.mean()), np.ones(100), right)
    assert low == pytest.approx(0.72, abs=0.02)
    assert high == pytest.approx(0.88, abs=0.02)
