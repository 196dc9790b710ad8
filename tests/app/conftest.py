"""A floor with the content the project ships, on each kind of database."""

from pathlib import Path

import pytest

from app.chores import Chores
from app.floor import Content
from app.seeding import house_content
from store.database import Database
from tests.app.place import Citizen, Place, content_of
from tests.app.three import Three


@pytest.fixture(scope="session")
def content() -> Content:
    return content_of(house_content())


@pytest.fixture
def place(database: Database, content: Content) -> Place:
    return Place(database, content)


@pytest.fixture
async def citizen(place: Place) -> Citizen:
    """Somebody who talks with seat 8001."""
    await place.seat("8001")
    one = place.citizen()
    await one.to_talk()
    return one


@pytest.fixture
def sqlite_place(sqlite_database: Database, content: Content) -> Place:
    """Where two kinds of database would only take twice as long."""
    return Place(sqlite_database, content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path / "recordings"


@pytest.fixture
def chores(place: Place, folder: Path, tmp_path: Path) -> Chores:
    return Chores(place.floor, folder, tmp_path / "spool")


@pytest.fixture
async def three(place: Place) -> Three:
    await place.registers()
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    place.clock.pass_(20)
    return Three(place, agent, citizen)
