"""`./hotline bench …`: the product's matching and hearing measured on tables you bring; the same code as in a call."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from app.cli import emit, err, out
from app.measuring import tables
from app.settings import settings
from core.errors import BadInput

app = typer.Typer(help="用您的数据测量 · measure on your own tables", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Out = Annotated[Path | None, typer.Option("--out", help="每行结果写入此 TSV；多列时后面的列写入 FILE.列名")]
Embedding = Annotated[
    bool, typer.Option("--embedding/--no-embedding", help="用小型向量模型；关闭则只按字词与读音")
]
Baseline = Annotated[bool, typer.Option("--baseline", help="同时运行对照方法 · the peers in the same run")]


@app.callback()
def _root() -> None:
    """Only a place for the commands to hang on."""


@app.command("match")
def match(
    entries: Annotated[Path, typer.Option(help="列：entry_id、text")],
    queries: Annotated[Path, typer.Option(help="列：见 --column；entry_id 为正确条目（可无）")],
    column: Annotated[str, typer.Option(help="查询列，逗号分隔")] = "query",
    out_file: Out = None,
    embedding: Embedding = True,
    baseline: Baseline = False,
    json: Json = False,
) -> None:
    """检索：recall@1、recall@5、mrr@10，每次查询的 CPU 毫秒 · how well and fast entries are found."""
    from app.meaning import installed
    from app.measuring import finding

    columns = _columns(column)
    stored, asked = tables.read(entries, ("entry_id", "text")), tables.read(queries, columns)
    ids = [row["entry_id"] for row in stored]
    wanted = [row["entry_id"] for row in asked] if "entry_id" in asked[0] else None
    meaning = installed(settings()) if embedding else None
    built = finding.build([row["text"] for row in stored], meaning)
    cost = {"embedding": bool(meaning), **finding.footprint(built)}
    plain = finding.Plain([row["text"] for row in stored]) if baseline else None
    results = {}
    for name in columns:
        texts = [row[name] for row in asked]
        ours = finding.ask(finding.ours(built.index), texts)
        _write(out_file, columns, name, [[ids[i] for i in found] for found in ours.entries])
        results[name] = {**finding.figures(ours, ids, wanted), **cost}
        if plain:
            for title, search in (("baseline_bm25", plain.bm25), ("baseline_rrf", plain.fused)):
                theirs = finding.ask(search, texts)
                results[name][title] = finding.figures(theirs, ids, wanted)
                if wanted:
                    results[name][title]["ours_minus_this"] = finding.apart(ours, theirs, ids, wanted)
    _show(results, json)


@app.command("route")
def route(
    train: Annotated[Path, typer.Option(help="列：label 与 --train-column")],
    test: Annotated[Path, typer.Option(help="列：--column；label 为正确类别（可无）")],
    column: Annotated[str, typer.Option(help="测试列，如 text、text_asr20")] = "text",
    train_column: Annotated[str, typer.Option(help="学习用的列")] = "text",
    first: Annotated[int, typer.Option(min=0, help="只用前若干字；0 为全部")] = 0,
    out_file: Out = None,
    embedding: Embedding = True,
    baseline: Baseline = False,
    json: Json = False,
) -> None:
    """归类、派单：从已标注的学，在没见过的上测 · learn from labelled matters, tell the label of others."""
    from app.meaning import installed
    from app.measuring import labels as telling
    from match.learn import learn

    known, asked = tables.read(train, (train_column, "label")), tables.read(test, (column,))
    texts, marks = [row[train_column] for row in known], [row["label"] for row in known]
    wanted = [row["label"] for row in asked] if "label" in asked[0] else None
    views = [telling.cut(row[column], first) for row in asked]
    meaning = installed(settings()) if embedding else None
    model = learn(texts, marks, meaning)
    chances, ms = telling.answered(model, views, meaning)
    if out_file:
        tables.write(
            out_file,
            [
                [f"{label}={chance:.6f}" for label, chance in zip(model.labels, row, strict=True)]
                for row in chances
            ],
        )
    found: dict[str, Any] = telling.figures(model.labels, chances, wanted) if wanted else {}
    found |= {"embedding": bool(meaning), "p99_ms": round(float(np.percentile(ms, 99)), 2), "n": len(views)}
    if baseline:
        peer = telling.Machine(texts, marks)
        margins = peer.margins(views)
        if wanted:
            found["baseline_svc"] = {
                "accuracy": round(float(telling.hits(peer.labels, margins, wanted, 1).mean()), 4),
                "top3": round(float(telling.hits(peer.labels, margins, wanted, 3).mean()), 4),
                "ours_minus_this": telling.apart((model.labels, chances), (peer.labels, margins), wanted),
            }
    _show({column: found}, json)


@app.command("dup")
def dup(
    pairs: Annotated[Path, typer.Option(help="列：a、b（或 --column）；label 为 1 表示同一事项（可无）")],
    column: Annotated[str, typer.Option(help="第二个文本的列，如 b、b_asr20")] = "b",
    out_file: Out = None,
    baseline: Baseline = False,
    json: Json = False,
) -> None:
    """同一事项的两种说法：auc、找回一半时的准确率 · whether two wordings are of one matter."""
    from app.measuring import pairs as comparing

    rows = tables.read(pairs, ("a", column))
    firsts, seconds = [row["a"] for row in rows], [row[column] for row in rows]
    alike, ms = comparing.alike(firsts, seconds)
    if out_file:
        tables.write(out_file, [[f"{value:.6f}"] for value in alike])
    same = [row["label"] for row in rows] if "label" in rows[0] else None
    found: dict[str, Any] = comparing.figures(alike, same) if same else {}
    found |= {"p99_ms": round(float(np.percentile(ms, 99)), 2), "n": len(rows)}
    if baseline and same:
        found["baseline_ratio"] = comparing.figures(comparing.plain(firsts, seconds), same)
    _show({column: found}, json)


@app.command("asr")
def asr(
    manifest: Annotated[Path, typer.Option(help="列：file（与清单同目录的 WAV）；transcript 为原文（可无）")],
    rate: Annotated[int, typer.Option(help="8000：先变成电话音质；16000：原样")] = 8000,
    engine: Annotated[str, typer.Option(help="auto、whisper、vosk、sherpa 或模型编号")] = "auto",
    live: Annotated[bool, typer.Option("--live", help="按真实时间逐包送入两路，测实时字幕")] = False,
    out_file: Out = None,
    baseline: Baseline = False,
    json: Json = False,
) -> None:
    """语音：字错率、每秒声音的 CPU 秒、字幕迟到的秒数 · how well speech is understood, its cost and its lag."""
    from app.measuring import hearing
    from app.settings import settings
    from asr.registry import choose, recogniser
    from asr_models.places import require

    if rate not in (8000, 16000):
        raise BadInput("--rate：只有 8000（电话）和 16000 (8000 or 16000)")
    if live and rate != 8000:
        raise BadInput("--live 只在 8000 下测：电话就是 8000 (live is 8000)")
    rows = tables.read(manifest, ("file",))
    audio = hearing.sounds(manifest, [row["file"] for row in rows], rate)
    said = [row["transcript"] or "" for row in rows] if "transcript" in rows[0] else None
    models, workers = settings().models, 2 if live else 1
    ears = recogniser(engine, models, threads=1, workers=workers, live=live)
    if not json:
        err.print(f"{ears.name} {ears.model}: {choose(engine, models, live=live).reason}", markup=False)
    heard = hearing.live(ears, audio, workers) if live else hearing.after_call(ears, audio, rate)
    if out_file:
        tables.write(out_file, [[text] for text in heard.texts])
    found = hearing.figures(heard, said)
    if baseline:
        theirs = hearing.plain(require("whisper-base", models), audio, rate)
        found["baseline_whisper"] = hearing.figures(theirs, said)
        if said:
            found["baseline_whisper"]["ours_minus_this"] = hearing.apart(heard, theirs, said)
    _show({"asr": found}, json)


def _columns(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _write(path: Path | None, columns: list[str], name: str, rows: list[list[str]]) -> None:
    if path:
        tables.write(path if name == columns[0] else path.with_name(f"{path.name}.{name}"), rows)


def _show(results: dict[str, dict[str, Any]], json: bool) -> None:
    """One column: its figures; several: the first one's, and all of them by column."""
    first = next(iter(results.values()))
    if json:
        emit(first if len(results) == 1 else {**first, "columns": results})
        return
    for name, figures in results.items():
        words = "  ".join(f"{key} {value}" for key, value in figures.items() if not isinstance(value, dict))
        out.print(f"{name}: {words}", markup=False, highlight=False)
        for title, peer in ((k, v) for k, v in figures.items() if isinstance(v, dict)):
            out.print(f"  {title}: {peer}", markup=False, highlight=False)
