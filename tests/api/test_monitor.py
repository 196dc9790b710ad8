"""The service level over HTTP, and Asterisk's own details of a call with numbers masked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.counted import Counted
from core.call import Arrival
from core.events import ServiceLow
from routing import CallView, RoutingPolicy, Snapshot, decide
from store import call_details, calls, decisions, events
from tests.api.conftest import CALLER, World

pytestmark = pytest.mark.service
CITIZEN, AGENT = "PJSIP/trunk-1", "PJSIP/8001-00000002"


async def arrive(
    world: World, name: str, at: datetime, answered_s: float | None, prompts_s: float = 8
) -> None:
    async with world.database.session() as session:
        arrival = Arrival(name, name, "12345", "", at)
        call_id, _ = await calls.add_call(session, arrival, answered_at=at)
        if answered_s is not None:
            prompts, spoke = at + timedelta(seconds=prompts_s), at + timedelta(seconds=answered_s)
            await calls.change(session, call_id, prompts_ended_at=prompts, agent_answered_at=spoke)
        await calls.ended(session, call_id, at + timedelta(seconds=60), "citizen")


async def test_windows_count_who_was_answered_and_how_soon(world: World) -> None:
    now = datetime.now(UTC)
    for n in range(5):
        await arrive(world, f"soon{n}", now - timedelta(minutes=5), 10)
    await arrive(world, "after-prompts", now - timedelta(minutes=5), 23)
    await arrive(world, "late", now - timedelta(minutes=5), 23.002)
    await arrive(world, "gave-up", now - timedelta(minutes=5), None)
    await arrive(world, "yesterday", now - timedelta(hours=25), None)
    seen = (await world.get("boss", "/monitor")).json()
    quarter = next(w for w in seen["windows"] if w["window"] == "15m")
    assert (quarter["offered"], quarter["connected"], quarter["in_time"], quarter["at_once"]) == (8, 7, 6, 5)
    assert quarter["connected_share"] == 0.875
    assert quarter["left_early"] == 1
    assert next(w for w in seen["windows"] if w["window"] == "24h")["offered"] == 8


async def test_the_worst_day_and_a_standing_alarm_are_shown(world: World) -> None:
    now = datetime.now(UTC)
    for n in range(20):
        await arrive(world, f"lost{n}", now - timedelta(hours=30), None)
    async with world.database.session() as session:
        await events.append(session, ServiceLow(now, "connected", 0.5, 20), "clock")
    alarm = next(
        a for a in (await world.get("office", "/monitor")).json()["alarms"] if a["measure"] == "connected"
    )
    assert alarm["low"]
    assert datetime.fromisoformat(alarm["since"]) == now
    assert (alarm["worst"]["connected_share"], alarm["worst"]["offered"]) == (0.0, 20)
    async with world.client() as client:
        text = (await client.get("/metrics")).text
    assert "hl_connected_ratio_24h_worst 0.0" in text
    assert 'hl_service_low{measure="connected"} 1.0' in text


async def test_calls_we_placed_ourselves_do_not_count(world: World) -> None:
    now = datetime.now(UTC)
    await arrive(world, "out", now - timedelta(minutes=5), None)
    async with world.database.session() as session:
        call = await calls.by_linkedid(session, "out")
        assert call is not None
        call.direction = "out"
    seen = (await world.get("boss", "/monitor")).json()
    assert next(w for w in seen["windows"] if w["window"] == "15m")["offered"] == 0


async def test_many_who_ask_are_one_question(world: World) -> None:
    now, counted = datetime.now(UTC), Counted(fresh_s=60)
    assert await counted.minutes(world.database, now) == []
    await arrive(world, "later", now - timedelta(minutes=5), 10)
    assert await counted.minutes(world.database, now) == []
    assert len(await Counted().minutes(world.database, now)) == 1


@pytest.mark.parametrize("who", ["li", "water"])
async def test_not_for_everybody(small_world: World, who: str) -> None:
    assert (await small_world.get(who, "/monitor")).status_code == 403
    assert (await small_world.get(who, f"/calls/{small_world.call_id}/details")).status_code == 403


def cel(kind: str, at: datetime, channel: str, **facts: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("userdeftype", "exten", "context", "appname", "appdata", "amaflags", "accountcode",
                           "userfield", "peer", "extra"), "")  # fmt: skip
    people = dict.fromkeys(("cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid"))
    row = {"id": f"{kind}-{channel}", "eventtype": kind, "eventtime": at, "channame": channel,
           "uniqueid": channel, "linkedid": "171.1"}  # fmt: skip
    return empty | people | row | facts


async def test_what_asterisk_wrote_is_shown_masked_with_the_talk_it_means(world: World) -> None:
    at = datetime.now(UTC)
    bridge = json.dumps({"bridge_id": "76038097-40e1-4a53-ab64-44f6e223e193", "to": CALLER})
    rows = [
        cel(
            kind,
            at + timedelta(seconds=s),
            channel,
            extra=bridge,
            cid_num=CALLER,
            cid_name="张三",
            appdata="x",
        )
        for kind, s in (("CHAN_START", 0), ("BRIDGE_ENTER", 10), ("BRIDGE_EXIT", 40.5), ("HANGUP", 41))
        for channel in (CITIZEN, AGENT)
    ]
    for _ in range(2):  # read twice, kept once
        async with world.database.session() as session:
            await call_details.keep(session, "cel", rows)
    answer = await world.get("audit", f"/calls/{world.call_id}/details")
    seen = answer.json()
    assert len(seen["cel"]) == 8
    assert seen["talks"][0]["seconds"] == 30.5
    assert seen["cel"][0]["extra"]["bridge_id"].startswith("76038097")
    assert seen["cel"][0]["cid_num"] == "138****5678"
    assert CALLER not in answer.text
    assert "张三" not in answer.text
    assert seen["discrepancies"] == []  # the call has not ended: nothing is wrong yet


async def test_an_ended_call_says_where_it_disagrees(world: World) -> None:
    at = datetime.now(UTC)
    async with world.database.session() as session:
        await calls.ended(session, world.call_id, at, "citizen", 30)
    seen = (await world.get("audit", f"/calls/{world.call_id}/details")).json()
    assert seen["discrepancies"] == ["Asterisk tells nothing of this call"]


async def test_lines_that_came_before_their_call_are_tied_to_it_later(world: World) -> None:
    at = datetime.now(UTC)
    async with world.database.session() as session:
        await call_details.keep(session, "cel", [cel("CHAN_START", at, CITIZEN, linkedid="early.1")])
        arrival = Arrival("early.1", CITIZEN, "12345", CALLER, at)
        call_id, _ = await calls.add_call(session, arrival)
    async with world.database.session() as session:
        assert await call_details.tie(session, at - timedelta(hours=1)) == 1
        assert await call_details.tie(session, at - timedelta(hours=1)) == 0
        call = await calls.get(session, call_id)
        assert [row.call_id for row in await call_details.cel_of(session, call)] == [call_id]


async def test_a_day_is_counted_hour_by_hour_in_chinas_time(world: World) -> None:
    for hour, minute, answered in ((9, 0, 5.0), (9, 59, None), (10, 0, 5.0)):
        at = datetime(2026, 11, 20, hour, minute, tzinfo=UTC) - timedelta(hours=8)
        await arrive(world, f"h{hour}.{minute}", at, answered)
    seen = (await world.get("boss", "/monitor/hours?day=2026-11-20")).json()
    assert datetime.fromisoformat(seen["since"]) == datetime(2026, 11, 19, 16, tzinfo=UTC)
    counted = [
        (n, one["offered"], one["connected_share"]) for n, one in enumerate(seen["items"]) if one["offered"]
    ]
    assert counted == [(9, 2, 0.5), (10, 1, 1.0)]
    assert len(seen["items"]) == 24
    assert (await world.get("boss", "/monitor/hours?day=2026-02-31")).status_code == 422


async def test_a_call_shows_its_routing_decisions_made_again(world: World) -> None:
    at = datetime.now(UTC)
    view, floor = CallView(world.call_id, 0.0), Snapshot(())
    route = decide(view, floor, RoutingPolicy())
    async with world.database.session() as session:
        await decisions.add(session, "gone", [(at, view, floor, route, True)])
    (one,) = (await world.get("boss", f"/calls/{world.call_id}/decisions")).json()["items"]
    assert one["explained"].startswith("排队第")
    assert (one["same"], one["won"]) == (None, True)
    assert "前面 0 个来电" in one["situation"][0]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
async def test_a_day_that_nobody_can_mean_is_refused(small_world: World, day: str) -> None:
    answer = await small_world.get("boss", f"/monitor/hours?day={day}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
