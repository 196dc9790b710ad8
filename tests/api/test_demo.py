"""Trying an account without its password: at a demonstration on this machine, and nowhere else."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from api.settings import DemoAccount
from tests.api.conftest import PASSWORD, World

pytestmark = pytest.mark.service
HERE = "http://127.0.0.1:8012"


def demonstrate(world: World, password: str = PASSWORD) -> None:
    one = DemoAccount(
        login="boss", name="值班班长", role="supervisor", password=SecretStr(password), seat="8001"
    )
    parts = world.app.state.parts
    world.app.state.parts = replace(parts, settings=parts.settings.model_copy(update={"demo": (one,)}))


async def test_whoever_sits_at_this_machine_may_be_a_demonstrations_account(small_world: World) -> None:
    demonstrate(small_world)
    async with small_world.client() as client:
        client.base_url = HERE
        shown = (await client.get("/api/v1/demo/accounts")).json()
        pair = await client.post("/api/v1/demo/token", json={"login": "boss"})
        me = await client.get(
            "/api/v1/users/me", headers={"Authorization": f"Bearer {pair.json()['access_token']}"}
        )
    assert shown == {"items": [{"login": "boss", "name": "值班班长", "role": "supervisor", "seat": "8001"}]}
    assert PASSWORD not in str(shown)
    assert me.json()["login"] == "boss"


@pytest.mark.parametrize(
    ("peer", "base", "headers"),
    [
        ("10.0.0.5", HERE, {}),
        ("127.0.0.1", "http://hotline.example.cn", {}),
        ("127.0.0.1", HERE, {"X-Forwarded-For": "10.0.0.5"}),
        ("127.0.0.1", HERE, {"Via": "1.1 proxy"}),
    ],
    ids=["from elsewhere", "under a name that was made to point here", "through a proxy", "through another"],
)  # fmt: skip
async def test_nobody_else_sees_or_gets_one(
    small_world: World, peer: str, base: str, headers: dict[str, str]
) -> None:
    demonstrate(small_world)
    async with small_world.client(peer=peer, **headers) as client:
        client.base_url = base
        shown = await client.get("/api/v1/demo/accounts")
        asked = await client.post("/api/v1/demo/token", json={"login": "boss"})
    assert shown.json() == {"items": []}
    assert asked.status_code == 403


async def test_an_instance_that_is_no_demonstration_offers_nothing(small_world: World) -> None:
    async with small_world.client() as client:
        client.base_url = HERE
        shown = await client.get("/api/v1/demo/accounts")
        asked = await client.post("/api/v1/demo/token", json={"login": "boss"})
    assert (shown.json(), asked.status_code) == ({"items": []}, 403)


async def test_an_account_whose_password_was_changed_is_nobodys_to_try(small_world: World) -> None:
    demonstrate(small_world, password="what it was at first")
    async with small_world.client() as client:
        client.base_url = HERE
        asked = await client.post("/api/v1/demo/token", json={"login": "boss"})
    assert asked.status_code == 401


async def test_a_demonstrations_citizen_calls_from_this_machine_only(small_world: World) -> None:
    demonstrate(small_world)
    async with small_world.client() as client:
        client.base_url = HERE
        called = await client.post("/api/v1/demo/call")
    assert (called.status_code, called.json()) == (202, {"caller": "13800138000"})
    async with small_world.client(peer="10.0.0.5") as client:
        client.base_url = HERE
        assert (await client.post("/api/v1/demo/call")).status_code == 403
    assert small_world.house.deeds == [("demo_call",)]
