"""What the scores of proposed answers are worth: public questions, policies, replies and messages as if each were an article of the knowledge base.

Every entry is one text of its own, found, weighed and scored as in a call (`match.answers`), but for what a call knows beside the words.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.meaning import Meanings
from app.measuring import tables
from core.errors import PartMissing
from match.answers import BODY_SHARE, ranked, weight
from match.figures import calibration_error, coverage_at, spread
from match.likest import Likest, Stored
from match.meaning import passages
from match.model import TOP
from match.text import tidy

SHARES: Final = {"faq_lcqmc": 1.0, "kb_policy": BODY_SHARE, "kb_reply": BODY_SHARE, "kb_message": BODY_SHARE}
"""Questions count in full, as in the product; the others are answers' own texts."""
FITTED: Final = ("faq_lcqmc", "kb_policy", "kb_reply")  # kb_message shows what the scores are worth elsewhere
COLUMNS: Final = {"clean": "query", "20 %": "query_asr20"}
SURE: Final = (
    0.6  # from which an answer is put forward, unless the city says otherwise (core.policy_ways.Sure)
)
PRECISION: Final = 0.9
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposal: its place (0 first), what its score is made of, the score, and whether it is what was wanted."""

    place: int
    weight: float
    lead: float
    score: float
    right: bool


def proposals(
    name: str, entries: Sequence[Row], queries: Sequence[Row], meaning: Meanings | None
) -> dict[str, list[list[Proposed]]]:
    """By share of noise, for each query of the set `name` what is proposed, best first."""
    texts = [entry["text"] for entry in entries]
    if meaning:
        meaning.make([piece for text in texts for piece in passages(text)])
    likest = Likest([Stored(i, text, SHARES[name]) for i, text in enumerate(texts)], meaning)
    ids = [entry["entry_id"] for entry in entries]

    def told(row: Row, column: str) -> list[Proposed]:
        found = ranked((weight(like), like) for like in likest.among(tidy(row[column])))
        return [
            Proposed(place, one.weight, one.lead, one.score, ids[one.like.stored.owner] == row["entry_id"])
            for place, one in enumerate(found)
        ]

    return {share: [told(row, column) for row in queries] for share, column in COLUMNS.items()}


def figures(found: Sequence[Sequence[Proposed]]) -> dict[str, Any]:
    """Of the first proposals: hits, calibration error, the share that can be answered with PRECISION, and what is put forward."""
    said = np.array([one[0].score if one else 0.0 for one in found])
    right = np.array([float(bool(one) and one[0].right) for one in found])
    sure = said >= SURE
    return {
        "n": len(found),
        "first": float(right.mean()),
        "among_three": float(np.mean([any(p.right for p in one[:TOP]) for one in found])),
        "ece": _with_spread(calibration_error, said, right),
        "coverage_at_p90": _with_spread(lambda s, r: coverage_at(PRECISION, s, r), said, right),
        "put_forward": float(sure.mean()),
        "right_then": _with_spread(_right_then, said, right),
    }


def _right_then(said: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    sure = said >= SURE
    return float(right[sure].mean()) if sure.any() else 0.0


def _with_spread(
    figure: Callable[[NDArray[np.float64], NDArray[np.float64]], float],
    said: NDArray[np.float64],
    right: NDArray[np.float64],
) -> list[float]:
    return [figure(said, right), *spread(figure, said, right)]


def measure(
    name: str, rows: Callable[[str, str], list[Row]], meaning: Meanings | None
) -> list[dict[str, Any]]:
    """One set, with the embedding (where there is one) and without. rows(set, what): its entries, its queries of the reported half."""
    entries, queries = rows(name, "entries"), rows(name, "queries")
    found = []
    for way in (meaning, None) if meaning else (None,):
        for share, told in proposals(name, entries, queries, way).items():
            found.append(
                {"set": name, "way": "embedding" if way else "words", "noise": share, **figures(told)}
            )
    return found


def folder() -> Path:
    """Where the texts are. Raises PartMissing."""
    found = Path(os.environ.get("HOTLINE_MEASURE_DATA", "")) / "text"
    if not os.environ.get("HOTLINE_MEASURE_DATA") or not found.is_dir():
        raise PartMissing("measuring data: set HOTLINE_MEASURE_DATA to its folder")
    return found


def reader(half: Callable[[Row], bool], most: int | None = None) -> Callable[[str, str], list[Row]]:
    """The tables of the measuring data; of the queries those of a `half`, `most` at the most."""

    def rows(name: str, what: str) -> list[Row]:
        found = tables.read(folder() / f"{name}_{what}.tsv", ("entry_id",))
        return found if what == "entries" else [row for row in found if half(row)][:most]

    return rows
