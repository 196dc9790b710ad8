"""Supervision orders over HTTP: opened once, seen by whom they concern, decided on the version that was read."""

import pytest

from store import tickets
from store.tickets import NewTicket
from tests.api.conftest import World

pytestmark = pytest.mark.service


@pytest.fixture
async def ticket(world: World) -> str:
    """A matter that lies with the water bureau."""
    at = world.house.orders._floor.clock()
    new = NewTicket("help", "小区停水", "停水两天", "signed", "u", at, "demo", "0", unit_code="SW")
    async with world.database.session() as session:
        await tickets.file(session, new, [], "u")
    return new.id


async def test_an_order_is_opened_once_and_seen_by_its_unit_only(world: World, ticket: str) -> None:
    body = {"ticket_id": ticket, "units": ["SW"], "trigger": "leader_note", "words": "请即恢复供水"}
    keys = {"Idempotency-Key": "order-key-1"}
    first = await world.post("office", "/supervision-orders", body, **keys)
    again = await world.post("office", "/supervision-orders", body, **keys)
    assert (first.status_code, again.status_code) == (201, 201)
    (one,), (same,) = first.json()["items"], again.json()["items"]
    assert (one["id"], one["clause"], one["overdue"]) == (same["id"], "001 18(一)", False)
    path = f"/supervision-orders/{one['id']}"
    assert (await world.get("water", path)).json()["words"] == "请即恢复供水"
    for hidden in (path, f"{path}/paper"):
        assert (await world.get("roads", hidden)).status_code == 404
    listed = await world.get("water", "/supervision-orders?overdue=false&form=media")
    assert listed.json() == {"total": 0, "items": []}
    assert (await world.get("audit", "/supervision-orders?state=open")).json()["total"] == 1
    assert (await world.get("water", f"{path}/paper")).json()["to"] == "市水务局"
    assert (await world.get("office", f"/tickets/{ticket}/urgings")).json() == {"items": []}


async def test_a_months_bulletin_names_every_unit(world: World, ticket: str) -> None:
    told = await world.get("office", "/bulletin?month=2026-10")
    assert {one["unit"] for one in told.json()["items"]} == {"SW", "JT"}
    assert (await world.get("office", "/bulletin?month=2026-Q4")).status_code == 422
    assert (await world.get("water", "/bulletin?month=2026-10")).status_code == 403


async def test_what_the_rules_forbid_says_its_clause(world: World, ticket: str) -> None:
    body = {"ticket_id": ticket, "units": ["SW", "JT"], "form": "joint"}
    refused = await world.post("office", "/supervision-orders", body, **{"Idempotency-Key": "order-key-2"})
    assert refused.status_code == 403
    assert "001 21" in refused.json()["detail"]


async def test_closing_needs_the_version_and_the_units_answer(world: World, ticket: str) -> None:
    body = {"ticket_id": ticket, "units": ["SW"]}
    made = await world.post("boss", "/supervision-orders", body, **{"Idempotency-Key": "order-key-3"})
    path = f"/supervision-orders/{made.json()['items'][0]['id']}"
    assert (await world.post("boss", f"{path}/close", {"result": "已落实"})).status_code == 428
    early = await world.post("boss", f"{path}/close", {"result": "已落实"}, **{"If-Match": '"1"'})
    assert (early.status_code, "书面回复" in early.json()["detail"]) == (403, True)
    visit = {"kind": "visit", "happened_at": "2026-11-20T10:00:00+08:00", "words": "已通水", "place": "二号楼", "evidence": ["照片1"]}  # fmt: skip
    kept = await world.post("boss", f"{path}/records", visit)
    assert [one["kind"] for one in kept.json()["records"]] == ["visit"]
