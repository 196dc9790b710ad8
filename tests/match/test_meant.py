"""What vectors say of labels: a label whose matters lie in two opposite places is known by its centres, not by a line."""

import numpy as np
import pytest
from numpy.typing import NDArray

from match.meant import Meant, learn_meant, softmax

pytestmark = pytest.mark.unit


def _vectors(*angles: float) -> NDArray[np.float64]:
    """Directions in a plane, and the 1."""
    turn = np.radians(angles)
    return np.stack([np.cos(turn), np.sin(turn), np.ones(len(angles))], axis=1)


ACROSS = [*range(-10, 10), *range(170, 190)]  # east and west
ALONG = [*range(80, 100), *range(260, 280)]  # north and south
ROWS, MARKS = _vectors(*ACROSS, *ALONG), np.repeat([0, 1], [len(ACROSS), len(ALONG)])


def test_centres_tell_what_a_line_can_not() -> None:
    line, near = learn_meant(ROWS, MARKS, 2).says(_vectors(0, 180, 90, 270))
    assert near.argmax(axis=1).tolist() == [0, 0, 1, 1]
    assert np.abs(np.diff(line, axis=1)).max() < np.abs(np.diff(near, axis=1)).min()


def test_what_is_not_known_says_nothing_and_is_not_learned_from() -> None:
    unknown = np.zeros((1, 3))
    line, near = learn_meant(ROWS, MARKS, 2).says(unknown)
    assert not line.any()
    assert not near.any()
    assert not learn_meant(unknown, np.zeros(1, np.int64), 2).weights.size
    more = learn_meant(np.concatenate([ROWS, unknown]), np.append(MARKS, 1), 2)
    assert np.allclose(more.centres, learn_meant(ROWS, MARKS, 2).centres)


def test_no_centre_is_one_texts_own_vector_where_there_are_several() -> None:
    found = learn_meant(ROWS, MARKS, 2)
    assert len(found.centres) <= len(ROWS) // 6
    assert np.allclose(np.linalg.norm(found.centres, axis=1), 1.0, atol=1e-5)


def test_a_label_nobody_decided_for_is_the_least_likely() -> None:
    _, near = learn_meant(ROWS, MARKS, 3).says(_vectors(45))
    assert near[0].argmin() == 2
    assert softmax(near)[0, 2] < 1e-6


def test_nothing_learned_has_no_weights() -> None:
    assert not Meant.nothing().weights.size
