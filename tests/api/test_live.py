"""Live events over a real WebSocket: who hears what, and how a bad, silent or slow screen is let go."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from api.serve import serving
from store import lookups, users
from store.tables import Line, Unit
from tests.api.conftest import KEPT, World, build, talking

pytestmark = pytest.mark.service
WAIT_S = 10


@dataclass
class Live:
    """A served world."""

    world: World
    port: int

    @asynccontextmanager
    async def screen(self, topics: str = "", token: str = "", **more: Any) -> AsyncIterator["Screen"]:
        offered = [Subprotocol("hotline.v1"), Subprotocol(f"bearer.{token}")] if token else None
        url = f"ws://127.0.0.1:{self.port}/api/v1/live?topics={topics}"
        async with connect(
            url, subprotocols=offered, proxy=None, open_timeout=WAIT_S, close_timeout=1, **more
        ) as socket:
            yield Screen(socket)

    async def publish(self, topic: str, **message: Any) -> None:
        await self.world.hints.publish(topic, message)


@dataclass
class Screen:
    """One connected client."""

    socket: ClientConnection

    async def says(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hears(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            found: dict[str, Any] = json.loads(await self.socket.recv())
        return found

    async def _read_on(self) -> None:
        async for _ in self.socket:
            pass

    async def closed(self) -> tuple[int, str]:
        """Read on until the server closes; its code and reason."""
        with pytest.raises(ConnectionClosedError):
            async with asyncio.timeout(WAIT_S):
                await self._read_on()
        return self.socket.close_code or 0, self.socket.close_reason or ""


@asynccontextmanager
async def served(world: World, **changes: Any) -> AsyncIterator[Live]:
    settings = world.settings.model_copy(update=changes)
    fresh = build(world.database, settings)
    for name in ("user_ids", "call_id", "proposal_id", "recording_id", "message_id"):
        setattr(fresh, name, getattr(world, name))
    async with serving(fresh.app, "127.0.0.1", 0) as server:
        yield Live(fresh, server.port)


@pytest_asyncio.fixture
async def live(small_world: World) -> AsyncIterator[Live]:
    async with served(small_world) as made:
        yield made


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_token_in_the_subprotocol_lets_in_and_events_arrive(live: Live) -> None:
    async with live.screen("floor", live.world.token("boss")) as screen:
        ready = await screen.hears()
        await live.publish("floor", event="call.arrived", call_id="call_1")
        event = await screen.hears()
        assert screen.socket.subprotocol == "hotline.v1"
    assert ready == {"type": "ready", "user": live.world.user_ids["boss"], "topics": ["floor"]}
    assert event == {
        "type": "event",
        "topic": "floor",
        "data": {"event": "call.arrived", "call_id": "call_1"},
    }


async def test_a_token_in_the_first_message_lets_in(live: Live) -> None:
    async with live.screen("floor") as screen:
        await screen.says(token=live.world.token("li"))
        assert (await screen.hears())["type"] == "ready"


async def test_a_token_in_the_address_counts_for_nothing(small_world: World) -> None:
    async with served(small_world, live_hello_s=0.1) as live:
        async with live.screen(f"floor&token={live.world.token('li')}") as screen:
            assert await screen.closed() == (4401, "no token in time")


@pytest.mark.parametrize(
    ("said", "code"),
    [({"token": "x.y.z"}, 4401), ({"token": ""}, 4401), ({"tokn": "x"}, 4400), ({"token": "x" * 5000}, 4400)],
)
async def test_a_bad_first_message_is_shown_the_door(live: Live, said: dict[str, Any], code: int) -> None:
    async with live.screen() as screen:
        await screen.says(**said)
        assert (await screen.closed())[0] == code


async def test_a_refresh_token_opens_nothing(live: Live) -> None:
    tokens = live.world.app.state.parts.tokens
    pair = tokens.issue(live.world.user_ids["li"], KEPT, datetime.now(UTC))
    async with live.screen("", pair.refresh_token) as screen:
        assert (await screen.closed())[0] == 4401


async def test_garbage_and_overlong_messages_end_it(live: Live) -> None:
    for garbage, code in (("not json", 4400), ("x" * 9000, 1009), ("x" * 20_000, 1009)):
        async with live.screen("", live.world.token("li")) as screen:
            await screen.hears()
            await screen.socket.send(garbage)
            assert (await screen.closed())[0] == code


async def test_binary_frames_end_it(live: Live) -> None:
    async with live.screen("", live.world.token("li")) as screen:
        await screen.hears()
        await screen.socket.send(b"\x00\x01")
        assert (await screen.closed())[0] == 4400


async def refused(live: Live, login: str, topics: str) -> list[str]:
    """Which of these comma-separated topics this login may not hear."""
    async with live.screen("", live.world.token(login)) as screen:
        await screen.hears()
        await screen.says(subscribe=[*topics.split(","), "nonsense"])
        found: list[str] = []
        while "nonsense" not in found:
            found.append((await screen.hears())["topic"])
    return found[:-1]


async def test_each_role_hears_only_its_own(live: Live) -> None:
    await talking(live.world)
    mine = f"seat.8001,call.{live.world.call_id}"
    assert await refused(live, "li", mine) == []
    assert await refused(live, "wang", mine) == mine.split(",")
    assert await refused(live, "boss", f"{mine},tickets,unit.SW") == []
    assert await refused(live, "water", "unit.SW") == []
    assert await refused(live, "water", "unit.JT,floor,tickets") == ["unit.JT", "floor", "tickets"]
    assert await refused(live, "audit", "floor,tickets") == ["floor", "tickets"]
    assert await refused(live, "boss", "chores,queue,seat,floor.x,seat.") == [
        "chores",
        "queue",
        "seat",
        "floor.x",
        "seat.",
    ]


async def test_the_number_is_in_full_at_the_seat_and_masked_elsewhere(live: Live) -> None:
    await talking(live.world)
    seen = {}
    for login in ("li", "boss"):
        async with live.screen("seat.8001", live.world.token(login)) as screen:
            await screen.hears()
            await live.publish("seat.8001", event="call.ringing", caller="13812345678")
            seen[login] = (await screen.hears())["data"]["caller"]
    assert seen == {"li": "13812345678", "boss": "138****5678"}


async def test_captions_read_along_are_masked(live: Live) -> None:
    await talking(live.world)
    topic, seen = f"call.{live.world.call_id}", {}
    for login in ("li", "boss"):
        async with live.screen(topic, live.world.token(login)) as screen:
            await screen.hears()
            await live.publish(topic, event="call.utterance", text="打13812345678")
            seen[login] = (await screen.hears())["data"]["text"]
    assert seen == {"li": "打13812345678", "boss": "打138****5678"}
    async with live.world.database.reading() as session:
        (look,) = (await lookups.find(session, subject=live.world.call_id)).items
    assert (look.actor, look.action) == (live.world.user_ids["boss"], "call.read")


async def test_a_topic_asked_for_later_is_answered_once_it_is_heard(live: Live) -> None:
    async with live.screen("", live.world.token("boss")) as screen:
        await screen.hears()
        await screen.says(subscribe=["floor", "nonsense", "tickets"])
        assert (await screen.hears())["topic"] == "nonsense"
        assert await screen.hears() == {"type": "listening", "topics": ["floor", "tickets"]}
        await live.publish("tickets", n=1)
        assert (await screen.hears())["data"] == {"n": 1}


async def test_a_countys_supervisor_hears_the_countys_units_and_calls(live: Live) -> None:
    world = live.world
    await talking(world)
    async with world.database.session() as session:
        session.add(Unit(code="GY", name="桂阳县水利局", division="431021"))
        made = await users.add(
            session, "guiyang", "桂阳", "supervisor", KEPT, datetime.now(UTC), None, "431021"
        )
        world.user_ids["guiyang"] = made.id
    asked = f"call.{world.call_id},unit.SW,unit.GY,floor"
    assert await refused(live, "guiyang", asked) == [f"call.{world.call_id}", "unit.SW"]
    async with world.database.session() as session:
        await session.execute(update(Line).where(Line.number == "12345").values(unit_code="GY"))
    assert await refused(live, "guiyang", asked) == ["unit.SW"]


async def test_topics_come_and_go(live: Live) -> None:
    async with live.screen("", live.world.token("boss")) as screen:
        await screen.hears()
        await screen.says(subscribe=["floor", "tickets"])
        assert (await screen.hears())["type"] == "listening"
        await screen.says(unsubscribe=["floor"])
        await eventually(lambda: not live.world.hints.listeners["floor"])
        await live.publish("floor", n=1)
        await live.publish("tickets", n=2)
        assert (await screen.hears())["data"] == {"n": 2}


async def test_a_quiet_line_has_a_heartbeat(small_world: World) -> None:
    async with served(small_world, live_heartbeat_s=0.1) as live:
        async with live.screen("", live.world.token("boss")) as screen:
            await screen.hears()
            assert (await screen.hears())["type"] == "heartbeat"


async def test_a_token_that_runs_out_ends_it_unless_renewed(small_world: World) -> None:
    async with served(small_world, access_s=3, live_heartbeat_s=0.05) as live:
        async with live.screen("", live.world.token("boss")) as screen:
            assert await screen.closed() == (4401, "token ran out")
        async with live.screen("", live.world.token("boss")) as screen:
            await screen.says(token=live.world.token("li"))
            assert await screen.closed() == (4401, "another user's token")


def dropped(live: Live, reason: str) -> float | None:
    return live.world.metrics.registry.get_sample_value("hl_live_dropped_total", {"reason": reason})


async def test_a_slow_screen_is_dropped_and_the_others_do_not_notice(small_world: World) -> None:
    async with served(small_world, live_queue=8, live_heartbeat_s=1.0) as live:
        async with (
            live.screen("floor", live.world.token("boss"), max_queue=1, compression=None) as slow,
            live.screen("tickets", live.world.token("office")) as other,
        ):
            await slow.hears()
            await other.hears()
            for _ in range(400):  # far more than the sockets' buffers hold
                await live.publish("floor", text=secrets.token_hex(30_000))
                await asyncio.sleep(0)
            await eventually(lambda: dropped(live, "too slow") == 1)
            await live.publish("tickets", n=1)
            while (heard := await other.hears())["type"] == "heartbeat":
                pass
            assert heard["data"] == {"n": 1}
        await eventually(lambda: live.world.metrics.registry.get_sample_value("hl_live_clients") == 0)


async def test_more_screens_than_allowed_are_asked_to_come_later(small_world: World) -> None:
    async with served(small_world, live_clients=1) as live:
        async with live.screen("", live.world.token("boss")) as first:
            await first.hears()
            async with live.screen("", live.world.token("li")) as second:
                assert await second.closed() == (1013, "too many screens")


async def test_lost_hints_are_said_so_that_the_screen_comes_back(live: Live) -> None:
    async with live.screen("floor", live.world.token("boss")) as screen:
        await screen.hears()
        live.world.hints.drop()
        assert await screen.closed() == (1013, "live events interrupted")


async def test_a_screen_that_leaves_leaves_nothing_behind(live: Live) -> None:
    async with live.screen("floor,tickets", live.world.token("boss")) as screen:
        await screen.hears()
    await eventually(
        lambda: not live.world.hints.listeners["floor"] and not live.world.hints.listeners["tickets"]
    )
    await eventually(lambda: live.world.metrics.registry.get_sample_value("hl_live_clients") == 0)
