"""The live floor and the record of supervision over the API."""

from datetime import UTC, datetime

import pytest

from store import calls, legs, seats
from tests.api.conftest import World, talking

pytestmark = pytest.mark.service


async def staged(world: World) -> None:
    """Li talks at 8001, the supervisor sits at 8002."""
    await talking(world)
    at = datetime.now(UTC)
    async with world.database.session() as session:
        await calls.change(session, world.call_id, agent_answered_at=at, queued_at=at)
        await legs.add(session, world.call_id, "agent", at, number="8001", channel="PJSIP/8001-1")
        await legs.answered(session, world.call_id, "8001", at, "PJSIP/8001-1")
        await seats.log_in(session, "8002", world.user_ids["boss"], at, "paused")


async def supervise(world: World, login: str = "boss") -> dict[str, str]:
    given = {"mode": "listen", "seat": "8002", "why": "新话务员带教"}
    answer = await world.post(login, f"/calls/{world.call_id}/supervise", given)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def test_the_floor_shows_seats_calls_and_the_day(world: World) -> None:
    await staged(world)
    made = await supervise(world)
    floor = (await world.get("boss", "/floor")).json()
    assert {seat["id"]: (seat["state"], seat["user_name"]) for seat in floor["seats"]} == {
        "8001": ("talking", "Li"), "8002": ("paused", "Boss"),
    }  # fmt: skip
    (call,) = floor["calls"]
    assert (call["id"], call["phase"], call["seat_id"]) == (world.call_id, "talking", "8001")
    assert call["caller"] == "138****5678"
    assert [one["id"] for one in floor["supervisions"]] == [made["id"]]
    assert (floor["today"]["calls"], floor["today"]["answered"]) == (1, 1)
    assert (await world.get("li", "/floor")).status_code == 403


async def test_whoever_listens_changes_the_mode_and_leaves_with_every_step_kept(world: World) -> None:
    await staged(world)
    made = await supervise(world)
    path = f"/calls/{world.call_id}/supervise/{made['id']}"
    assert (await world.post("boss", f"{path}/mode", {"mode": "whisper", "why": "提示"})).json()[
        "mode"
    ] == "whisper"
    assert (await world.post("boss", f"{path}/end")).json()["state"] == "ended"
    record = (await world.get("audit", f"/calls/{world.call_id}/supervision")).json()
    assert [step["deed"] for step in record["steps"]] == ["listen", "whisper", "ended"]


async def test_the_agent_sees_it_afterwards_and_other_agents_never(world: World) -> None:
    await staged(world)
    await supervise(world)
    path = f"/calls/{world.call_id}/supervision"
    assert (await world.get("li", path)).status_code == 403
    noted = (await world.get("li", f"/calls/{world.call_id}/events")).json()["items"]
    assert "call.supervised" not in [event["name"] for event in noted]
    async with world.database.session() as session:
        await calls.ended(session, world.call_id, datetime.now(UTC), "citizen")
    assert [step["deed"] for step in (await world.get("li", path)).json()["steps"]] == ["listen"]
    noted = (await world.get("li", f"/calls/{world.call_id}/events")).json()["items"]
    assert "call.supervised" in [event["name"] for event in noted]
    assert (await world.get("wang", path)).status_code == 404


async def test_a_reason_is_needed(small_world: World) -> None:
    given = {"mode": "listen", "seat": "8002"}
    assert (
        await small_world.post("boss", f"/calls/{small_world.call_id}/supervise", given)
    ).status_code == 422
    assert (await small_world.post("boss", "/seats/8001/force", {"deed": "force_pause"})).status_code == 422
    forced = await small_world.post("boss", "/seats/8001/force", {"deed": "force_pause", "why": "培训谈话"})
    assert forced.json() == {"done": True}


async def test_a_supervision_belongs_to_its_call(world: World) -> None:
    await staged(world)
    made = await supervise(world)
    answer = await world.post("boss", f"/calls/call_other/supervise/{made['id']}/end")
    assert answer.status_code == 404
