"""How well likeness tells two wordings of one matter from two matters."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from match.alike import matter_alike
from match.figures import auc, precision_at_recall
from match.index import prepare
from match.text import sound

Numbers = NDArray[np.float64]


def alike(firsts: Sequence[str], seconds: Sequence[str]) -> tuple[Numbers, list[float]]:
    """Likeness 0..1 of each pair as repeats are found before filing, and the CPU milliseconds each took."""
    found, ms = [], []
    for first, second in zip(firsts, seconds, strict=True):
        start = time.thread_time()
        found.append(matter_alike(first, second).score)
        ms.append((time.thread_time() - start) * 1000)
    return np.array(found), ms


def plain(firsts: Sequence[str], seconds: Sequence[str]) -> Numbers:
    """The peer: rapidfuzz ratio of the sounds."""
    from rapidfuzz.fuzz import ratio

    return np.array(
        [ratio(sound(prepare(a)), sound(prepare(b))) / 100 for a, b in zip(firsts, seconds, strict=True)]
    )


def figures(found: Numbers, same: Sequence[str]) -> dict[str, Any]:
    """auc, precision_at_recall_50."""
    labels = np.array([float(label in ("1", "1.0", "true", "same")) for label in same])
    return {
        "auc": round(auc(found, labels), 4),
        "precision_at_recall_50": round(precision_at_recall(0.5, found, labels), 4),
    }
