"""The recognisers know the city's words: what the registers hold, told once and again when it changed."""

import asyncio
from collections.abc import Iterable

import pytest

from app import lexicon
from core.divisions import Division, Tree
from store.tables import Unit
from tests.app.place import Place
from tests.app.test_recordings import Parrot

pytestmark = pytest.mark.service
TREE = Tree(
    [Division("431000", "郴州市", "city"), Division("431002209", "仰天湖瑶族乡", "town", "431000")], "431000"
)

_UNIT = {"source": "general", "clause": "-", "does": "-"}


class Listener(Parrot):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, ...]] = []

    def know(self, terms: Iterable[str]) -> None:
        self.told.append(tuple(terms))


def test_a_place_is_known_by_the_name_people_say() -> None:
    assert set(lexicon.place_names(TREE)) == {"郴州市", "仰天湖瑶族乡", "仰天湖乡", "仰天湖"}


async def test_units_places_and_lines_are_told_and_a_new_unit_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexicon, "AGAIN_S", 0.01)
    await place.registers()
    ears = Listener()
    work = asyncio.create_task(lexicon.keep_knowing(place.floor, ears))
    async with asyncio.timeout(20):
        while not ears.told:
            await asyncio.sleep(0.01)
        assert "市人社局" in ears.told[0]
        async with place.database.session() as session:
            session.add(Unit(code="NEW", name="新设承办局", details=_UNIT))
        while len(ears.told) < 2:
            await asyncio.sleep(0.01)
    work.cancel()
    assert set(ears.told[1]) - set(ears.told[0]) == {"新设承办局"}
