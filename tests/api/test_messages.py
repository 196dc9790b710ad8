"""Messages over HTTP: masked in the list, in full for whoever calls back."""

import pytest

from store import lookups
from tests.api.conftest import CALLER, World

pytestmark = pytest.mark.service


async def test_the_list_is_masked_and_opening_one_is_kept(world: World) -> None:
    (listed,) = (await world.get("li", "/messages")).json()["items"]
    opened = (await world.get("li", f"/messages/{world.message_id}")).json()
    assert (listed["caller"], listed["text"]) == ("138****5678", "请回电138****5678")
    assert (opened["caller"], opened["text"]) == (CALLER, f"请回电{CALLER}")
    async with world.database.reading() as session:
        assert (await lookups.find(session, subject=world.message_id)).total == 1


async def test_done_is_done_even_twice(world: World) -> None:
    for _ in range(2):
        answer = await world.post("li", f"/messages/{world.message_id}/done", {"note": "已回电13812345678"})
        assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert (await world.get("li", "/messages")).json()["total"] == 0
    (listed,) = (await world.get("li", "/messages?state=done")).json()["items"]
    assert listed["note"] == "已回电138****5678"
    one = (await world.get("li", f"/messages/{world.message_id}")).json()
    assert one["note"] == "已回电13812345678"
    assert one["done_by"]
    assert one["done_at"]


async def test_an_unknown_message_is_not_found(small_world: World) -> None:
    assert (await small_world.get("li", "/messages/msg_x")).status_code == 404
    assert (await small_world.post("li", "/messages/msg_x/done", {})).status_code == 404


async def test_units_do_not_see_messages(small_world: World) -> None:
    assert (await small_world.get("water", "/messages")).status_code == 403
