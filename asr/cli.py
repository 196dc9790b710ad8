"""`hotline transcribe FILE…`: recordings to text, on this machine."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from asr.aftercall import Said, transcribe_recording
from asr.registry import choose, recogniser
from core.errors import BadInput, HotlineError
from core.ports import Recogniser

_WHO = {"citizen": "市民", "agent": "话务员"}


def transcribe(
    files: Annotated[list[Path], typer.Argument(help="16 位 WAV 录音；双声道时左为市民、右为话务员")],
    engine: Annotated[str, typer.Option(help="auto、whisper、vosk 或模型编号")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="每次识别的线程数，0 为自动")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="只向标准输出写一个 JSON 对象")] = False,
) -> None:
    """离线转写录音 / transcribe recordings offline."""
    results: list[dict[str, Any]] = []
    try:
        if not any(path.is_file() for path in files):
            raise BadInput(f"没有这个文件：{'、'.join(map(str, files))}")
        ear = recogniser(engine, threads=threads)
        if not as_json:
            typer.echo(f"{ear.name} {ear.model}: {choose(engine).reason}", err=True)
    except (HotlineError, OSError) as error:
        _fail(error, as_json)
    for number, path in enumerate(files, start=1):
        if len(files) > 1 and sys.stderr.isatty():
            typer.echo(f"{number}/{len(files)} {path.name}", err=True)
        results.append(_one(ear, path))
        if not as_json:
            _show(results[-1])
    if as_json:
        typer.echo(json.dumps({"engine": ear.name, "model": ear.model, "files": results}, ensure_ascii=False))
    raise typer.Exit(max(_exit_code(r) for r in results))


def _one(ear: Recogniser, path: Path) -> dict[str, Any]:
    """The transcript of one file, or its error: one bad file does not spoil the batch."""
    began = time.monotonic()
    try:
        said = transcribe_recording(ear, path)
    except FileNotFoundError:
        return {"file": str(path), "error": BadInput.code, "detail": f"没有这个文件：{path}"}
    except (HotlineError, OSError) as error:
        return {"file": str(path), "error": getattr(error, "code", "io_error"), "detail": str(error)}
    return {
        "file": str(path),
        "took_s": round(time.monotonic() - began, 3),
        "utterances": [_row(s) for s in said],
    }


def _exit_code(result: dict[str, Any]) -> int:
    """2 for a file the caller can mend, 1 for what went wrong with a good one."""
    return {None: 0, BadInput.code: 2}.get(result.get("error"), 1)


def _row(said: Said) -> dict[str, Any]:
    u = said.utterance
    return {
        "speaker": said.speaker,
        "text": u.text,
        "start_s": round(u.start_s, 2),
        "end_s": round(u.end_s, 2),
        "final": u.final,
    }


def _show(result: dict[str, Any]) -> None:
    typer.echo(f"# {result['file']}")
    if "error" in result:
        typer.echo(result["detail"], err=True)
    for row in result.get("utterances", ()):
        typer.echo(f"{row['start_s']:7.2f}–{row['end_s']:<7.2f} {_WHO[row['speaker']]}  {row['text']}")


def _fail(error: Exception, as_json: bool) -> None:
    typer.echo(str(error), err=True)
    if as_json:
        typer.echo(
            json.dumps(
                {"error": getattr(error, "code", "io_error"), "detail": str(error)}, ensure_ascii=False
            )
        )
    raise typer.Exit(2) from error
