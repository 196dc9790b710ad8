"""Fits the coefficients of match/calibration.py; `HOTLINE_MEASURE_DATA=… python -m tests.match.fit` prints them.

Refusals: on dev.tsv. Answers: on dev.tsv and on the development halves of public sets (`bench.proposed`), by words and, where it is
installed, with the embedding; its vectors are kept in HOTLINE_HOME.
"""

import csv
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from app.meaning import Meanings, installed
from app.settings import settings
from bench import proposed
from bench.memory import reported
from match import CallContext, Content, MatchIndex, Proposals, Spoken, parse_yaml, propose
from match.content import with_lines
from match.model import Candidate, Kind
from match.text import sound
from routing import LineRegister
from routing.lines_text import parse_lines

SEED: Final = Path(__file__).parents[2] / "policies" / "seed"
KINDS: Final[tuple[Kind, ...]] = ("answers", "units", "refusals")
QUERIES: Final = 400  # of each public set's development half
MANY: Final = 1000.0  # a set counts as so many proposals
NOISE: Final = (0.0, 0.1, 0.2)
"""Shares of characters replaced by others of the same folded sound; each sentence counts once per share."""


@dataclass(frozen=True)
class Sentence:
    """What a citizen says and, per kind, the ids that are right (none: nothing should be proposed confidently)."""

    said: str
    right: dict[Kind, frozenset[str]]


def content() -> Content:
    """The project's own content, with the lines of its own city."""
    found = parse_yaml({path.name: path.read_text("utf-8") for path in sorted(SEED.glob("*.yaml"))})
    lines = parse_lines(
        (SEED.parent / "chenzhou" / "lines.yaml").read_text("utf-8"), "lines", lambda city: ()
    )
    return with_lines(found, LineRegister(lines).units())


def sentences(file_name: str = "dev.tsv") -> list[Sentence]:
    """The development sentences, or those of another table beside it."""
    with (Path(__file__).parent / file_name).open(encoding="utf-8", newline="") as file:
        return [_sentence(row) for row in csv.DictReader(file, delimiter="\t")]


def _sentence(row: dict[str, str]) -> Sentence:
    def ids(column: str, prefix: str) -> frozenset[str]:
        found = [part for part in row[column].split(",") if part != "-"]
        return frozenset(part if part.startswith("hunan.") else prefix + part for part in found)

    units, refusals = ids("unit", "chenzhou."), ids("refusal", "chenzhou.")
    return Sentence(row["said"], {"answers": ids("answer", ""), "units": units, "refusals": refusals})


class Mishearing:
    """Replaces characters by others that sound the same, out of the characters the texts given use."""

    def __init__(self, texts: list[str]) -> None:
        self._alike: dict[str, list[str]] = {}
        for char in sorted({char for text in texts for char in text if "\u4e00" <= char <= "\u9fff"}):
            self._alike.setdefault(sound(char), []).append(char)

    def __call__(self, text: str, share: float, dice: random.Random) -> str:
        return "".join(
            dice.choice(self._alike.get(sound(char), [char])) if dice.random() < share else char
            for char in text
        )


def runs(index: MatchIndex, dev: list[Sentence]) -> Iterator[tuple[Sentence, float, Proposals]]:
    """Each sentence at each noise share with what is proposed for it."""
    mishear = Mishearing([one.said for one in dev] + [a.answer for a in index.content.articles])
    for share in NOISE:
        dice = random.Random(12345)
        for one in dev:
            heard = mishear(one.said, share, dice)
            yield one, share, propose([Spoken("citizen", heard)], CallContext(profile="chenzhou"), index)


def candidates(found: Proposals, kind: Kind) -> tuple[Candidate, ...]:
    """One kind's candidates."""
    return {"answers": found.answers, "units": found.units, "refusals": found.refusals}[kind]


Row = tuple[float, float, bool]
"""A proposal's weight, its lead and whether it was right."""


def rows_of(kind: Kind, results: list[tuple[Sentence, float, Proposals]]) -> list[Row]:
    """Everything proposed of one kind."""
    return [
        (c.weight, c.lead, c.id in one.right[kind])
        for one, _, found in results
        for c in candidates(found, kind)
    ]


def coefficients(*sets: list[Row]) -> tuple[float, float, float]:
    """Base, evidence and lead slopes of the logistic; each set has the same say."""
    counts = np.concatenate([np.full(len(rows), MANY / len(rows)) for rows in sets])
    every = np.array([row for rows in sets for row in rows], float)
    model = LogisticRegression(C=10.0, max_iter=1000)
    model.fit(every[:, :2], every[:, 2], sample_weight=counts)
    return float(model.intercept_[0]), float(model.coef_[0][0]), float(model.coef_[0][1])


def answers(meaning: Meanings | None) -> tuple[float, float, float]:
    """Those of answers, with this embedding or by words. Raises PartMissing without measuring data."""
    seed = content()
    if meaning:
        meaning.make(MatchIndex(seed, meaning=meaning).answers.missing)
    rows = proposed.reader(lambda row: not reported(row["entry_id"]), QUERIES)
    sets = [rows_of("answers", list(runs(MatchIndex(seed, meaning=meaning), sentences())))]
    for name in proposed.FITTED:
        told = proposed.proposals(name, rows(name, "entries"), rows(name, "queries"), meaning)
        sets.append([(p.weight, p.lead, p.right) for share in told.values() for one in share for p in one])
    return coefficients(*sets)


def report(kind: Kind, results: list[tuple[Sentence, float, Proposals]]) -> str:
    """Top-1 and top-3 where something is right; how often confident, and right then; mean squared error of the score."""
    wanted = [(one, candidates(found, kind)) for one, _, found in results if one.right[kind]]
    first = np.mean([bool(c) and c[0].id in one.right[kind] for one, c in wanted])
    third = np.mean([any(x.id in one.right[kind] for x in c) for one, c in wanted])
    every = [(x, x.id in one.right[kind]) for one, _, found in results for x in candidates(found, kind)]
    sure = [right for x, right in every if x.confident]
    brier = np.mean([(x.score - right) ** 2 for x, right in every])
    return f"{kind}: top1 {first:.3f} top3 {third:.3f} n {len(wanted)}; confident {len(sure)} right {np.mean(sure):.3f}; brier {brier:.3f}"


def main() -> None:
    """Print figures per noise share and the coefficients."""
    results = list(runs(MatchIndex(content()), sentences()))
    for kind in KINDS:
        for share in NOISE:
            sys.stdout.write(f"noise {share}: {report(kind, [r for r in results if r[1] == share])}\n")
    sys.stdout.write(f"refusals: base, evidence, lead {coefficients(rows_of('refusals', results))}\n")
    for way, meaning in (("words", None), ("embedding", installed(settings()))):
        if way == "words" or meaning:
            sys.stdout.write(f"answers by {way}: base, evidence, lead {answers(meaning)}\n")


if __name__ == "__main__":
    main()
