"""The way from a page's phone to the switch: who is let through, in whose name, and when it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from api import phone
from api.serve import serving
from store import seats, users
from tests.api.conftest import World

pytestmark = pytest.mark.service
REGISTER = "REGISTER sip:hotline SIP/2.0\r\nFrom: <sip:8001-web@hotline>;tag=a\r\nTo: <sip:8001-web@hotline>\r\n{more}\r\n"
SIGNED = 'Authorization: Digest username="8001-web", realm="asterisk", nonce="n1", uri="sip:hotline", response="0"\r\n'


@dataclass
class Switch:
    """Stands where Asterisk's WebSocket is: notes what it hears and can say something."""

    address: str = ""
    heard: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    lines: list[ServerConnection] = field(default_factory=list)

    async def line(self, one: ServerConnection) -> None:
        self.lines.append(one)
        with contextlib.suppress(ConnectionClosed):
            async for said in one:
                self.heard.put_nowait(str(said))


@asynccontextmanager
async def at_work(world: World, *, switch: bool = True) -> AsyncIterator[tuple[str, Switch]]:
    """The API on a port, with a switch behind it; gives the page's address of its phone."""
    found = Switch()
    async with serve(found.line, "127.0.0.1", 0, subprotocols=[phone.Subprotocol("sip")]) as server:
        port = next(iter(server.sockets)).getsockname()[1] if switch else 9
        parts = world.app.state.parts
        settings = parts.settings.model_copy(update={"sip_ws": f"ws://127.0.0.1:{port}/ws"})
        world.app.state.parts = replace(parts, settings=settings, lines={})
        async with serving(world.app, "127.0.0.1", 0) as served:
            yield f"ws://127.0.0.1:{served.port}/sip", found


async def sit(world: World, login: str, seat: str) -> None:
    async with world.database.session() as session:
        await seats.log_in(session, seat, world.user_ids[login], datetime.now(UTC))


def dial(world: World, url: str, login: str) -> connect:
    return connect(
        url,
        subprotocols=[phone.Subprotocol("sip"), phone.Subprotocol(f"bearer.{world.token(login)}")],
        proxy=None,
    )


async def closed(line: ClientConnection) -> int:
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await line.recv()
    assert line.close_code is not None
    return line.close_code


async def test_what_the_page_says_reaches_the_switch_signed_in_the_seats_name_and_back(
    small_world: World,
) -> None:
    await sit(small_world, "li", "8001")
    async with at_work(small_world) as (url, switch), dial(small_world, url, "li") as line:
        assert line.subprotocol == "sip"
        await line.send(REGISTER.format(more=SIGNED))
        async with asyncio.timeout(30):
            heard = await switch.heard.get()
        assert 'response="0"' not in heard
        assert "sip-secret" not in heard
        await switch.lines[0].send("SIP/2.0 200 OK\r\n\r\n")
        async with asyncio.timeout(30):
            assert await line.recv() == "SIP/2.0 200 OK\r\n\r\n"


async def test_nobody_is_let_through_without_a_log_in_or_a_seat(small_world: World) -> None:
    async with at_work(small_world) as (url, switch):
        for login, code in (("", 4401), ("li", 4403), ("office", 4403)):
            wanted = [phone.Subprotocol("sip")]
            if login:
                wanted.append(phone.Subprotocol(f"bearer.{small_world.token(login)}"))
            async with connect(url, subprotocols=wanted, proxy=None) as line:
                assert await closed(line) == code, login
        assert switch.lines == []


async def test_a_word_in_another_seats_name_ends_the_line(small_world: World) -> None:
    await sit(small_world, "li", "8001")
    async with at_work(small_world) as (url, switch), dial(small_world, url, "li") as line:
        await line.send(REGISTER.format(more="").replace("8001-web", "8002-web"))
        assert await closed(line) == 4400
    assert switch.heard.empty()


async def test_the_newest_window_has_the_phone(small_world: World) -> None:
    await sit(small_world, "li", "8001")
    async with at_work(small_world) as (url, switch), dial(small_world, url, "li") as first:
        await first.send("\r\n\r\n")
        async with asyncio.timeout(30):
            await (
                switch.heard.get()
            )  # only now has the first window the phone; before, whoever is looked up last has it
        async with dial(small_world, url, "li") as second:
            assert await closed(first) == 4409
            await second.send("\r\n\r\n")
            assert second.close_code is None


@pytest.mark.parametrize("how", ["leaves the seat", "account closed"])
async def test_who_no_longer_sits_there_has_no_phone(
    small_world: World, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "_LOOK_S", 0.05)
    await sit(small_world, "li", "8001")
    async with at_work(small_world) as (url, _), dial(small_world, url, "li") as line:
        await line.send("\r\n\r\n")
        async with small_world.database.session() as session:
            if how == "leaves the seat":
                await seats.log_out(session, "8001", datetime.now(UTC))
            else:
                await users.set_password(session, small_world.user_ids["li"], "another hash")
        assert await closed(line) == (4403 if how == "leaves the seat" else 4401)


async def test_a_switch_that_is_away_is_told_and_one_that_goes_ends_the_line(small_world: World) -> None:
    await sit(small_world, "li", "8001")
    async with at_work(small_world, switch=False) as (url, _), dial(small_world, url, "li") as line:
        assert await closed(line) == 1013
    async with at_work(small_world) as (url, switch), dial(small_world, url, "li") as line:
        await line.send("\r\n\r\n")
        async with asyncio.timeout(30):
            await switch.heard.get()
        await switch.lines[0].close()
        assert await closed(line) == 1013


async def test_how_to_phone_is_told_to_who_sits_there_without_a_password(small_world: World) -> None:
    await sit(small_world, "li", "8001")
    parts = small_world.app.state.parts
    settings = parts.settings.model_copy(
        update={
            "sip_ws": "ws://127.0.0.1:9/ws",
            "turn_urls": ("turn:t.example.cn",),
            "turn_secret": SecretStr("north"),
        }
    )
    small_world.app.state.parts = replace(parts, settings=settings)
    answer = await small_world.get("li", "/seats/8001/phone")
    assert answer.json()["uri"] == "sip:8001-web@hotline"
    assert answer.json()["socket"] == "/sip"
    assert "sip-secret" not in answer.text
    (ice,) = answer.json()["ice_servers"]
    assert ice["username"].endswith(":8001")
    assert (await small_world.get("wang", "/seats/8001/phone")).status_code == 403


def test_a_turn_credential_is_what_coturn_computes() -> None:
    """coturn: base64(hmac-sha1(secret, username)); the value was computed with openssl."""
    found = phone.turn_credential("1763748000:8001", "north")
    assert found == "VlKwMpRxFy5h9zHxBBIV4R7yi9M="
