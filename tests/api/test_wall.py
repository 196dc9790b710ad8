"""Screens on a wall: a right per screen that shows counts only and ends at once; what the figures say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.call import Arrival
from store import calls, wall
from tests.api.conftest import CALLER, World

pytestmark = pytest.mark.service


async def screen(world: World, **more: Any) -> dict[str, Any]:
    made = await world.post("boss", "/wall/screens", {"name": "大厅东墙", **more})
    assert made.status_code == 201
    found: dict[str, Any] = made.json()
    return found


async def test_a_token_that_shares_only_its_digits_opens_nothing(world: World) -> None:
    token = (await screen(world))["token"]
    guessed = "".join(char if char.isdigit() else "x" for char in token)
    assert (await world.get("", "/wall", **{"X-Wall-Token": token})).status_code == 200
    assert (await world.get("", "/wall", **{"X-Wall-Token": guessed})).status_code == 401


async def test_a_screen_shows_counts_and_nothing_of_a_citizen(world: World) -> None:
    one = await screen(world)
    at = datetime.now(UTC)
    async with world.database.session() as session:
        arrival = Arrival("wall.1", "PJSIP/w-1", "12345", CALLER, at - timedelta(seconds=40))
        call_id, _ = await calls.add_call(session, arrival, answered_at=at)
        await calls.change(session, call_id, state="queued", queued_at=at)
    filed = {
        "type": "help",
        "title": "小区停水",
        "body": "停水",
        "unit": "SW",
        "caller": CALLER,
        "place": "431021",
    }
    await world.post("li", "/tickets", filed, **{"Idempotency-Key": "key-000001"})
    seen = await world.get("", "/wall", **{"X-Wall-Token": one["token"]})
    assert seen.status_code == 200, seen.text
    shown = seen.json()
    assert shown["waiting"] >= 1
    assert shown["longest_s"] >= 40
    (line,) = [each for each in shown["lines"] if each["line"] == "12345"]
    assert line["waiting"] == shown["waiting"]
    assert (shown["tickets"]["filed"], shown["tickets"]["units"]) == (1, [{"name": "市水务局", "count": 1}])
    assert len(shown["hours"]["items"]) == 24
    assert CALLER not in seen.text
    assert CALLER[-4:] not in seen.text
    assert "停水" not in seen.text


async def test_a_screen_taken_back_or_run_out_goes_dark_and_its_token_is_kept_nowhere(world: World) -> None:
    one, other = await screen(world), await screen(world, name="西墙")
    async with world.database.session() as session:
        kept = (await session.execute(text("SELECT token_hash FROM wall_screens"))).scalars().all()
        assert one["token"] not in "".join(kept)
        await session.execute(
            text("UPDATE wall_screens SET expires_at = '2020-01-01 00:00:00+00' WHERE name = '西墙'")
        )
    assert (await world.get("", "/wall", **{"X-Wall-Token": other["token"]})).status_code == 401
    assert (await world.get("", "/wall", **{"X-Wall-Token": one["token"]})).status_code == 200
    (listed,) = [
        each for each in (await world.get("boss", "/wall/screens")).json()["items"] if each["id"] == one["id"]
    ]
    assert listed["seen_at"]
    assert "token" not in listed
    for _ in range(2):
        assert (await world.post("boss", f"/wall/screens/{one['id']}/revoke")).json()["revoked_at"]
    assert (await world.get("", "/wall", **{"X-Wall-Token": one["token"]})).status_code == 401
    assert (
        await world.get("", "/floor", **{"Authorization": f"Bearer {one['token']}"})
    ).status_code == 401, "for nothing else"


async def test_guessing_tokens_ends(small_world: World) -> None:
    answers = [
        (await small_world.get("", "/wall", **{"X-Wall-Token": "x" * 43})).status_code for _ in range(110)
    ]
    assert set(answers[:100]) == {401}
    assert answers[-1] == 429


def test_the_gravest_card_that_fell_counts() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    cards = [
        {"colour": "warning", "at": "2026-11-19T00:00:00+08:00"},
        {"colour": "yellow", "at": "2026-11-20T00:00:00+08:00"},
        {"colour": "red", "at": "2026-11-22T00:00:00+08:00"},
    ]
    assert [wall.gravest(cards, now), wall.gravest([], now), wall.gravest(cards[2:], now)] == [
        "yellow",
        "",
        "",
    ]
