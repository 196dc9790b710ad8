"""Every scenario of the demo on one shared instance: real calls, who hears whom measured in what each received."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from app.demo import audio
from app.demo.play import play
from app.demo.scene import Scene, scenes
from app.demo.theatre import Theatre
from asr.prompts import load_table
from tests.system.conftest import nothing_left

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
]
TONES = [one for one in scenes().values() if not one.spoken]


def short_prompts(folder: Path) -> Path:
    """Every prompt as a hiss of its own of 0.6 s: told apart by ear, and nobody waits for sentences."""
    folder.mkdir()
    for seed, (name, *_) in enumerate(load_table().lines()):
        hiss = np.random.default_rng(seed).normal(0, 1500, round(0.6 * audio.RATE))
        audio.save_wav(folder / f"{name}.wav", hiss.astype(np.int16))
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    home = tmp_path_factory.mktemp("theatre")
    async with Theatre(
        home / "home", lambda who, what: None, prompts=short_prompts(home / "prompts")
    ) as made:
        yield made
    await nothing_left(made.settings)


@pytest.mark.parametrize("scene", TONES, ids=lambda one: one.name)
async def test_a_scene_holds(scene: Scene, theatre: Theatre, tmp_path: Path) -> None:
    told: list[str] = []
    result = await play(theatre, scene, lambda who, what: told.append(f"{who} {what}"), tmp_path)
    assert result["problems"] == [], "\n".join(told)
    assert result["phases"], "nothing was measured"
    assert result["timings_ms"]["whole_scene"] < 60_000
    for leg in result["legs"]:
        assert Path(leg["recording"]).is_file()
        assert leg["ended_by"]
