"""Logging in, staying logged in for a shift, and what ends it."""

from datetime import UTC, datetime, timedelta

import pytest

from api.server import create_api
from api.tokens import Tokens
from store import users
from tests.api.conftest import PASSWORD, World, talking

pytestmark = pytest.mark.service


async def log_in(
    world: World, login: str, password: str = PASSWORD, peer: str = "10.0.0.1"
) -> tuple[int, dict[str, str]]:
    async with world.client(peer=peer) as client:
        answer = await client.post("/api/v1/token", json={"login": login, "password": password})
    return answer.status_code, answer.json()


async def test_a_right_password_opens_the_api(world: World) -> None:
    status, pair = await log_in(world, "li")
    assert status == 200
    async with world.client(Authorization=f"Bearer {pair['access_token']}") as client:
        me = (await client.get("/api/v1/users/me")).json()
    assert (me["login"], me["role"], me["unit"]) == ("li", "agent", None)


async def test_the_token_may_come_in_a_header_of_its_own(small_world: World) -> None:
    async with small_world.client(**{"X-Auth-Token": small_world.token("li")}) as client:
        assert (await client.get("/api/v1/users/me")).status_code == 200


async def test_unknown_logins_and_wrong_passwords_are_answered_alike(small_world: World) -> None:
    wrong_status, wrong = await log_in(small_world, "li", "wrong password")
    unknown_status, unknown = await log_in(small_world, "nobody", "wrong password")
    assert wrong_status == unknown_status == 401
    assert {**wrong, "request_id": ""} == {**unknown, "request_id": ""}


async def test_an_unknown_login_costs_a_real_check(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def verify(password: str, kept: str) -> bool:
        checked.append(kept)
        return False

    monkeypatch.setattr("api.passwords._verify", verify)
    await log_in(small_world, "nobody")
    assert checked[0].startswith("$argon2id$")


async def test_guessing_is_stopped_and_the_wait_is_told(small_world: World) -> None:
    for _ in range(5):
        assert (await log_in(small_world, "li", "wrong password"))[0] == 401
    async with small_world.client() as client:
        answer = await client.post("/api/v1/token", json={"login": "li", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tries")
    assert 0 < int(answer.headers["retry-after"]) <= 301
    assert (await log_in(small_world, "wang"))[0] == 200


async def test_one_address_can_not_try_every_login(small_world: World) -> None:
    settings = small_world.settings.model_copy(update={"address_tries": 3})
    small_world.app = create_api(
        small_world.database, small_world.hints, small_world.house, settings, small_world.metrics
    )
    statuses = [(await log_in(small_world, f"guess-{i}", "wrong password"))[0] for i in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert (await log_in(small_world, "li", peer="10.0.0.2"))[0] == 200


async def test_a_refresh_gives_new_tokens_until_the_shift_ends(world: World) -> None:
    _, pair = await log_in(world, "li")
    async with world.client() as client:
        answer = await client.post("/api/v1/token/refresh", json={"refresh_token": pair["refresh_token"]})
        wrong = await client.post("/api/v1/token/refresh", json={"refresh_token": pair["access_token"]})
    assert (answer.status_code, wrong.status_code) == (200, 401)
    assert answer.json()["shift_ends"] == pair["shift_ends"]


async def test_a_shift_does_not_end_under_a_talk(world: World) -> None:
    tokens = Tokens(world.settings.token_key.get_secret_value(), 900, 60)
    async with world.database.reading() as session:
        user = await users.by_login(session, "li")
    assert user is not None

    async def ends() -> datetime:
        pair = tokens.issue(user.id, user.password_hash, datetime.now(UTC))
        async with world.client() as client:
            answer = await client.post("/api/v1/token/refresh", json={"refresh_token": pair.refresh_token})
        assert answer.status_code == 200, answer.text
        return datetime.fromisoformat(answer.json()["shift_ends"])

    assert await ends() < datetime.now(UTC) + timedelta(minutes=2)
    await talking(world)
    assert await ends() > datetime.now(UTC) + timedelta(minutes=10)


async def test_a_closed_account_is_out_at_once(world: World) -> None:
    _, pair = await log_in(world, "li")
    async with world.database.session() as session:
        await users.set_active(session, world.user_ids["li"], False)
    async with world.client(Authorization=f"Bearer {pair['access_token']}") as client:
        assert (await client.get("/api/v1/users/me")).status_code == 401
        refresh = await client.post("/api/v1/token/refresh", json={"refresh_token": pair["refresh_token"]})
    assert refresh.status_code == 401
    assert (await log_in(world, "li"))[0] == 401


async def test_a_changed_password_ends_every_token_given_before(world: World) -> None:
    body = {"old": PASSWORD, "new": "a better password"}
    assert (await world.post("li", "/users/me/password", body)).status_code == 204
    assert (await world.get("li", "/users/me")).status_code == 401
    assert (await log_in(world, "li"))[0] == 401
    assert (await log_in(world, "li", "a better password"))[0] == 200


async def test_a_password_is_changed_only_by_who_knows_it(small_world: World) -> None:
    body = {"old": "wrong password", "new": "a better password"}
    statuses = [(await small_world.post("li", "/users/me/password", body)).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    same = {"old": PASSWORD, "new": PASSWORD}
    assert (await small_world.post("wang", "/users/me/password", same)).status_code == 422


async def test_no_token_and_a_broken_token_are_asked_to_log_in(small_world: World) -> None:
    async with small_world.client() as client:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic abc"}):
            answer = await client.get("/api/v1/users/me", headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
