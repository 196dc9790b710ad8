"""Gauges that are facts, read from the database at each scrape."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import scrape
from core.call import Arrival
from store import calls, seats
from store.database import Database
from store.sealed import Keyring
from store.tables import Transfer
from tests.api.conftest import World, build

pytestmark = pytest.mark.service


def value(world: World, name: str, **labels: str) -> float | None:
    return world.metrics.registry.get_sample_value(name, labels)


async def test_seats_and_open_tickets_are_counted(world: World) -> None:
    filed = {"type": "help", "title": "小区停水", "body": "停水两天", "unit": "SW"}
    await world.post("li", "/tickets", filed, **{"Idempotency-Key": "key-000001"})
    async with world.database.session() as session:
        await seats.log_in(session, "8001", world.user_ids["li"], datetime.now(UTC))
    async with world.client() as client:
        await client.get("/metrics")
    assert value(world, "hl_agents", state="ready") == value(world, "hl_agents", state="logged_out") == 1
    assert value(world, "hl_tickets_open", type="help", unit="SW") == 1


async def test_a_state_nobody_is_in_any_more_is_gone(world: World) -> None:
    await world.post("li", "/seats/8001/login")
    await scrape.refresh(world.database, world.metrics)
    await world.post("li", "/seats/8001/logout")
    await scrape.refresh(world.database, world.metrics)
    assert value(world, "hl_agents", state="ready") is None


async def test_the_connected_ratio_counts_decided_calls_of_the_last_24_hours(world: World) -> None:
    now = datetime.now(UTC)
    for name, hours_ago, answered, ended in (
        ("a", 1, True, True), ("b", 2, True, False), ("c", 3, False, True), ("d", 4, False, False), ("e", 25, False, True),
    ):  # fmt: skip
        at = now - timedelta(hours=hours_ago)
        async with world.database.session() as session:
            call_id, _ = await calls.add_call(session, Arrival(name, name, "12345", "", at))
            if answered:
                await calls.change(session, call_id, agent_answered_at=at)
            if ended:
                await calls.ended(session, call_id, at, "citizen")
    await scrape.refresh(world.database, world.metrics)
    assert value(world, "hl_connected_ratio_24h") == pytest.approx(2 / 3)


async def test_citizens_in_the_queue_are_counted(world: World) -> None:
    now = datetime.now(UTC)
    async with world.database.session() as session:
        await calls.change(session, world.call_id, state="queued", queued_at=now)
    await scrape.refresh(world.database, world.metrics)
    assert value(world, "hl_queue_waiting") == 1


async def test_metrics_are_served_even_without_the_database(small_world: World, tmp_path: Path) -> None:
    gone = Database(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite", Keyring.generate())
    lonely = build(gone, small_world.settings)
    async with lonely.client() as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, "hl_queue_waiting 0.0" in answer.text) == (200, True)
    await gone.close()


async def test_hand_overs_are_counted_once_however_often_one_looks(
    world: World,
) -> None:
    at = datetime.now(UTC)
    async with world.database.session() as session:
        for name, reason, answered in (("tr_1", "busy", None), ("tr_2", None, at), ("tr_3", None, None)):
            session.add(
                Transfer(
                    id=name, call_id=world.call_id, how="consult", kind="line", ref="12366", name="税务", number="12366",
                    endpoint="PJSIP/x", role="sub_centre", leg_id="leg_1", state="over", place="gone",
                    reason=reason, answered_at=answered, requested_at=at,
                )
            )  # fmt: skip
    for _ in range(2):
        await scrape.refresh(world.database, world.metrics)
    assert value(world, "hl_transfer_total", kind="line", reason="busy") == 1
    assert value(world, "hl_transfer_total", kind="line", reason="answered") == 1
