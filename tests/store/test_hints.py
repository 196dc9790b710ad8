"""Hints reach who listens, never hold anybody up, and survive losing Redis."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import redis
import redis.asyncio

from core.ports import Hints
from store.hints import LocalHints, RedisHints, hints
from tests import databases

pytestmark = pytest.mark.edge
WAIT_S = 20.0


async def soon(what: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not what():
            await asyncio.sleep(0.02)


async def next_of(reader: AsyncIterator[tuple[str, dict[str, Any]]]) -> tuple[str, dict[str, Any]]:
    async with asyncio.timeout(WAIT_S):
        return await anext(reader)


@pytest_asyncio.fixture
async def two_processes(redis_url: str) -> AsyncIterator[tuple[RedisHints, RedisHints]]:
    here, there = RedisHints(redis_url), RedisHints(redis_url)
    yield here, there
    await here.close()
    await there.close()


def test_without_an_address_hints_stay_in_the_process() -> None:
    assert isinstance(hints(""), LocalHints)
    assert isinstance(hints("redis://127.0.0.1:1/0"), RedisHints)


async def test_a_hint_reaches_every_reader_of_its_topic_and_no_other() -> None:
    channel: Hints = LocalHints()
    async with channel.subscribe("floor", "call.*") as one, channel.subscribe("floor") as two:
        await channel.publish("call.1", {"text": "你好"})
        await channel.publish("floor", {"n": 1})
        assert [await next_of(one), await next_of(one)] == [("call.1", {"text": "你好"}), ("floor", {"n": 1})]
        assert await next_of(two) == ("floor", {"n": 1})


async def test_a_slow_reader_loses_its_oldest_hints() -> None:
    channel = LocalHints(size=3)
    async with channel.subscribe("t") as reader:
        for number in range(5):
            await channel.publish("t", {"n": number})
        assert [(await next_of(reader))[1]["n"] for _ in range(3)] == [2, 3, 4]


async def test_a_wait_that_was_cancelled_loses_nothing() -> None:
    channel = LocalHints()
    async with channel.subscribe("t") as reader:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(reader)
        await channel.publish("t", {"n": 1})
        assert await next_of(reader) == ("t", {"n": 1})


async def test_a_reader_that_left_is_forgotten() -> None:
    channel = LocalHints()
    async with channel.subscribe("t"):
        pass
    assert not channel._readers


async def test_a_hint_crosses_from_process_to_process_once(
    two_processes: tuple[RedisHints, RedisHints],
) -> None:
    here, there = two_processes
    async with here.subscribe("floor") as mine, there.subscribe("floor") as other:
        await soon(lambda: here.connected and there.connected)
        for number in range(2):
            await here.publish("floor", {"n": number, "text": "有人来电"})
        for reader in (mine, other):
            assert [(await next_of(reader))[1]["n"] for _ in range(2)] == [0, 1]
        await there.publish("floor", {"n": 2})
        assert (await next_of(mine))[1]["n"] == 2
        assert (await next_of(other))[1]["n"] == 2


async def test_without_redis_publishing_neither_waits_nor_raises() -> None:
    channel = RedisHints(f"redis://127.0.0.1:{databases.free_port()}/0")
    async with channel.subscribe("t") as reader:
        async with asyncio.timeout(WAIT_S):
            for number in range(5000):
                await channel.publish("t", {"n": number})
        assert (await next_of(reader))[1]["n"] == 4000
        assert len(channel._outbox) <= 2000
    assert not channel.connected
    await channel.close()


async def test_hints_flow_again_when_redis_is_back() -> None:
    port = databases.free_port()
    here, there = (RedisHints(f"redis://127.0.0.1:{port}/0") for _ in range(2))
    async with there.subscribe("t") as reader:
        with databases.redis_server(port):
            await here.publish("t", {"n": 0})
            await soon(lambda: here.connected and there.connected)
        await soon(lambda: not there.connected)
        await here.publish("t", {"n": 1})
        with databases.redis_server(port):
            await soon(lambda: here.connected and there.connected)
            await here.publish("t", {"n": 2})
            while (await next_of(reader))[1]["n"] != 2:
                pass
    await here.close()
    await there.close()


async def test_a_redis_that_hangs_is_noticed_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.hints_redis._WAIT_S", 0.2)
    with databases.redis_server() as url:
        with redis.Redis.from_url(url) as client:
            server = int(client.info()["process_id"])
        channel = RedisHints(url)
        async with channel.subscribe("t") as reader:
            await soon(lambda: channel.connected)
            os.kill(server, signal.SIGSTOP)
            try:
                await soon(lambda: not channel.connected)
                await channel.publish("t", {"n": 1})
                assert await next_of(reader) == ("t", {"n": 1})
            finally:
                os.kill(server, signal.SIGCONT)
            await soon(lambda: channel.connected)
        await channel.close()


async def test_what_others_write_on_our_channels_is_dropped(redis_url: str) -> None:
    channel = RedisHints(redis_url)
    async with channel.subscribe("t") as reader, redis.asyncio.from_url(redis_url) as stranger:
        await soon(lambda: channel.connected)
        for data in (b"\xff\xfe", b"{}", b"[1]", b'["x", 7]', b'["x", {"n": 1}]'):
            await stranger.publish("hotline:t", data)
        assert await next_of(reader) == ("t", {"n": 1})
    await channel.close()
