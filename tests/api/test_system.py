"""/health and /metrics: what they say, and to whom."""

import pytest
from pydantic import SecretStr

from api.server import create_api
from tests.api.conftest import World

pytestmark = pytest.mark.service
TOKEN = "watcher-token-0123456789"


async def broken() -> str:
    raise ConnectionError("10.0.0.7")


async def test_health_names_each_part(world: World) -> None:
    async with world.client() as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["parts"]["database"]["ok"] is True


async def test_a_needed_part_that_is_down_makes_it_503_with_the_same_report(small_world: World) -> None:
    small_world.app.state.parts.health.register("switch", broken)
    async with small_world.client() as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["parts"]["switch"]["ok"] is False
    assert "10.0.0.7" not in answer.text


@pytest.mark.parametrize("path", ["/health", "/metrics"])
@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.5", {}, 401),
        ("10.0.0.5", {"Authorization": "Bearer wrong"}, 401),
        ("127.0.0.1", {"X-Forwarded-For": "8.8.8.8"}, 401),
        ("127.0.0.1", {"Forwarded": "for=8.8.8.8"}, 401),
        ("10.0.0.5", {"Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
async def test_only_this_machine_or_a_watcher_with_the_token_may_look(
    small_world: World, path: str, peer: str, headers: dict[str, str], status: int
) -> None:
    settings = small_world.settings.model_copy(update={"status_token": SecretStr(TOKEN)})
    small_world.app = create_api(
        small_world.database, small_world.hints, small_world.house, settings, small_world.metrics
    )
    async with small_world.client(peer=peer, **headers) as client:
        assert (await client.get(path)).status_code == status


async def test_without_a_token_setting_nobody_from_elsewhere_may_look(small_world: World) -> None:
    async with small_world.client(peer="10.0.0.5", Authorization="Bearer ") as client:
        assert (await client.get("/metrics")).status_code == 401


async def test_metrics_are_prometheus_text(small_world: World) -> None:
    async with small_world.client() as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "hl_answer_seconds_bucket" in answer.text


async def test_people_who_care_for_the_house_see_the_report_from_anywhere(small_world: World) -> None:
    async with small_world.client("admin", peer="10.0.0.9") as client:
        answer = await client.get("/api/v1/system/health")
    assert (answer.status_code, answer.json()["parts"]["database"]["ok"]) == (200, True)
