"""Seats that did not answer leave no empty files; sound that is awaited is never touched."""

from pathlib import Path

import pytest

from app.chores import Chores
from app.tidy import empty_recordings
from tests.app.place import Place
from tests.app.talks import talked, write_raw

pytestmark = pytest.mark.service


async def test_an_empty_file_of_a_call_that_ended_goes(place: Place, chores: Chores, folder: Path) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 2.0)
    (folder / f"{citizen.id}-2.raw").touch()
    assert await chores.tidy_recordings() == 1
    assert [path.name for path in folder.iterdir()] == [f"{citizen.id}-1.raw"]


async def test_what_is_awaited_stays_though_it_is_empty(place: Place, folder: Path) -> None:
    citizen = await talked(place)
    (folder / f"{citizen.id}-1.raw").touch()
    assert await empty_recordings(place.floor, folder) == 0


async def test_a_call_that_rings_keeps_its_file(place: Place, folder: Path) -> None:
    citizen = place.citizen()
    await citizen.dial()
    (folder / f"{citizen.id}-1.raw").touch()
    (folder / "call_nobodys-1.raw").touch()
    assert await empty_recordings(place.floor, folder) == 0
