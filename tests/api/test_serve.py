"""The server by itself: where it listens, how it ends, and that it leaves the process's signals alone."""

import asyncio
import signal

import httpx
import pytest

from api.serve import AddressTaken, serving
from tests.api.conftest import World

pytestmark = pytest.mark.service


async def test_it_answers_on_a_free_port_and_is_gone_afterwards(small_world: World) -> None:
    async with serving(small_world.app, "127.0.0.1", 0) as served:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{served.port}/health", timeout=10)
    assert answer.json()["status"] == "ok"
    assert "server" not in answer.headers
    assert served.task.done()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", served.port)


async def test_a_taken_address_is_said_by_name(small_world: World) -> None:
    async with serving(small_world.app, "127.0.0.1", 0) as served:
        with pytest.raises(AddressTaken, match=str(served.port)):
            async with serving(small_world.app, "127.0.0.1", served.port):
                pytest.fail("two servers on one port")


async def test_signals_stay_with_the_process(small_world: World) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with serving(small_world.app, "127.0.0.1", 0):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


async def test_a_forwarded_header_does_not_make_anybody_local(small_world: World) -> None:
    async with (
        serving(small_world.app, "127.0.0.1", 0) as served,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        headers = {"X-Forwarded-For": "127.0.0.1"}
        answer = await client.get(f"http://127.0.0.1:{served.port}/metrics", headers=headers, timeout=10)
    assert answer.status_code == 401


async def test_endless_headers_are_cut_off(small_world: World) -> None:
    async with serving(small_world.app, "127.0.0.1", 0) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000)
        async with asyncio.timeout(10):
            answer = await reader.readline()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 4")
