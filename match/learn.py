"""Learning from confirmed decisions which label (a unit, a category) a citizen's words lead to. Pure.

One linear machine per label over characters, pairs and triples as written and pairs as heard (squared hinge loss, as
LIBLINEAR's L2-loss SVC; Fan et al. 2008); with an embedding also what the words mean (match/meant.py).
All are added up and turned into probabilities by one factor each, found out of sample (Guo et al. 2017; stacking, Wolpert 1992).
Grams are hashed, so a model is arrays and holds no word of any citizen. Misheard characters are put right by the decisions' own
pairs of characters before anything is told (match/mend.py).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.errors import BadInput
from match.index import grams, prepare
from match.meaning import Meaning
from match.meant import Meant, learn_meant, softmax
from match.mend import Mender, Seen
from match.text import sound, tidy

BITS: Final = 20  # as many places for what is written, and again for what is heard
OPENING: Final = 40
"""A call begins with what it is about: training sees each text whole and its first characters by themselves."""
SEEN_IN: Final = 2  # grams of fewer texts are dropped
COST: Final = 0.3
ROUNDS: Final = 60
READ: Final = 160
"""Characters of a text whose meaning is asked: what it is about stands at its beginning, and each costs."""
FOLDS: Final = 3
LEAST_PER_LABEL: Final = 2
FORMAT: Final = 3
SEEN: Final = ("chars", "often", "pairs", "counts")
_SPREAD: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)

Numbers = NDArray[np.float64]


class TooFew(BadInput):
    """Too few decisions to learn from; the text says how many there are and are needed."""

    code = "too_few_decisions"


class BadModel(BadInput):
    """Bytes that are no model of ours."""

    code = "bad_model"


@dataclass(frozen=True, slots=True)
class Guess:
    """A label and how likely it is."""

    label: str
    probability: float


@dataclass(frozen=True)
class Model:
    """What was learned. `columns`: the hashed grams it knows; `idf` and `weights` (column × label) belong to them.

    `meant`: nothing where no embedding was there to learn with. `trust`: what words and the two sayings of `meant` count where all
    are known; `sharpness`: what the words count where only they are. `seen`: of the decisions' texts; empty in
    models of before, which put nothing right.
    """

    labels: tuple[str, ...]
    columns: NDArray[np.int64]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    base: NDArray[np.float32]
    sharpness: float
    meant: Meant = field(default_factory=Meant.nothing)
    trust: tuple[float, float, float] = (1.0, 0.0, 0.0)
    seen: Seen = field(default_factory=lambda: Seen.of([]))

    @cached_property
    def _mender(self) -> Mender:
        return Mender(self.seen)

    def probabilities(self, texts: Sequence[str], meaning: Meaning | None = None) -> Numbers:
        """Row per text, column per label, each row adds up to 1."""
        texts = [self._mender.mend(tidy(text)) for text in texts]
        margins = np.asarray(_rows(texts, self.columns, self.idf) @ self.weights + self.base, np.float64)
        if meaning is None or not self.meant.weights.size:
            return softmax(margins * self.sharpness)
        line, near = self.meant.says(_vectors(texts, meaning))
        return softmax(margins * self.trust[0] + line * self.trust[1] + near * self.trust[2])

    def guess(self, text: str, most: int = 3, meaning: Meaning | None = None) -> tuple[Guess, ...]:
        """The likeliest labels, best first."""
        chances = self.probabilities([text], meaning)[0]
        order = np.argsort(-chances, kind="stable")[:most]
        return tuple(Guess(self.labels[i], float(chances[i])) for i in order)

    def dump(self) -> bytes:
        """Bytes for the store."""
        file = BytesIO()
        np.savez_compressed(
            file,
            format=np.array(FORMAT),
            labels=np.array(self.labels),
            columns=self.columns.astype(np.int32),
            idf=self.idf.astype(np.float16),
            weights=self.weights.astype(np.float16),
            base=self.base,
            sharpness=np.array(self.sharpness),
            meant=self.meant.weights.astype(np.float16),
            middle=self.meant.middle,
            centres=self.meant.centres.astype(np.float16),
            owner=self.meant.owner.astype(np.int32),
            trust=np.array(self.trust),
            **{name: getattr(self.seen, name).astype(np.uint32) for name in SEEN},
        )
        return file.getvalue()

    @classmethod
    def load(cls, data: bytes) -> "Model":
        """From `dump`. Raises BadModel."""
        try:
            with np.load(BytesIO(data), allow_pickle=False) as found:
                if int(found["format"]) != FORMAT:
                    raise BadModel(f"模型格式 {int(found['format'])}，本版本只认 {FORMAT}")
                return cls(
                    tuple(str(label) for label in found["labels"]),
                    found["columns"].astype(np.int64),
                    found["idf"].astype(np.float32),
                    found["weights"].astype(np.float32),
                    found["base"],
                    float(found["sharpness"]),
                    _stored_meant(found),
                    _stored_trust(found["trust"]),
                    Seen(*(found[name].astype(np.int64) for name in SEEN))
                    if "pairs" in found
                    else Seen.of([]),
                )
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            raise BadModel(f"不是本系统的模型：{error}") from error


def _stored_trust(found: NDArray[Any]) -> tuple[float, float, float]:
    """Models of before know no centres."""
    words, line, near = [*map(float, found), 0.0][:3]
    return words, line, near


def _stored_meant(found: Any) -> Meant:
    none, weights = Meant.nothing(), found["meant"].astype(np.float32)
    if "centres" not in found:
        return replace(none, weights=weights)
    centres = found["centres"].astype(np.float32)
    return Meant(weights, found["middle"], centres, found["owner"].astype(np.int64))


def learn(texts: Sequence[str], labels: Sequence[str], meaning: Meaning | None = None) -> Model:
    """A model of these decisions; the same decisions give the same model. Raises TooFew."""
    kinds = sorted(set(labels))
    rare = [kind for kind in kinds if labels.count(kind) < LEAST_PER_LABEL] if len(kinds) > 1 else kinds
    kinds = [kind for kind in kinds if kind not in rare]
    if len(kinds) < 2:
        raise TooFew(f"可学习的决定太少：至少两类，每类 {LEAST_PER_LABEL} 条；现有 {len(labels)} 条")
    kept = [i for i, label in enumerate(labels) if label in kinds]
    decided = _Decided(
        [texts[i] for i in kept], np.array([kinds.index(labels[i]) for i in kept]), tuple(kinds), meaning
    )
    model = _fit(decided, np.arange(len(kept)))
    sharpness, trust = _trusted(decided)
    seen = Seen.of([tidy(text) for text in decided.texts])
    return replace(model, sharpness=sharpness, trust=trust, seen=seen)


class _Decided:
    """Decisions and both views of each, whole and opening, prepared once for all folds."""

    def __init__(
        self, texts: list[str], marks: NDArray[np.int64], kinds: tuple[str, ...], meaning: Meaning | None
    ) -> None:
        self.texts, self.marks, self.kinds = texts, marks, kinds
        self.views = [*texts, *(text[:OPENING] for text in texts)]
        self.vectors = _vectors(self.views, meaning) if meaning else None

    def both(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of both views of these decisions."""
        return np.concatenate([rows, rows + len(self.texts)])


def _fit(decided: _Decided, rows: NDArray[np.int64]) -> Model:
    """What these decisions teach; nothing yet of how sure it is."""
    places = decided.both(rows)
    views, marks = [decided.views[i] for i in places], np.tile(decided.marks[rows], 2)
    hashed, owner = _hashed_grams(views)
    once = np.unique(owner << (BITS + 1) | hashed) & ((2 << BITS) - 1)
    every, seen = np.unique(once, return_counts=True)
    columns, seen = every[seen >= SEEN_IN], seen[seen >= SEEN_IN]
    idf = (1 + np.log((1 + len(views)) / (1 + seen))).astype(np.float32)
    grams_of = _weighed(_counts(hashed, owner, len(views), columns), columns, idf)
    machines = [_machine(grams_of, np.where(marks == i, 1.0, -1.0)) for i in range(len(decided.kinds))]
    weights = np.ascontiguousarray(np.array([w[:-1] for w in machines], np.float32).T)
    base = np.array([w[-1] for w in machines], np.float32)
    meant = Meant.nothing()
    if decided.vectors is not None:
        meant = learn_meant(decided.vectors[places], marks, len(decided.kinds))
    return Model(decided.kinds, columns, idf, weights, base, 1.0, meant)


def _vectors(texts: Sequence[str], meaning: Meaning) -> Numbers:
    """What the beginnings of texts mean, and a 1; all nothing where it can't be had."""
    found = [meaning.asked(tidy(text)[:READ]) for text in texts]
    width = next((len(one) for one in found if one is not None), 0)
    rows = [np.append(one, 1.0) if one is not None else np.zeros(width + 1) for one in found]
    return np.array(rows, np.float64).reshape(len(texts), width + 1)


def _machine(rows: Any, sides: Numbers) -> Numbers:
    """Weights and, last, the base of one label against the others."""
    across = csr_array(rows.T)

    def loss(w: Numbers) -> tuple[float, Numbers]:
        short = np.maximum(0.0, 1 - sides * (rows @ w[:-1] + w[-1]))
        pull = -2 * COST * sides * short
        return float(w @ w / 2 + COST * (short**2).sum()), w + np.append(across @ pull, pull.sum())

    from scipy.optimize import (
        minimize,
    )  # learning is rare; every start of the service would wait 0.6 s for it

    start = np.zeros(rows.shape[1] + 1)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x)


def _trusted(decided: _Decided) -> tuple[float, tuple[float, float, float]]:
    """What margins alone, and what margins and meanings together, are multiplied with so that probabilities of texts not learned
    from are right on average."""
    fold = np.array(
        [
            int(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(), 16) % FOLDS
            for text in decided.texts
        ]
    )
    said, right = [], []
    for part in range(FOLDS):
        inside, outside = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        if not len(outside) or len(set(decided.marks[inside])) < 2:
            continue
        model = _fit(decided, inside)
        places = decided.both(outside)
        views = [decided.views[i] for i in places]
        words = np.asarray(_rows(views, model.columns, model.idf) @ model.weights + model.base, np.float64)
        more = () if decided.vectors is None else model.meant.says(decided.vectors[places])
        said.append((words, *more))
        right.append(np.tile(decided.marks[outside], 2))
    if not said:
        return 1.0, (1.0, 0.0, 0.0)
    wanted = np.concatenate(right)
    words, *meant = (np.concatenate(part) for part in zip(*said, strict=True))
    (alone,) = _factors([words], wanted)
    if not meant:
        return alone, (alone, 0.0, 0.0)
    a, b, c = _factors([words, *meant], wanted)
    return alone, (a, b, c)


def _factors(said: list[Numbers], wanted: NDArray[np.int64]) -> list[float]:
    """One for each, none negative, so that the sum surprises least."""
    from scipy.optimize import minimize

    def surprise(factors: Numbers) -> float:
        chances = softmax(sum((one * part for one, part in zip(factors, said, strict=True)), np.zeros(1)))
        return float(-np.log(chances[np.arange(len(wanted)), wanted] + 1e-12).mean())

    start = np.full(len(said), 0.5)
    found = minimize(surprise, start, method="L-BFGS-B", bounds=[(0.0, 20.0)] * len(said)).x
    return [float(one) for one in found]


def _rows(texts: Sequence[str], columns: NDArray[np.int64], idf: NDArray[np.float32]) -> Any:
    return _weighed(_counts(*_hashed_grams(texts), len(texts), columns), columns, idf)


def _weighed(counts: Any, columns: NDArray[np.int64], idf: NDArray[np.float32]) -> Any:
    """Damped counts times idf; what is written and what is heard are of length one each."""
    written = int(np.searchsorted(columns, 1 << BITS))  # columns before this one are of written grams
    data = (1 + np.log(counts.data)) * idf[counts.indices]
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    owner = 2 * row + (counts.indices >= written)
    length = np.sqrt(np.bincount(owner, weights=data**2, minlength=2 * counts.shape[0]))
    data = data / np.maximum(length, 1e-9)[owner]
    return csr_array((data.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)


def _counts(
    hashed: NDArray[np.int64], owner: NDArray[np.int64], size: int, columns: NDArray[np.int64]
) -> Any:
    """How often each known gram stands in each text."""
    at = np.minimum(np.searchsorted(columns, hashed), max(len(columns) - 1, 0))
    known = columns[at] == hashed if len(columns) else np.zeros(len(hashed), np.bool_)
    ones = np.ones(int(known.sum()), np.float32)
    found = csr_array((ones, (owner[known], at[known])), shape=(size, len(columns)))
    found.sum_duplicates()
    return found


def _hashed_grams(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hashed grams of all texts and, beside each, the number of the text it comes from."""
    written = [prepare(text) for text in texts]
    codes, owner = grams(written, singles=True)
    triples, of_triple = _triples(written)
    heard, of_heard = grams([sound(text) for text in written], singles=False)
    hashed = [_hashed(codes, 0), _hashed(triples, 1), _hashed(heard, 2) + (1 << BITS)]
    return np.concatenate(hashed), np.concatenate([owner, of_triple, of_heard])


def _triples(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Three neighbouring characters: two neighbouring pairs of one text, as one code."""
    pairs, owner = grams(texts, singles=False)
    together = owner[:-1] == owner[1:]
    return (pairs[:-1] * 31 + pairs[1:])[together], owner[:-1][together]


def _hashed(codes: NDArray[np.int64], kind: int) -> NDArray[np.int64]:
    mixed = codes.astype(np.uint64) * np.uint64(_SPREAD[kind])
    mixed ^= mixed >> np.uint64(29)
    return ((mixed * np.uint64(_SPREAD[0])) >> np.uint64(64 - BITS)).astype(np.int64)
