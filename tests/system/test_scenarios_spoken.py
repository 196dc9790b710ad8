"""Scenarios in which people speak, on one shared instance with ears: recognised, proposed, filed; measured by waveform."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.demo.play import play
from app.demo.scenario import load, load_all
from app.demo.scene import scenes
from app.demo.theatre import Theatre
from app.seeding import house_content
from asr.registry import choose
from asr.tts import MODEL
from asr_models.manifest import load as models
from asr_models.places import folder, is_present
from core.errors import HotlineError
from tests.need import missing, need
from tests.system.stagecraft import opened

pytestmark = [
    pytest.mark.system,
    pytest.mark.model,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    (voice,) = models().pick(MODEL)
    need(f"the speech model {MODEL}", is_present(voice, folder(MODEL)))
    try:
        choose("auto")
    except HotlineError as error:
        missing(f"a recogniser ({error})")
    async with opened(tmp_path_factory.mktemp("theatre"), spoken=True) as made:
        yield made


@pytest.mark.parametrize("name", ["complaint", "answered", "refused"])
async def test_a_spoken_scene_holds(name: str, theatre: Theatre, tmp_path: Path) -> None:
    told: list[str] = []
    result = await play(theatre, scenes()[name], lambda who, what: told.append(f"{who} {what}"), tmp_path)
    assert result["problems"] == [], "\n".join(told)
    assert result["phases"][0]["hears"] == {"citizen": ["agent"], "agent": ["citizen"]}
    assert {one["speaker"] for one in result["utterances"]} == {"citizen", "agent"}


async def test_what_the_agent_says_in_refusing_are_the_words_of_the_ground() -> None:
    words = {one.words for one in house_content().grounds}
    assert load("refused").turns[2].say in words


async def test_every_spoken_scene_has_its_words_and_every_script_its_scene() -> None:
    assert {one.name for one in scenes().values() if one.spoken} == set(load_all())
