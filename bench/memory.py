"""How well the product's memory finds, routes and tells duplicates, on real citizens' texts, beside plain methods.

`HOTLINE_MEASURE_DATA=… python -m bench.memory [--part NAME] [--write]` prints tables on standard error and one JSON object on
standard output; `--write` also puts them into bench/README.md, each part as soon as it is measured. Times are CPU time; ours uses the embedding where it is installed (its
vectors are kept in HOTLINE_HOME; the first run computes them, about half an hour of CPU). Rows are split in two by the hash
of their id: ours was developed on one half, the other half is what is reported here.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from app.meaning import Meanings, installed
from app.measuring import finding, labels, tables
from app.measuring import pairs as comparing
from app.settings import settings
from bench import grown, machine, memory_page, proposed
from bench.proposed import folder
from core.errors import PartMissing
from match.figures import calibration_error, difference
from match.learn import learn
from match.text import clauses

SETS: Final = ("kb_message", "kb_reply", "kb_policy", "faq_lcqmc")
NOISE: Final = {"clean": "query", "10 %": "query_asr10", "20 %": "query_asr20"}
MANY: Final = 100_000
ASKED: Final = 1000
PARTS: Final = 3
TASKS: Final = ("category", "unit_silver")
VIEWS: Final = {"whole": ("text", 0), "first 40, 20 % misheard": ("text_asr20", 40)}


def reported(ident: str) -> bool:
    """Whether a row belongs to the half that nothing was chosen on."""
    return hashlib.sha256(ident.encode()).digest()[0] % 2 == 1


def find(name: str, meaning: Meanings | None) -> list[dict[str, Any]]:
    """One set at each share of noise: ours, both peers, the differences."""
    entries = tables.read(folder() / f"{name}_entries.tsv", ("entry_id", "text"))
    rows = [
        r for r in tables.read(folder() / f"{name}_queries.tsv", ("entry_id",)) if reported(r["entry_id"])
    ]
    ids, wanted = [e["entry_id"] for e in entries], [r["entry_id"] for r in rows]
    texts = [e["text"] for e in entries]
    built = finding.build(texts, meaning)
    plain, found = finding.Plain(texts), []
    for share, column in NOISE.items():
        asked = [r[column] for r in rows]
        ours = finding.ask(finding.ours(built.index), asked)
        line = {
            "set": name,
            "noise": share,
            "build_s": round(built.build_s, 2),
            "ours": finding.figures(ours, ids, wanted),
        }
        for peer, search in (("bm25", plain.bm25), ("rrf", plain.fused)):
            theirs = finding.ask(search, asked)
            line[peer] = finding.figures(theirs, ids, wanted)
            line[f"over_{peer}"] = finding.apart(ours, theirs, ids, wanted)
        found.append(line)
    return found


def route(task: str, meaning: Meanings | None) -> list[dict[str, Any]]:
    """One labelled set in three parts by hash: each is told by what was learned from the other two; the reported half counts."""
    rows = tables.read(folder() / f"route_{task}.tsv", ("id", "label", "text", "text_asr20"))
    part = [hashlib.md5(row["id"].encode(), usedforsecurity=False).digest()[0] % PARTS for row in rows]
    found: dict[str, list[Any]] = {view: [] for view in VIEWS}
    for number in range(PARTS):
        known = [row for row, p in zip(rows, part, strict=True) if p != number]
        told = [row for row, p in zip(rows, part, strict=True) if p == number and reported(row["id"])]
        texts, marks = [row["text"] for row in known], [row["label"] for row in known]
        model, peer = learn(texts, marks, meaning), labels.Machine(texts, marks)
        for view, (column, first) in VIEWS.items():
            asked = [labels.cut(row[column], first) for row in told]
            found[view].append(
                (
                    model.labels,
                    model.probabilities(asked, meaning),
                    peer.labels,
                    peer.margins(asked),
                    [row["label"] for row in told],
                )
            )
    return [{"set": task, "view": view, **_told(parts)} for view, parts in found.items()]


def _told(parts: list[Any]) -> dict[str, Any]:
    """Ours and the peer over all parts; each part has its own order of labels."""

    def joined(at: int, most: int) -> Any:
        return np.concatenate([labels.hits(p[at], p[at + 1], p[4], most) for p in parts])

    said = np.concatenate([p[1].max(axis=1) for p in parts])
    pairs = {
        name: difference(joined(0, most), joined(2, most)) for name, most in (("accuracy", 1), ("top3", 3))
    }
    return {
        "n": len(said),
        "ours": {"accuracy": joined(0, 1).mean(), "top3": joined(0, 3).mean()},
        "svc": {"accuracy": joined(2, 1).mean(), "top3": joined(2, 3).mean()},
        "ece": calibration_error(said, joined(0, 1)),
        "over_svc": {name: [d.mean, d.low, d.high] for name, d in pairs.items()},
    }


def duplicates() -> list[dict[str, Any]]:
    """Pairs of questions of two sources at each share of noise."""
    rows = [
        r
        for r in tables.read(folder() / "pairs_dup.tsv", ("src", "label", "a", "b"))
        if reported(r["a"] + r["b"])
    ]
    found = []
    for source in sorted({row["src"] for row in rows}):
        told = [row for row in rows if row["src"] == source]
        same = [row["label"] for row in told]
        for share, column in (("clean", "b"), ("10 %", "b_asr10"), ("20 %", "b_asr20")):
            texts = [row["a"] for row in told], [row[column] for row in told]
            ours, peer = comparing.alike(*texts)[0], comparing.plain(*texts)
            found.append(
                {
                    "set": source,
                    "noise": share,
                    "n": len(told),
                    "ours": comparing.figures(ours, same),
                    "ratio": comparing.figures(peer, same),
                }
            )
    return found


def speed(meaning: Meanings | None) -> dict[str, Any]:
    """Asking among 100,000 real short texts: questions and the clauses of messages."""
    names = [e["text"] for e in tables.read(folder() / "faq_lcqmc_entries.tsv", ("text",))]
    rows = tables.read(folder() / "kb_message_entries.tsv", ("text",))
    spoken = (clause for row in rows for clause in clauses(row["text"]) if len(clause) >= 6)
    texts = list(dict.fromkeys([*names, *spoken]))[:MANY]
    queries = tables.read(folder() / "kb_message_queries.tsv", ("query_asr10",))[:ASKED]
    return grown.grown(texts, [row["query_asr10"] for row in queries], meaning)


def main() -> int:
    """Measure, print, perhaps write. Exit 2 where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--part", choices=MEASURES, action="append", help="only this; may be given again")
    given = parser.parse_args()
    try:
        folder()
    except PartMissing as error:
        print(f"bench.memory: {error}", file=sys.stderr)
        return 2
    meaning = installed(settings())
    about = machine.describe() | {"embedding": "yes" if meaning else "no"}
    result: dict[str, Any] = {"machine": about}
    for part in given.part or MEASURES:
        result[part] = MEASURES[part](meaning)
        print(f"{part}\n\n{memory_page.table(part, result[part])}\n", file=sys.stderr, flush=True)
        if given.write:
            memory_page.write(part, about, result[part])
    print(json.dumps(result, ensure_ascii=False, default=float))
    return 0


MEASURES: Final[dict[str, Callable[[Meanings | None], Any]]] = {
    "finding": lambda meaning: [line for name in SETS for line in find(name, meaning)],
    "speed": speed,
    "duplicates": lambda _: duplicates(),
    "proposals": lambda meaning: [
        line
        for name in SETS
        for line in proposed.measure(name, proposed.reader(lambda row: reported(row["entry_id"])), meaning)
    ],
    "routing": lambda meaning: [line for task in TASKS for line in route(task, meaning)],
}


if __name__ == "__main__":
    raise SystemExit(main())
