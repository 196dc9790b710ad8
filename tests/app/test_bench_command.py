"""`./hotline bench`: figures from tables, one line out per row in, gold or not."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.measuring.tables import BadTable
from asr.audio import write_wav
from asr_models.places import folder
from core.ports import Capabilities, Utterance
from tests.need import need

pytestmark = pytest.mark.unit
ENTRIES = [
    ("e1", "公司拖欠工资怎么办"),
    ("e2", "路灯坏了没人修"),
    ("e3", "医保报销比例是多少"),
    ("e4", "公积金怎么提取"),
]
QUERIES = [
    ("老板拖欠工资", "老板拖欠公资", "e1"),
    ("路灯不亮", "路等不亮", "e2"),
    ("怎么提取公积金", "怎么提取公鸡金", "e4"),
]


def _table(path: Path, header: str, rows: list[tuple[str, ...]]) -> Path:
    path.write_text(
        "\n".join("\t".join(row) for row in [tuple(header.split()), *rows]) + "\n", encoding="utf-8"
    )
    return path


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    return _table(tmp_path / "e.tsv", "entry_id text", ENTRIES)


def _run(*args: object) -> dict[str, object]:
    """What stands on standard output: one JSON object and nothing else."""
    done = CliRunner().invoke(cli, ["bench", *map(str, args)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def _lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def test_finding_is_measured_with_its_peers_and_written_row_by_row(entries: Path, tmp_path: Path) -> None:
    queries = _table(tmp_path / "q.tsv", "query query_asr20 entry_id", QUERIES)
    written = tmp_path / "out.tsv"
    found = _run(
        "match", "--entries", entries, "--queries", queries, "--column", "query,query_asr20", "--out", written,
        "--baseline", "--json",
    )  # fmt: skip
    assert found["recall@1"] == 1.0
    assert {
        "recall@5",
        "mrr@10",
        "p50_ms",
        "p99_ms",
        "build_s",
        "rss_mb",
        "n",
        "baseline_bm25",
        "baseline_rrf",
    } <= found.keys()
    assert found["columns"]["query_asr20"]["recall@5"] == 1.0  # type: ignore[index]
    lines = [line.split("\t") for line in written.read_text().splitlines()]
    assert [line[:2] for line in lines] == [["1", "e1"], ["2", "e2"], ["3", "e4"]]
    assert (tmp_path / "out.tsv.query_asr20").exists()


def test_without_the_right_entries_there_is_only_what_was_found(entries: Path, tmp_path: Path) -> None:
    queries = _table(tmp_path / "q.tsv", "query", [(query,) for query, _, _ in QUERIES])
    found = _run("match", "--entries", entries, "--queries", queries, "--json")
    assert "recall@1" not in found
    assert found["n"] == 3


def test_every_row_is_answered_whatever_its_split_says_and_however_little_it_asks(
    entries: Path, tmp_path: Path
) -> None:
    rows = [
        ("dev", "老板拖欠工资", "e1"),
        ("test", "路灯不亮", "e2"),
        ("", "怎么提取公积金", "e4"),
        ("test", "", "e3"),
    ]
    queries, written = _table(tmp_path / "q.tsv", "split query entry_id", rows), tmp_path / "out.tsv"
    found = _run("match", "--entries", entries, "--queries", queries, "--out", written, "--json")
    assert (found["n"], found["recall@1"]) == (4, 0.75)
    assert [line[:2] for line in _lines(written)] == [["1", "e1"], ["2", "e2"], ["3", "e4"], ["4"]]


def test_no_more_than_ten_entries_are_written_for_a_row(tmp_path: Path) -> None:
    entries = _table(tmp_path / "e.tsv", "entry_id text", [(f"e{i}", f"路灯坏了第{i}次") for i in range(30)])
    queries, written = _table(tmp_path / "q.tsv", "query", [("路灯坏了",)]), tmp_path / "out.tsv"
    _run("match", "--entries", entries, "--queries", queries, "--out", written, "--baseline", "--json")
    (line,) = _lines(written)
    assert len(line) == 11
    assert len(set(line[1:])) == 10


def test_the_figures_can_be_worked_out_again_from_what_was_written(entries: Path, tmp_path: Path) -> None:
    rows = [("老板拖欠工资", "e1"), ("路灯坏了", "e3"), ("医保报销", "e3")]
    queries, written = _table(tmp_path / "q.tsv", "query entry_id", rows), tmp_path / "out.tsv"
    found = _run("match", "--entries", entries, "--queries", queries, "--out", written, "--json")
    places = [ids.index(gold) + 1 if gold in ids else 0 for (_, *ids), (_, gold) in zip(_lines(written), rows, strict=True)]  # fmt: skip
    assert found["recall@1"] == pytest.approx(sum(place == 1 for place in places) / 3, abs=1e-4)
    assert found["mrr@10"] == pytest.approx(sum(1 / place for place in places if place) / 3, abs=1e-4)


def test_the_peers_without_the_right_entries_only_take_their_time(entries: Path, tmp_path: Path) -> None:
    queries = _table(tmp_path / "q.tsv", "query", [(query,) for query, _, _ in QUERIES])
    found = _run("match", "--entries", entries, "--queries", queries, "--baseline", "--json")
    for peer in ("baseline_bm25", "baseline_rrf"):
        assert found[peer].keys() == {"p50_ms", "p99_ms", "n"}  # type: ignore[attr-defined]


def test_without_json_there_are_words_for_people(entries: Path, tmp_path: Path) -> None:
    queries = _table(tmp_path / "q.tsv", "query entry_id", [(query, gold) for query, _, gold in QUERIES])
    done = CliRunner().invoke(cli, ["bench", "match", "--entries", str(entries), "--queries", str(queries), "--baseline"])  # fmt: skip
    assert done.exit_code == 0
    assert "recall@1" in done.stdout
    assert "baseline_bm25" in done.stdout


def test_a_missing_column_is_named(entries: Path) -> None:
    with pytest.raises(BadTable, match="缺少列 query"):
        _run("match", "--entries", entries, "--queries", entries, "--json")


LABELLED = [
    (f"{place}{what}", label)
    for place in ("南街", "北路", "桥头")
    for what, label in (
        ("路灯不亮", "路灯"),
        ("老板拖欠工资", "欠薪"),
        ("路灯坏了", "路灯"),
        ("工地欠薪", "欠薪"),
    )
]


def test_routing_is_learned_measured_and_written_as_probabilities(tmp_path: Path) -> None:
    train, written = _table(tmp_path / "t.tsv", "text label", LABELLED), tmp_path / "out.tsv"
    test = _table(tmp_path / "q.tsv", "text label", [("门口路灯坏了", "路灯"), ("老板拖欠我们工资", "欠薪")])
    found = _run(
        "route", "--train", train, "--test", test, "--first", 40, "--out", written, "--baseline", "--json"
    )
    assert found["accuracy"] == 1.0
    assert {"top3", "macro_f1", "ece", "coverage_at_p90", "p99_ms", "baseline_svc"} <= found.keys()
    lines = [line.split("\t") for line in written.read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in lines] == ["1", "2"]
    chances = {name: float(value) for name, value in (cell.split("=") for cell in lines[0][1:])}
    assert chances["路灯"] > 0.5
    assert sum(chances.values()) == pytest.approx(1.0, abs=1e-4)


def test_routing_without_gold_writes_every_row_and_no_figures_of_it(tmp_path: Path) -> None:
    train = _table(tmp_path / "t.tsv", "text label", LABELLED)
    rows = [("dev", "门口路灯坏了", "门口路等坏了"), ("test", "老板拖欠我们工资", "老板拖欠我门公资")]
    test, written = _table(tmp_path / "q.tsv", "split text text_asr20", rows), tmp_path / "out.tsv"
    for column in ("text", "text_asr20"):
        found = _run(
            "route", "--train", train, "--test", test, "--column", column, "--first", 40, "--out", written, "--baseline", "--json",
        )  # fmt: skip
        assert found.keys() == {"embedding", "p99_ms", "n"}
        assert [line[0] for line in _lines(written)] == ["1", "2"]
        for _, *cells in _lines(written):
            assert {cell.split("=")[0] for cell in cells} == {"路灯", "欠薪"}


def test_pairs_are_compared_with_gold_or_without(tmp_path: Path) -> None:
    told = [
        ("路灯坏了", "路灯不亮坏了", "1"),
        ("路灯坏了", "医保怎么报销", "0"),
        ("公积金提取", "怎么提取公积金", "1"),
    ]
    pairs = _table(tmp_path / "p.tsv", "a b label", told)
    found = _run("dup", "--pairs", pairs, "--out", tmp_path / "out.tsv", "--baseline", "--json")
    assert found["auc"] == 1.0
    assert found["precision_at_recall_50"] == 1.0
    assert len((tmp_path / "out.tsv").read_text().splitlines()) == 3
    assert found["baseline_ratio"].keys() == {"auc", "precision_at_recall_50"}  # type: ignore[attr-defined]
    bare = _table(tmp_path / "b.tsv", "a b", [row[:2] for row in told])
    found = _run("dup", "--pairs", bare, "--out", tmp_path / "bare.tsv", "--baseline", "--json")
    assert found.keys() == {"p99_ms", "n"}
    assert (tmp_path / "bare.tsv").read_text() == (tmp_path / "out.tsv").read_text()
    assert all(0.0 <= float(chance) <= 1.0 for _, chance in _lines(tmp_path / "bare.tsv"))


# --- hearing ----------------------------------------------------------------------------------------------------------


class Clerk:
    """core.ports.Recogniser that writes the loudness of what it hears, and what is to be formatted later."""

    name, model = "clerk", "1"
    capabilities = Capabilities(True, False, False, False, ("zh",), (8000,))

    def load(self) -> "Clerk":
        return self

    def know(self, terms: Iterable[str]) -> None: ...

    def stream(self) -> "ClerkStream":
        return ClerkStream()

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        assert rate == 8000, "the command degrades what it reads"
        return [Utterance("30天。", 0.0, 1.0, True, "三十天")] if any(pcm) else []


class ClerkStream:
    def __init__(self) -> None:
        self.fed, self.loud = 0, False

    def feed(self, pcm: bytes) -> list[Utterance]:
        began, self.fed = self.fed, self.fed + len(pcm)
        was, self.loud = self.loud, max(abs(np.frombuffer(pcm, "<i2")), default=0) > 1000
        at = began / 16000
        return [Utterance("30天。", at - 0.3, at, True, "三十天")] if was and not self.loud else []

    def finish(self) -> list[Utterance]:
        return []


@pytest.fixture
def speech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three short sounds beside a manifest, and a clerk who listens."""
    from asr import registry

    monkeypatch.setattr(registry, "recogniser", lambda *_, **__: Clerk())
    tone = (8000 * np.sin(np.arange(8000) * 2 * np.pi * 1000 / 16000)).astype(np.int16)
    for name in ("a.wav", "b.wav", "c.wav"):
        write_wav(tmp_path / name, tone, 16000)
    rows = [("a.wav", "三十天"), ("b.wav", "三十天。"), ("c.wav", "三十年")]
    return _table(tmp_path / "m.tsv", "file transcript", rows)


@pytest.mark.parametrize("live", [(), ("--live",)])
def test_hearing_is_measured_before_numbers_are_formatted(
    speech: Path, tmp_path: Path, live: tuple[str, ...]
) -> None:
    found = _run(
        "asr", "--manifest", speech, "--engine", "whisper", "--out", tmp_path / "out.tsv", *live, "--json"
    )
    assert found["cer"] == pytest.approx(1 / 9, abs=1e-3)
    assert found["n"] == 3
    assert found.keys() == {"cer", "cpu_s_per_audio_s", "final_lag_p50_s", "final_lag_p95_s", "n"}
    assert (found["final_lag_p50_s"] is not None) == bool(live)
    lines = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert lines == [["1", "三十天"], ["2", "三十天"], ["3", "三十天"]]


def test_sound_without_what_was_said_gives_only_what_was_heard(speech: Path, tmp_path: Path) -> None:
    bare = _table(tmp_path / "bare.tsv", "file", [("a.wav",), ("b.wav",)])
    found = _run("asr", "--manifest", bare, "--out", tmp_path / "out.tsv", "--json")
    assert "cer" not in found
    assert len((tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.model
@pytest.mark.timeout(300)
@pytest.mark.parametrize("gold", [True, False])
def test_the_peer_hears_the_same_sounds_in_the_same_run(speech: Path, tmp_path: Path, gold: bool) -> None:
    need("the model whisper-base", folder("whisper-base").is_dir())
    manifest = speech if gold else _table(tmp_path / "bare.tsv", "file", [("a.wav",), ("b.wav",)])
    found = _run("asr", "--manifest", manifest, "--rate", 8000, "--out", tmp_path / "out.tsv", "--baseline", "--json")  # fmt: skip
    peer = found["baseline_whisper"]
    assert isinstance(peer, dict)
    assert ("cer" in found, "cer" in peer, "ours_minus_this" in peer) == (gold, gold, gold)
    assert peer["cpu_s_per_audio_s"] > 0
    assert peer["n"] == len(_lines(tmp_path / "out.tsv")) == (3 if gold else 2)


def test_a_sound_that_is_not_there_is_named_with_its_row(speech: Path, tmp_path: Path) -> None:
    bare = _table(tmp_path / "bare.tsv", "file", [("a.wav",), ("gone.wav",)])
    with pytest.raises(BadTable, match="第 3 行"):
        _run("asr", "--manifest", bare, "--json")
