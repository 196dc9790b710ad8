"""Units and knowledge over HTTP."""

from datetime import date

import pytest

from store.tables import Article, Unit
from tests.api.conftest import World

pytestmark = pytest.mark.service


async def test_units_can_be_listed_searched_and_opened(world: World) -> None:
    assert [u["code"] for u in (await world.get("water", "/units")).json()["items"]] == ["JT", "SW"]
    assert (await world.get("li", "/units?search=水务")).json()["total"] == 1
    assert (await world.get("li", "/units/SW")).json()["details"] == {"does": "供水"}
    assert (await world.get("li", "/units/XX")).json()["code"] == "unknown_unit"


async def test_a_closed_unit_is_no_longer_offered(world: World) -> None:
    async with world.database.session() as session:
        (await session.get_one(Unit, "JT")).active = False
    assert (await world.get("li", "/units")).json()["total"] == 1


async def test_knowledge_is_searched_by_every_word(world: World) -> None:
    for query, total in (
        ("search=停水", 1),
        ("search=停水 公告", 1),
        ("search=停水 地铁", 0),
        ("unit=SW", 1),
        ("kind=law", 0),
    ):
        assert (await world.get("li", f"/articles?{query}")).json()["total"] == total, query
    assert (await world.get("li", "/articles/art_water")).json()["answer"] == "先看停水公告"
    assert (await world.get("li", "/articles/art_none")).status_code == 404


async def test_only_what_holds_today_is_offered_but_old_articles_stay_readable(world: World) -> None:
    async with world.database.session() as session:
        (await session.get_one(Article, "art_water")).valid_to = date(2020, 1, 1)
    assert (await world.get("li", "/articles")).json()["total"] == 0
    assert (await world.get("li", "/articles/art_water")).status_code == 200


async def test_nobody_reads_registers_without_logging_in(small_world: World) -> None:
    async with small_world.client() as client:
        for path in ("/units", "/lines", "/articles"):
            assert (await client.get(f"/api/v1{path}")).status_code == 401
