"""Who hears a topic: each message once from the hints, written out once per way it may be seen."""

import asyncio
import json

import pytest

from api.audience import Audience
from store.hints import LocalHints

pytestmark = pytest.mark.unit
WAIT_S = 10


class Screen:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.lost = asyncio.Event()
        self.more = asyncio.Event()

    def offer(self, text: str) -> None:
        self.heard.append(text)
        self.more.set()

    def interrupted(self) -> None:
        self.lost.set()


async def until_heard(screen: Screen) -> None:
    async with asyncio.timeout(WAIT_S):
        await screen.more.wait()


async def test_a_message_is_written_out_once_for_all_who_may_see_it_so() -> None:
    hints = LocalHints()
    audience = Audience(hints)
    seat, boss, other = Screen(), Screen(), Screen()
    await audience.join("seat.8001", seat, in_full=True)
    await audience.join("seat.8001", boss, in_full=False)
    await audience.join("seat.8001", other, in_full=False)
    await hints.publish("seat.8001", {"event": "call.ringing", "caller": "13812345678"})
    await until_heard(other)
    assert json.loads(seat.heard[0])["data"]["caller"] == "13812345678"
    assert json.loads(boss.heard[0])["data"]["caller"] == "138****5678"
    assert boss.heard[0] is other.heard[0]


async def test_a_topic_is_listened_to_from_its_first_screen_to_its_last() -> None:
    hints = LocalHints()
    audience = Audience(hints)
    first, last = Screen(), Screen()
    for screen in (first, last):
        await audience.join("floor", screen, in_full=False)
    assert len(hints._readers) == 1
    audience.leave("floor", first)
    audience.leave("floor", first)
    await hints.publish("floor", {"event": "call.arrived"})
    await until_heard(last)
    assert first.heard == []
    audience.leave("floor", last)
    async with asyncio.timeout(WAIT_S):
        while hints._readers:
            await asyncio.sleep(0)
    await audience.join("floor", first, in_full=False)
    await hints.publish("floor", {"event": "call.ended"})
    await until_heard(first)


class Broken(LocalHints):
    def subscribe(self, *topics: str):  # type: ignore[no-untyped-def]
        raise OSError("no channel")


async def test_screens_are_told_where_a_topic_cannot_be_heard() -> None:
    screen = Screen()
    await Audience(Broken()).join("floor", screen, in_full=False)
    async with asyncio.timeout(WAIT_S):
        await screen.lost.wait()
