"""Figures that say how good a ranking, a probability or a likeness is, and how sure the difference of two is. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
RESAMPLES: Final = 2000
SEED: Final = 12345
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of one method minus mean of another on the same rows, with the middle 95 % of its paired bootstrap."""

    mean: float
    low: float
    high: float


def ranks(found: Sequence[Sequence[str]], wanted: Sequence[str]) -> NDArray[np.int64]:
    """Place (1 = first) of each wanted id among those found; 0 where it is not among them."""
    return np.array(
        [list(ids).index(one) + 1 if one in ids else 0 for ids, one in zip(found, wanted, strict=True)],
        np.int64,
    )


def recall(places: NDArray[np.int64], k: int) -> Numbers:
    """Per row 1.0 where the wanted id is among the first `k`."""
    return ((places >= 1) & (places <= k)).astype(np.float64)


def reciprocal(places: NDArray[np.int64], k: int = 10) -> Numbers:
    """Per row 1 / place, 0 beyond `k`; its mean is MRR@k."""
    return np.where((places >= 1) & (places <= k), 1.0 / np.maximum(places, 1), 0.0)


def difference(ours: Numbers, theirs: Numbers) -> Difference:
    """Paired bootstrap over rows (Efron & Tibshirani 1993): the same rows are drawn for both."""
    apart = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    if not len(apart):
        return Difference(0.0, 0.0, 0.0)
    dice = np.random.default_rng(SEED)
    means = [apart[dice.integers(0, len(apart), len(apart))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(float(apart.mean()), float(low), float(high))


def spread(figure: Callable[[Numbers, Numbers], float], said: Numbers, right: Numbers) -> tuple[float, float]:
    """The middle 95 % of a figure of probabilities and hits over rows drawn anew."""
    dice, many = np.random.default_rng(SEED), len(said)
    drawn = (dice.integers(0, many, many) for _ in range(RESAMPLES))
    low, high = np.percentile([figure(said[rows], right[rows]) for rows in drawn], [2.5, 97.5])
    return float(low), float(high)


def calibration_error(said: Numbers, right: Numbers) -> float:
    """Expected calibration error: mean distance of probability and hit rate over ten equal bins (Naeini et al. 2015)."""
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    apart = [
        abs(said[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(BINS)
        if (bins == b).any()
    ]
    return float(sum(apart))


def coverage_at(precision: float, said: Numbers, right: Numbers) -> float:
    """Largest share of rows that can be answered, the surest first, with at least this share of them right."""
    order = np.argsort(-said, kind="stable")
    good = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(good >= precision)
    return float((reached[-1] + 1) / len(order)) if len(reached) else 0.0


def macro_f1(said: Sequence[str], right: Sequence[str]) -> float:
    """Mean over the labels that occur of the harmonic mean of precision and recall."""
    pairs, each = list(zip(said, right, strict=True)), []
    for label in sorted(set(right)):
        hit = sum(a == b == label for a, b in pairs)
        each.append(2 * hit / (sum(a == label for a, _ in pairs) + sum(b == label for _, b in pairs)))
    return float(np.mean(each)) if each else 0.0


def auc(alike: Numbers, same: Numbers) -> float:
    """Chance that a pair of the same matter scores above one of different matters, ties half (Mann-Whitney)."""
    values, at, counts = np.unique(alike, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    yes = same > 0
    many, few = int(yes.sum()), int((~yes).sum())
    if not many or not few or not len(values):
        return 0.0
    return float((middle[at][yes].sum() - many * (many + 1) / 2) / (many * few))


def precision_at_recall(share: float, alike: Numbers, same: Numbers) -> float:
    """Share of same pairs among all that score at least what is needed to find `share` of the same ones."""
    yes = np.sort(alike[same > 0])[::-1]
    if not len(yes):
        return 0.0
    bar = yes[max(int(np.ceil(share * len(yes))) - 1, 0)]
    return float((same[alike >= bar] > 0).mean())
