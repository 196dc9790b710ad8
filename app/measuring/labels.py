"""How well what is learned from decisions tells the label of matters it never saw: the model the product trains and serves."""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import PartMissing
from match.figures import calibration_error, coverage_at, difference, macro_f1
from match.index import prepare
from match.learn import Model
from match.meaning import Meaning
from match.text import sound

SURE: Final = 0.9
Chances = NDArray[np.float64]


def cut(text: str, first: int) -> str:
    """The first characters only; 0 for all."""
    return text[:first] if first else text


def answered(
    model: Model, texts: Sequence[str], meaning: Meaning | None = None
) -> tuple[Chances, list[float]]:
    """Probabilities text by text, as in a call, and the CPU milliseconds each took."""
    rows, ms = [], []
    for text in texts:
        start = time.process_time()  # the embedding computes in a thread of its own
        rows.append(model.probabilities([text], meaning)[0])
        ms.append((time.process_time() - start) * 1000)
    return np.array(rows), ms


def hits(labels: Sequence[str], chances: Chances, wanted: Sequence[str], most: int) -> NDArray[np.float64]:
    """Per row 1.0 where the wanted label is among the likeliest `most`."""
    best = np.array(labels)[np.argsort(-chances, axis=1, kind="stable")[:, :most]]
    return np.asarray((best == np.array(wanted)[:, None]).any(axis=1), np.float64)


def figures(labels: Sequence[str], chances: Chances, wanted: Sequence[str]) -> dict[str, Any]:
    """accuracy, top3, macro_f1, ece, coverage_at_p90."""
    first = hits(labels, chances, wanted, 1)
    said = chances.max(axis=1)
    named = [labels[i] for i in chances.argmax(axis=1)]
    return {
        "accuracy": round(float(first.mean()), 4),
        "top3": round(float(hits(labels, chances, wanted, 3).mean()), 4),
        "macro_f1": round(macro_f1(named, wanted), 4),
        "ece": round(calibration_error(said, first), 4),
        "coverage_at_p90": round(coverage_at(SURE, said, first), 4),
    }


def apart(
    ours: tuple[Sequence[str], Chances], peer: tuple[Sequence[str], Chances], wanted: Sequence[str]
) -> dict[str, list[float]]:
    """Difference to the peer with its 95 % interval: [mean, low, high]."""
    pairs = {
        name: difference(hits(*ours, wanted, most), hits(*peer, wanted, most))
        for name, most in (("accuracy", 1), ("top3", 3))
    }
    return {name: [round(x, 4) for x in (d.mean, d.low, d.high)] for name, d in pairs.items()}


class Machine:
    """The peer: scikit-learn's LinearSVC over TF-IDF of 1 to 3 characters and of pairs of syllables. Raises PartMissing."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        try:
            from scipy.sparse import hstack
            from sklearn.feature_extraction.text import TfidfVectorizer
            from sklearn.svm import LinearSVC
        except ImportError as error:
            raise PartMissing("scikit-learn（对照方法需要；./hotline test 会装上）") from error
        self._stack = hstack
        given: dict[str, Any] = {"analyzer": "char", "sublinear_tf": True, "min_df": min(2, len(texts))}
        self._views = [
            TfidfVectorizer(ngram_range=(1, 3), **given),
            TfidfVectorizer(ngram_range=(2, 2), preprocessor=sound, lowercase=False, **given),
        ]
        prepared = [prepare(text) for text in texts]
        rows = self._stack([view.fit_transform(prepared) for view in self._views]).tocsr()
        self._machine = LinearSVC(C=0.5).fit(rows, labels)
        self.labels = tuple(str(label) for label in self._machine.classes_)

    def margins(self, texts: Sequence[str]) -> Chances:
        """No probabilities: only their order means something."""
        prepared = [prepare(text) for text in texts]
        rows = self._stack([view.transform(prepared) for view in self._views]).tocsr()
        found = np.asarray(self._machine.decision_function(rows), np.float64)
        return found if found.ndim == 2 else np.stack([-found, found], axis=1)
