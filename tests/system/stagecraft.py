"""What the tests of scenarios share: a theatre with short prompts, and what must hold of every scene's result."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from app.demo import audio
from app.demo.play import play
from app.demo.scene import Scene, scenes
from app.demo.theatre import Theatre
from asr.prompts import load_table
from tests.system.conftest import nothing_left


def short_prompts(folder: Path) -> Path:
    """Every prompt as a hiss of its own of 0.6 s: told apart by ear, and nobody waits for sentences."""
    folder.mkdir()
    for seed, (name, *_) in enumerate(load_table().lines()):
        hiss = np.random.default_rng(seed).normal(0, 1500, round(0.6 * audio.RATE))
        audio.save_wav(folder / f"{name}.wav", hiss.astype(np.int16))
    return folder


@asynccontextmanager
async def opened(folder: Path, *, spoken: bool = False) -> AsyncIterator[Theatre]:
    """A theatre of its own for one module; afterwards nothing of it may be left."""
    prompts = short_prompts(folder / "prompts")
    async with Theatre(folder / "home", lambda who, what: None, spoken=spoken, prompts=prompts) as theatre:
        yield theatre
    await nothing_left(theatre.settings)


def of(module: str) -> list[Scene]:
    """The scenes of one module of app.demo that need no speech."""
    return [one for one in scenes().values() if one.play.__module__.endswith(f"_{module}") and not one.spoken]


async def holds(scene: Scene, theatre: Theatre, folder: Path) -> None:
    """Play it: no problem, in time, something measured, a recording and an end of every leg."""
    told: list[str] = []
    result = await play(theatre, scene, lambda who, what: told.append(f"{who} {what}"), folder)
    assert result["problems"] == [], "\n".join([*result["problems"], "", *told])
    assert result["phases"], "nothing was measured"
    assert result["timings_ms"]["whole_scene"] < 60_000
    for leg in result["legs"]:
        assert Path(leg["recording"]).is_file()
        assert leg["ended_by"]
