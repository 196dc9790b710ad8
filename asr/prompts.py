"""The hotline's spoken prompts: rendered once, and replaced one by one by the operator's own recordings."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Self

import typer
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from asr.audio import PHONE_RATE, Ints, any_wav, resample, to_ints, write_wav
from asr.speech_cache import render, side_by_side, where
from asr.tones import beep, hold_music
from core.errors import BadInput, HotlineError

TABLE = Path(__file__).with_name("prompts.yaml")
OPENING = (
    "greeting",
    "recording-notice",
    "emergency-reminder",
)  # what every citizen hears: at most 8 s (REQUIREMENTS)
_INDEX = ".prompts.json"  # name -> what its file was made of
_MADE = {"beep": beep, "moh": hold_music}


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str = Field(min_length=1)
    voice: str = ""
    speed: float = Field(0.0, ge=0.0, le=2.0)


class _Numbers(BaseModel):
    """The prompts n0 … n<upto>; `text` has {n} where the number goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    upto: int = Field(ge=0, le=999)
    text: str = "{n}"
    speed: float = Field(0.0, ge=0.0, le=2.0)

    def said(self, n: int) -> str:
        return self.text.replace("{n}", "两" if n == 2 and self.text != "{n}" else str(n))


class _Slow(BaseModel):
    """Prompts that exist a second time as slow-<name>, spoken at `speed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    speed: float = Field(ge=0.5, le=1.0)
    of: tuple[str, ...]


class PromptTable(BaseModel):
    """prompts.yaml: texts with a default voice and speed, the slow ones and the counted ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    voice: str
    speed: float = Field(1.0, ge=0.5, le=2.0)
    prompts: dict[str, _Line]
    slow: _Slow | None = None
    numbers: _Numbers | None = None

    @model_validator(mode="after")
    def _slow_ones_exist(self) -> Self:
        if self.slow and (unknown := set(self.slow.of) - set(self.prompts)):
            raise ValueError(f"slow: no such prompts: {', '.join(sorted(unknown))}")
        return self

    def lines(self) -> Iterator[tuple[str, str, str, float]]:
        """(name, text, voice, speed) of every prompt."""
        for name, line in self.prompts.items():
            yield name, line.text, line.voice or self.voice, line.speed or self.speed
        if slowly := self.slow:
            for name in slowly.of:
                line = self.prompts[name]
                yield f"slow-{name}", line.text, line.voice or self.voice, slowly.speed
        if counted := self.numbers:
            for n in range(counted.upto + 1):
                yield f"n{n}", counted.said(n), self.voice, counted.speed or self.speed


@dataclass(frozen=True, slots=True)
class Rendered:
    """What `render_prompts` left in the folder: names by where they come from."""

    made: tuple[str, ...]
    own: tuple[str, ...]
    unchanged: tuple[str, ...]


def load_table(path: Path = TABLE) -> PromptTable:
    """Raises BadInput where the file is not a prompt table."""
    try:
        return PromptTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise BadInput(f"{path}: {error}") from error


def render_prompts(
    folder: Path,
    table: Path = TABLE,
    *,
    own: Path | None = None,
    models_dir: Path | str | None = None,
    progress: Callable[[int, int, str], None] = lambda done, whole, name: None,
) -> Rendered:
    """Fill `folder` with `<name>.wav` (16-bit mono, 8 kHz) for every prompt, beep and moh. Idempotent; blocking.

    own: folder of the operator's recordings (default HOTLINE_PROMPTS): `<name>.wav`, any rate, mono or stereo, replaces ours.
    Raises ModelMissing when something must be synthesised and the voice is absent, BadInput for an unreadable recording.
    """
    folder.mkdir(parents=True, exist_ok=True)
    theirs = own or Path(os.environ.get("HOTLINE_PROMPTS") or os.devnull)
    jobs = list(_jobs(load_table(table), theirs, models_dir))
    before = _index(folder)
    made: dict[str, list[str]] = {"made": [], "own": [], "unchanged": []}
    for name, key, _ in jobs:
        is_there = before.get(name) == key and (folder / f"{name}.wav").is_file()
        made["unchanged" if is_there else "own" if key.startswith("own:") else "made"].append(name)
    todo = [(name, make) for name, _, make in jobs if name not in made["unchanged"]]
    ready = side_by_side(partial(make, folder / f"{name}.wav") for name, make in todo)
    for done, (name, _) in enumerate(zip((name for name, _ in todo), ready, strict=True)):
        progress(done + 1, len(todo), name)
    _write_index(folder, {name: key for name, key, _ in jobs})
    return Rendered(**{kind: tuple(names) for kind, names in made.items()})


_Job = tuple[str, str, Callable[[Path], object]]


def _jobs(table: PromptTable, own: Path, models_dir: Path | str | None) -> Iterator[_Job]:
    """(name, what it is made of, how to make it). An own recording beats everything, also names we do not know."""
    recordings = {p.stem: p for p in sorted(own.glob("*.wav"))} if own.is_dir() else {}
    for name, path in recordings.items():
        stat = path.stat()
        yield name, f"own:{path}:{stat.st_size}:{stat.st_mtime_ns}", partial(adopt, path)
    for name, text, voice, speed in table.lines():
        if name not in recordings:
            key = f"voice:{where(text, voice, speed=speed).stem}"
            yield name, key, _speaker(text, voice, speed, models_dir)
    for name, make in _MADE.items():
        if name not in recordings:
            yield name, "code:1", partial(_make, make)


def _speaker(text: str, voice: str, speed: float, models_dir: Path | str | None) -> Callable[[Path], object]:
    def speak(to: Path) -> None:
        fresh = to.with_name(f".{to.name}.new")
        fresh.write_bytes(render(text, voice, speed=speed, models_dir=models_dir).read_bytes())
        fresh.replace(to)

    return speak


def _make(tone: Callable[[], Ints], to: Path) -> Path:
    return write_wav(to, tone(), PHONE_RATE)


def adopt(recording: Path, to: Path) -> Path:
    """An operator's WAV as a prompt: mixed to mono, resampled to 8 kHz, otherwise left as they made it."""
    rate, audio = any_wav(recording)
    return write_wav(to, to_ints(resample(audio, rate, PHONE_RATE)), PHONE_RATE)


def _index(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_index(folder: Path, index: dict[str, str]) -> None:
    fresh = folder / f"{_INDEX}.new"
    fresh.write_text(json.dumps(index, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(folder / _INDEX)


def main(
    to: Annotated[Path, typer.Option("--to", help="写入目录")],
    own: Annotated[Path | None, typer.Option(help="本单位录音所在目录（缺省 HOTLINE_PROMPTS）")] = None,
    table: Annotated[Path, typer.Option(help="提示音文本")] = TABLE,
) -> None:
    """渲染提示音（只渲染变化的部分） / render the spoken prompts."""
    try:
        done = render_prompts(to, table, own=own, progress=_line)
    except (HotlineError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{to}: {len(done.made)} made, {len(done.own)} own, {len(done.unchanged)} unchanged")


def _line(done: int, whole: int, name: str) -> None:
    if done == whole or done % 10 == 0:
        typer.echo(f"prompts {done}/{whole} {name}", err=True)


if __name__ == "__main__":
    typer.run(main)
