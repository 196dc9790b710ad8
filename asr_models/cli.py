"""`hotline models …`: what there is, getting it, checking it."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from asr_models.fetch import get as fetch
from asr_models.manifest import Model, load
from asr_models.places import folder, is_present, verify
from core.errors import HotlineError

app = typer.Typer(help="语音模型：查看、获取、校验 / speech models", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(help="模型编号；缺省为默认模型")]
Root = Annotated[str | None, typer.Option("--dir", help="模型目录（缺省 HOTLINE_MODELS 或 asr_models/）")]
AsJson = Annotated[bool, typer.Option("--json", help="只向标准输出写一个 JSON 对象")]


@app.command("list")
def list_models(root: Root = None, as_json: AsJson = False) -> None:
    """列出清单中的模型及其是否已安装。"""
    rows = [_row(model, root) for model in load().models]
    _say(
        as_json,
        {"models": rows},
        "\n".join(f"{'●' if r['present'] else '○'} {r['id']:26} {r['title']}" for r in rows),
    )


@app.command()
def get(
    ids: Ids = None,
    source: Annotated[str | None, typer.Option("--from", help="本地文件、目录或镜像地址（无外网时）")] = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """获取模型：断点续传、校验、幂等；已有的不再下载。"""
    with _named_failures(as_json):
        models = load().pick(*(ids or ()))
        with _bar() as progress:
            for model in models:
                fetch(model, source=source, root=root, progress=progress)
        _say(
            as_json,
            {"models": [_row(m, root) for m in models]},
            "\n".join(f"✓ {m.id} {folder(m.id, root)}" for m in models),
        )


@app.command("verify")
def verify_models(ids: Ids = None, root: Root = None, as_json: AsJson = False) -> None:
    """逐个文件核对 sha256；有误时退出码 1。"""
    with _named_failures(as_json):
        found = {m.id: verify(m, folder(m.id, root)) for m in load().pick(*(ids or ()))}
    lines = [
        f"{'✗' if bad else '✓'} {name}" + "".join(f"\n    {line}" for line in bad)
        for name, bad in found.items()
    ]
    _say(as_json, {"ok": not any(found.values()), "problems": found}, "\n".join(lines))
    raise typer.Exit(1 if any(found.values()) else 0)


def _row(model: Model, root: str | None) -> dict[str, Any]:
    at = folder(model.id, root)
    wanted = {"id", "title", "engine", "language", "role", "default", "licence", "provenance", "fetch_mb"}
    return {
        **model.model_dump(include=wanted),
        "size": model.size,
        "path": str(at),
        "present": is_present(model, at),
    }


def _say(as_json: bool, data: dict[str, Any], text: str) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False) if as_json else text)


@contextmanager
def _named_failures(as_json: bool) -> Iterator[None]:
    """A foreseen failure is one message and exit 2."""
    try:
        yield
    except (HotlineError, OSError) as error:
        code = getattr(error, "code", "io_error")
        typer.echo(str(error), err=True)
        if as_json:
            typer.echo(json.dumps({"error": code, "detail": str(error)}, ensure_ascii=False))
        raise typer.Exit(2) from error


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal, a line at each tenth elsewhere; always on stderr."""
    if not sys.stderr.isatty():
        yield _tenths()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def show(name: str, done: int, whole: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=whole)
            bar.update(tasks[name], completed=min(done, whole))

        yield show


def _tenths() -> Callable[[str, int, int], None]:
    said: dict[str, int] = {}

    def show(name: str, done: int, whole: int) -> None:
        tenth = min(10, done * 10 // max(whole, 1))
        if tenth > said.get(name, -1):
            said[name] = tenth
            typer.echo(f"{name}: {tenth * 10}% ({whole >> 20} MB)", err=True)

    return show
