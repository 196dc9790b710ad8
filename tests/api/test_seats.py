"""Seats over HTTP: who may do what to whose."""

import httpx
import pytest

from core.errors import Conflict, SwitchSilent
from tests.api.conftest import World

pytestmark = pytest.mark.service


async def test_an_agent_logs_in_pauses_gets_ready_and_leaves(world: World) -> None:
    states = []
    for step, body in (("login", None), ("pause", {"reason": "小休"}), ("ready", None), ("logout", None)):
        answer = await world.post("li", f"/seats/8001/{step}", body)
        assert answer.status_code == 200
        states.append((answer.json()["state"], answer.json()["pause_reason"]))
    assert states == [("ready", None), ("paused", "小休"), ("ready", None), ("logged_out", None)]
    assert [deed[0] for deed in world.house.deeds] == [
        "seat_login",
        "seat_pause",
        "seat_ready",
        "seat_logout",
    ]


async def test_a_taken_seat_is_a_conflict(world: World) -> None:
    await world.post("li", "/seats/8001/login")
    assert (await world.post("wang", "/seats/8001/login")).status_code == 409


async def test_another_agents_seat_is_theirs_but_a_supervisor_may_free_it(world: World) -> None:
    await world.post("li", "/seats/8001/login")
    for step, body in (("logout", None), ("ready", None), ("pause", {"reason": "小休"})):
        assert (await world.post("wang", f"/seats/8001/{step}", body)).status_code == 403
    assert (await world.post("boss", "/seats/8001/logout")).json()["user_id"] is None


async def test_an_unknown_seat_is_not_found(small_world: World) -> None:
    assert (await small_world.post("li", "/seats/9999/login")).status_code == 404


async def test_what_the_house_refuses_is_told_by_name(small_world: World) -> None:
    for error, status in ((Conflict("已在其他座席签入"), 409), (SwitchSilent("no answer"), 503)):
        small_world.house.refuse_with = error
        answer = await small_world.post("li", "/seats/8001/login")
        assert (answer.status_code, answer.json()["code"]) == (status, error.code)


async def test_the_list_shows_states_and_no_sip_secret(small_world: World) -> None:
    answer = await small_world.get("boss", "/seats")
    assert [seat["id"] for seat in answer.json()["items"]] == ["8001", "8002"]
    assert "sip-secret" not in answer.text


@pytest.mark.parametrize("login", ["water", "audit"])
async def test_units_and_auditors_have_no_business_with_seats(small_world: World, login: str) -> None:
    assert (await small_world.get(login, "/seats")).status_code == 403


async def patch(world: World, login: str, path: str, given: dict[str, object]) -> httpx.Response:
    async with world.client(login) as client:
        return await client.patch(f"/api/v1{path}", json=given)


async def test_a_supervisor_says_what_a_seat_can_do_and_what_is_left_out_stays(world: World) -> None:
    path = "/seats/8001"
    given = {"kind": "remote", "region": "beihu", "skills": ["lang.yue", "lang.yue", "line.12333"]}
    first = (await patch(world, "boss", path, given)).json()
    assert (first["kind"], first["region"], first["skills"]) == (
        "remote",
        "beihu",
        ["lang.yue", "line.12333"],
    )
    second = (await patch(world, "boss", path, {"name": "北湖一号"})).json()
    assert (second["name"], second["region"]) == ("北湖一号", "beihu")


@pytest.mark.parametrize(
    "given", [{"kind": "robot"}, {"skills": ["Yue"]}, {"region": "北湖"}, {"state": "ready"}]
)
async def test_what_a_seat_cannot_be_is_refused(small_world: World, given: dict[str, object]) -> None:
    assert (await patch(small_world, "boss", "/seats/8001", given)).status_code == 422
    assert (await patch(small_world, "li", "/seats/8001", {"name": "x"})).status_code == 403


async def test_the_citys_reasons_to_pause_are_listed(small_world: World) -> None:
    assert (await small_world.get("li", "/seats/pause-reasons")).json() == {"items": ["小休", "用餐"]}


async def test_only_whoever_sits_there_tells_its_telephone_to_pick_up(small_world: World) -> None:
    await small_world.post("li", "/seats/8001/login")
    assert (await small_world.post("li", "/seats/8001/answer")).status_code == 204
    assert small_world.house.deeds[-1] == ("seat_answer", "li", "8001")
    assert (await small_world.post("wang", "/seats/8001/answer")).status_code == 403
    assert small_world.house.deeds[-1] == ("seat_answer", "li", "8001")
