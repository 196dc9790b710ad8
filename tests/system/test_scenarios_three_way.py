"""The demo's scenarios with a third party on one shared instance: who hears whom measured in what each received."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.demo.scene import Scene
from app.demo.theatre import Theatre
from tests.system.stagecraft import holds, of, opened

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    async with opened(tmp_path_factory.mktemp("theatre")) as made:
        yield made


@pytest.mark.parametrize("scene", of("three_way"), ids=lambda one: one.name)
async def test_a_scene_holds(scene: Scene, theatre: Theatre, tmp_path: Path) -> None:
    await holds(scene, theatre, tmp_path)
