"""谁管理谁使用谁负责: deeds and looks are found by person, subject, kind and period; a trail is whole; looking is kept too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.events import MenuChosen
from core.secrecy import RightsChanged
from store import events, lookups, tickets
from store.audit import Break, Head, Proof
from tests.api.conftest import CALLER, World
from tests.store import make

pytestmark = pytest.mark.service
Json = dict[str, Any]


async def happened(world: World) -> None:
    """A supervisor made an account yesterday; today the call went through a menu and an agent looked at its number."""
    now = datetime.now(UTC)
    async with world.database.session() as session:
        made = RightsChanged(now - timedelta(days=1), world.user_ids["li"], "added", {"role": "agent"})
        await events.append(session, made, world.user_ids["boss"])
        await events.append(session, MenuChosen(now, world.call_id, "welcome", "1"), "switch")
        await lookups.note(session, world.user_ids["li"], "call.caller", world.call_id, now, f"回电{CALLER}")


async def found(world: World, **query: str) -> list[Json]:
    async with world.client("audit") as client:
        answer = await client.get("/api/v1/audit/events", params=query)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def test_deeds_are_found_by_person_kind_subject_and_period(world: World) -> None:
    await happened(world)
    today = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    boss = world.user_ids["boss"]
    assert [one["name"] for one in await found(world)] == ["call.menu", "rights.changed"]
    assert [one["name"] for one in await found(world, actor=boss)] == ["rights.changed"]
    assert [one["name"] for one in await found(world, name="call")] == ["call.menu"]
    assert await found(world, name="cal") == []
    assert [one["name"] for one in await found(world, subject=world.call_id)] == ["call.menu"]
    assert [one["name"] for one in await found(world, **{"from": today})] == ["call.menu"]
    assert [one["name"] for one in await found(world, until=today)] == ["rights.changed"]


async def test_whoever_reads_the_record_is_kept_in_it(world: World) -> None:
    await found(world, actor="user_x")
    await world.post("audit", "/audit/trail", {"about": world.call_id, "why": "核查"})
    await world.post("audit", "/audit/verify", {})
    kept = (await world.get("office", "/lookups")).json()
    mine = [one for one in kept["items"] if one["actor"] == world.user_ids["audit"]]
    assert [(one["action"], one["subject"], one["purpose"]) for one in mine] == [
        ("audit.verify", "audit", "核验审计链"), ("audit.trail", world.call_id, "核查"), ("events.read", "user_x", "审计"),
    ]  # fmt: skip
    assert kept["names"][world.user_ids["audit"]] == "Audit"


async def test_a_trail_joins_a_ticket_with_its_call_what_was_done_and_who_looked(world: World) -> None:
    await happened(world)
    async with world.database.session() as session:
        row, _ = await tickets.file(session, make.ticket(call_id=world.call_id, caller=CALLER), [], "user_x")
        await lookups.note(
            session, "user_x", "recording.listen", world.recording_id, datetime.now(UTC), "质检"
        )
    for about in (row.number, row.id, world.call_id, CALLER):
        answer = await world.post("audit", "/audit/trail", {"about": about, "why": "投诉核查"})
        told = answer.json()
        assert (told["tickets"], told["calls"]) == ([row.id], [world.call_id]), about
        assert {"call.menu", "call.caller", "recording.listen"} <= {one["name"] for one in told["items"]}
        assert CALLER not in answer.text
        assert told["items"] == sorted(told["items"], key=lambda one: one["at"], reverse=True)
    missing = await world.post("audit", "/audit/trail", {"about": "20260101-000000", "why": "投诉核查"})
    assert missing.status_code == 404


async def test_a_number_never_leads_to_a_confidential_matter(world: World) -> None:
    async with world.database.session() as session:
        secret = make.ticket(call_id=world.call_id, caller=CALLER, confidential=True, citizen_name="张三丰")
        row, _ = await tickets.file(session, secret, [], "user_x")
        told = MenuChosen(datetime.now(UTC), world.call_id, "张三丰来电", "1")
        await events.append(session, told, "switch")
    by_number = (await world.post("audit", "/audit/trail", {"about": CALLER, "why": "投诉核查"})).json()
    assert (by_number["tickets"], by_number["calls"]) == ([], [])
    assert [one["name"] for one in by_number["items"]] == ["audit.trail"]  # this question, and no fact
    by_ticket = await world.post("audit", "/audit/trail", {"about": row.id, "why": "投诉核查"})
    assert by_ticket.json()["calls"] == [world.call_id]
    assert "张三丰" not in by_ticket.text


async def test_who_looked_for_a_number_is_found_by_it_whatever_they_asked_of(world: World) -> None:
    await world.post("boss", "/callers/lookup", {"number": CALLER, "why": "核查骚扰来电"})
    await world.get("boss", f"/calls?search={CALLER}")
    await world.get("office", "/tickets?search=138 1234 5678")
    await world.post("boss", "/callers/lookup", {"number": "13900000000", "why": "核查骚扰来电"})
    async with world.database.session() as session:
        subject, why = lookups.exported(session, CALLER, "移送公安机关")
        await lookups.note(session, "user_x", "caller.evidence", subject, datetime.now(UTC), why)
    told = await world.post("audit", "/audit/trail", {"about": CALLER, "why": "市民询问谁查过"})
    looks = [(one["actor"], one["name"]) for one in told.json()["items"] if one["subject"] == "caller"]
    boss, office, audit = (world.user_ids[who] for who in ("boss", "office", "audit"))
    assert set(looks) == {
        (boss, "caller.lookup"), (boss, "calls.search"), (office, "tickets.search"),
        ("user_x", "caller.evidence"), (audit, "audit.trail"),
    }  # fmt: skip
    assert (len(looks), CALLER in told.text) == (5, False)


async def test_the_chain_is_proved_piece_by_piece_and_a_break_is_named(small_world: World) -> None:
    world = small_world
    asked: list[Head | None] = []

    async def prove(after: Head | None) -> Proof:
        asked.append(after)
        head = Head(5000, "h-sm3:aa", "2026-11-21T00:00:00+00:00")
        if after is None:
            return Proof(5000, 0, head, None, more=True)
        return Proof(5002, 0, head, Break("changed", 5003, "events", "ev_x"))

    world.app.state.parts = replace(world.app.state.parts, prove=prove)
    first = (await world.post("audit", "/audit/verify", {})).json()
    assert (first["links"], first["more"], first["broken"]) == (5000, True, None)
    second = (await world.post("audit", "/audit/verify", first["head"])).json()
    assert second["broken"] == {"fault": "changed", "n": 5003, "table": "events", "row_id": "ev_x"}
    assert asked == [None, Head(5000, "h-sm3:aa")]
