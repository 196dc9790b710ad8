"""The kinds of matter over HTTP: each with its clock, what its clause wants besides, and where that is written."""

import pytest

from tests.api.conftest import World

pytestmark = pytest.mark.service


async def test_the_kinds_are_listed_with_their_clock_traits_and_clauses(small_world: World) -> None:
    seen = (await small_world.get("water", "/intake-types")).json()
    assert seen["flags"] == ["multi_unit"]
    kinds = {one["id"]: one for one in seen["items"]}
    assert (kinds["emergency"]["name"], kinds["emergency"]["type"], kinds["emergency"]["traits"]) == (
        "突发",
        "help",
        ["urgent"],
    )
    assert kinds["economic"]["clauses"] == ["001 17(二)4"]
    assert {clause.split(" ")[0] for one in seen["items"] for clause in one["clauses"]} <= set(
        seen["documents"]
    )
