"""Learning from vectors which label a text leads to: a line through them all, and how near each label's own kinds of matter lie.

Multinomial logistic regression, and beside it spherical k-means (Dhillon & Modha 2001) inside each label: its matters
lie in several places, which one line does not follow. A centre is the mean of several texts, so no text's own vector is kept. Pure.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

COST: Final = 60.0
ROUNDS: Final = 120
MOST: Final = 12  # centres of one label
EACH: Final = 6  # vectors for each centre
NARROW: Final = 12.0
"""How fast a centre's say falls with the angle to it."""
STEPS: Final = 20
SEED: Final = 12345

Numbers = NDArray[np.float64]
Floats = NDArray[np.float32]


def _none(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


@dataclass(frozen=True, slots=True)
class Meant:
    """`weights`: (width of a vector, then 1) × label. `centres`: of length one, around `middle`; `owner`: whose label each is."""

    weights: Floats
    middle: Floats
    centres: Floats
    owner: NDArray[np.int64]

    @classmethod
    def nothing(cls) -> "Meant":
        """Where no embedding was there to learn with."""
        return cls(_none(0, 0), _none(0), _none(0, 0), np.zeros(0, np.int64))

    def says(self, vectors: Numbers) -> tuple[Numbers, Numbers]:
        """The line's and the centres' word for each label (column), rows as `vectors`, the last column of which is 1, or 0 where
        nothing is known."""
        line = np.asarray(vectors @ self.weights, np.float64)
        near = np.zeros_like(line)
        known = vectors[:, -1] > 0
        if len(self.centres) and known.any():
            close = np.exp(NARROW * (_around(vectors[known, :-1], self.middle) @ self.centres.T))
            sums = np.zeros((int(known.sum()), line.shape[1]))
            np.add.at(sums.T, self.owner, close.T)
            near[known] = np.log(sums + 1e-9)
        return line, near


def learn_meant(vectors: Numbers, marks: NDArray[np.int64], many: int) -> Meant:
    """From vectors with a last column of 1 (0 where nothing is known) and the label of each, of `many`."""
    known = vectors[:, -1] > 0
    if not known.any():
        return Meant.nothing()
    rows, marks = vectors[known], marks[known]
    middle = rows[:, :-1].mean(axis=0)
    around = _around(rows[:, :-1], middle)
    found = [(label, _centres(around[marks == label])) for label in range(many) if (marks == label).any()]
    return Meant(
        _line(rows, marks, many),
        middle.astype(np.float32),
        np.concatenate([centres for _, centres in found]).astype(np.float32),
        np.repeat([label for label, _ in found], [len(centres) for _, centres in found]),
    )


def _around(vectors: Numbers, middle: NDArray[Any]) -> Numbers:
    """Directions as seen from the middle: what all texts have in common says nothing."""
    apart = vectors - middle
    return np.asarray(apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9))


def _centres(rows: Numbers) -> Numbers:
    """Of one label's directions."""
    many = min(MOST, max(1, len(rows) // EACH))
    centres = rows[np.random.default_rng(SEED).choice(len(rows), many, replace=False)]
    for _ in range(STEPS):
        sums = np.zeros_like(centres)
        np.add.at(sums, (rows @ centres.T).argmax(axis=1), rows)
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(length > 0, sums / np.maximum(length, 1e-9), centres)
    return centres


def _line(vectors: Numbers, marks: NDArray[np.int64], many: int) -> Floats:
    from scipy.optimize import minimize

    rows = np.arange(len(marks))

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        w = flat.reshape(vectors.shape[1], many)
        chances = softmax(vectors @ w)
        surprise = -np.log(chances[rows, marks] + 1e-12).sum()
        chances[rows, marks] -= 1
        pull = np.vstack([w[:-1], np.zeros((1, many))])  # the base is not held back
        slope = COST * (vectors.T @ chances) + pull
        return float(COST * surprise + (pull**2).sum() / 2), slope.ravel()

    start = np.zeros(vectors.shape[1] * many)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x
    return np.asarray(found.reshape(vectors.shape[1], many), np.float32)


def softmax(margins: Numbers) -> Numbers:
    """Rows that add up to 1."""
    grown = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
