"""Who files, who answers and who decides."""

import pytest

from api.actor import Actor
from tests.app.place import Place
from tests.app.ways.matter import UNIT


@pytest.fixture
async def office(place: Place) -> Actor:
    await place.registers()
    return await place.person("rexian", "office")


@pytest.fixture
async def agent(place: Place, office: Actor) -> Actor:
    return await place.person("li")


@pytest.fixture
async def unit(place: Place, office: Actor) -> Actor:
    return await place.person("renshe", "unit", UNIT)
