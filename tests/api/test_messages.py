"""Messages over HTTP: masked in the list, in full for whoever calls back."""

import pytest

from store import lookups
from store.tables import Message
from tests.api.conftest import CALLER, SOUND, World

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


async def test_a_voice_is_heard_by_whoever_looks_after_it_and_that_is_kept(world: World) -> None:
    path = f"/messages/{world.message_id}"
    assert (await world.get("wang", f"{path}/media")).status_code == 404
    assert (await world.get("wang", path)).json()["sound"] is None
    async with world.database.session() as session:
        (await session.get_one(Message, world.message_id)).recording = "one"
    (listed,) = (await world.get("wang", "/messages")).json()["items"]
    assert listed["sound"] == {"state": "ready", "seconds": 1.0}
    heard = await world.get("wang", f"{path}/media")
    assert (heard.status_code, heard.headers["content-type"], heard.content) == (200, "audio/wav", SOUND)
    assert (await world.get("tax", f"{path}/media")).status_code == 403
    async with world.database.reading() as session:
        kept = [
            (one.action, one.purpose) for one in (await lookups.find(session, subject=world.message_id)).items
        ]
    assert ("message.listen", "处理留言") in kept


async def test_units_do_not_see_messages(small_world: World) -> None:
    assert (await small_world.get("water", "/messages")).status_code == 403
