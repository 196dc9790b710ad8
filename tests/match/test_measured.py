"""Figures on real texts (HOTLINE_MEASURE_DATA): retrieval against plain character BM25, units against silver labels."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from match import CallContext, MatchIndex, Spoken, propose
from match.index import Space, TextIndex, prepare
from tests.need import measuring_data

pytestmark = [pytest.mark.unit, pytest.mark.timeout(600)]

QUERIES = 400
TOLERANCE = 0.015  # about one standard error of recall@5 on 400 queries
AGENCIES = {
    "教育局": "jyj", "公安局": "gaj", "交通运输局": "jtj", "交警": "jjzd", "住建局": "zjj", "城管局": "cgj", "人社局": "rsj",
    "自然资源规划局": "zrzyj", "生态环境局": "sthjj", "水电气公司": "water,power,gas", "发改物价局": "fgw,scjgj", "民政局": "mzj",
    "市场监管局": "scjgj", "卫健局": "wjw", "园林农林水利局": "nyncj,slj,lyj",
}  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(10**7)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _recall(ranked: list[NDArray[np.int64]], wanted: list[int], k: int) -> float:
    return float(np.mean([gold in found[:k] for found, gold in zip(ranked, wanted, strict=True)]))


@pytest.mark.parametrize("column", ["query", "query_asr20"])
@pytest.mark.parametrize(("name", "least"), [("kb_reply", 0.55), ("kb_message", 0.85)])
def test_the_index_finds_at_least_what_plain_bm25_finds(name: str, least: float, column: str) -> None:
    texts = measuring_data() / "text"
    entries, queries = _rows(texts / f"{name}_entries.tsv"), _rows(texts / f"{name}_queries.tsv")[:QUERIES]
    at = {entry["entry_id"]: i for i, entry in enumerate(entries)}
    wanted = [at[query["entry_id"]] for query in queries]
    index = TextIndex([entry["text"] for entry in entries])
    plain = Space([prepare(entry["text"]) for entry in entries], singles=True)
    ours = [np.array([hit.entry for hit in index.search(query[column], 5)]) for query in queries]
    theirs = [np.argsort(-plain.scores(prepare(query[column])), kind="stable")[:5] for query in queries]
    got, base = _recall(ours, wanted, 5), _recall(theirs, wanted, 5)
    print(
        f"{name} {column}: recall@5 {got:.3f} (plain {base:.3f}), recall@1 {_recall(ours, wanted, 1):.3f} (plain {_recall(theirs, wanted, 1):.3f})"
    )
    assert got >= base - TOLERANCE
    assert got >= least


@pytest.mark.parametrize(
    ("column", "chars", "top1", "top3"), [("text", 60, 0.53, 0.73), ("text_asr20", 60, 0.5, 0.69)]
)
def test_units_agree_with_the_agencies_that_answered(
    index: MatchIndex, column: str, chars: int, top1: float, top3: float
) -> None:
    """Silver labels (the agency the official reply names most): a bound against getting worse, not an accuracy."""
    first, third, sure = [], [], []
    for row in _rows(measuring_data() / "text" / "route_unit_silver.tsv"):
        right = {f"chenzhou.{code}" for code in AGENCIES[row["label"]].split(",")}
        found = propose([Spoken("citizen", row[column][:chars])], CallContext(), index).units
        first.append(bool(found) and found[0].id in right)
        third.append(any(unit.id in right for unit in found))
        sure += [unit.id in right for unit in found if unit.confident]
    print(
        f"{column}[:{chars}]: top1 {np.mean(first):.3f} top3 {np.mean(third):.3f}; confident {len(sure)}, agree {np.mean(sure):.3f}"
    )
    assert np.mean(first) >= top1
    assert np.mean(third) >= top3
