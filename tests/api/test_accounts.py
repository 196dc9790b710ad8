"""Accounts over the API: made with a password shown once, changed at once, locked; each change on record; nobody locks the last key in."""

from typing import Any

import pytest
from sqlalchemy import select

from core.errors import NotFound
from store import events
from store.tables import SupervisionStep
from tests.api.conftest import World, talking

pytestmark = pytest.mark.service
ZHAO = {"login": "zhao", "name": "赵敏", "role": "agent"}


async def made(world: World, **given: Any) -> dict[str, Any]:
    answer = await world.post("admin", "/users", {**ZHAO, **given})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def logs_in(world: World, password: str, login: str = "zhao") -> bool:
    answer = await world.post("", "/token", {"login": login, "password": password})
    return answer.status_code == 200


async def told(world: World, user_id: str) -> list[tuple[str, dict[str, Any], str]]:
    async with world.database.reading() as session:
        rows = await events.of(session, user_id)
    return [(row.payload["what"], row.payload["facts"], row.actor) for row in rows]


async def test_a_new_account_logs_in_with_the_password_shown_once(world: World) -> None:
    fresh = await made(world)
    assert await logs_in(world, fresh["password"])
    again = await world.post("admin", "/users", ZHAO)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    other = (await world.post("admin", f"/users/{fresh['account']['id']}/password")).json()["password"]
    assert not await logs_in(world, fresh["password"])
    assert await logs_in(world, other)
    by = world.user_ids["admin"]
    assert await told(world, fresh["account"]["id"]) == [
        ("added", {"role": "agent", "unit": None, "division": None}, by), ("password", {}, by),
    ]  # fmt: skip


async def test_a_role_and_a_lock_count_at_once_and_are_on_record(world: World) -> None:
    user = (await made(world))["account"]
    path, body = f"/users/{user['id']}", {"name": "赵敏", "role": "unit", "unit": "SW", "active": True}
    changed = (await world.put("admin", path, body)).json()
    assert (changed["role"], changed["unit_code"]) == ("unit", "SW")
    assert (await world.put("admin", path, body)).status_code == 200  # the same again is no change
    locked = await world.put("admin", path, {**body, "active": False})
    assert locked.json()["active"] is False
    assert [one[0] for one in await told(world, user["id"])] == ["added", "changed", "disabled"]
    assert (await told(world, user["id"]))[1][1] == {
        "role": "unit", "unit": "SW", "division": None, "role_before": "agent", "unit_code_before": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "status"),
    [({"role": "unit"}, 422), ({"role": "agent", "unit": "SW"}, 422), ({"role": "admin", "division": "431021"}, 422),
     ({"role": "office", "division": "999999"}, 404), ({"role": "unit", "unit": "XX"}, 404)],
)  # fmt: skip
async def test_what_does_not_go_together_is_refused(world: World, given: dict[str, str], status: int) -> None:
    user = (await made(world))["account"]
    answer = await world.put("admin", f"/users/{user['id']}", {"name": "赵敏", **given})
    assert answer.status_code == status, answer.text
    assert [one[0] for one in await told(world, user["id"])] == ["added"]


async def test_an_administrator_can_not_lock_or_demote_themselves(world: World) -> None:
    own = world.user_ids["admin"]
    for change in ({"role": "agent"}, {"role": "admin", "active": False}):
        assert (await world.put("admin", f"/users/{own}", {"name": "管理员", **change})).status_code == 409
    assert (await world.put("admin", f"/users/{own}", {"name": "王管理", "role": "admin"})).status_code == 200


async def test_who_is_locked_while_at_a_seat_leaves_it_when_the_talk_is_over(world: World) -> None:
    await talking(world)
    body = {"name": "李", "role": "agent", "active": False}
    assert (await world.put("admin", f"/users/{world.user_ids['li']}", body)).status_code == 200
    async with world.database.reading() as session:
        steps = (await session.scalars(select(SupervisionStep))).all()
    assert [(one.seat_id, one.deed, one.user_id) for one in steps] == [
        ("8001", "force_logout", world.user_ids["admin"])
    ]


async def test_people_of_units_are_named_in_full_to_who_keeps_accounts_only(world: World) -> None:
    await made(world, login="qian", name="钱经办", role="unit", unit="SW")
    for login, name in (("admin", "钱经办"), ("audit", "钱**")):
        page = (await world.get(login, "/users?search=qian")).json()
        assert [(one["login"], one["name"]) for one in page["items"]] == [("qian", name)]
    page = (await world.get("admin", "/users?role=unit&active=true&limit=1")).json()
    assert (page["total"], len(page["items"])) == (3, 1)


async def test_an_account_that_is_not_there_is_not_found(world: World) -> None:
    for answer in (
        await world.put("admin", "/users/user_x", {"name": "某", "role": "agent"}),
        await world.post("admin", "/users/user_x/password"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, NotFound.code)
