"""A unit phones a citizen through us, on a real Asterisk: the unit first, then the citizen, and neither sees the other's number."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.errors import UnsafeText
from agi.facts import ChannelGone, Fact
from agi.fastagi import FastAgi
from agi.joined_call import JoinedCall, JoinedCalls, JoinedOver, order
from app.demo import audio
from app.demo.phone import BUSY, Phone, answer_after
from tests.agi.conftest import OUTSIDE, Board, until

pytestmark = pytest.mark.edge
UNIT, CITIZEN, OURS = "07352222222", "13812345678", "076212345"


@dataclass
class Outside:
    calls: JoinedCalls
    phone: Phone
    ends: list[JoinedOver] = field(default_factory=list)
    wire: list[bytes] = field(default_factory=list)

    async def over(self, end: JoinedOver) -> None:
        self.ends.append(end)


@pytest.fixture
async def outside(board: Board) -> AsyncIterator[Outside]:
    s = board.plan.settings

    async def listen(fact: Fact) -> None:
        if isinstance(fact, ChannelGone):
            assert calls.heard(fact)

    ami = Ami(AmiSettings(s.ami_port, s.ami_secret), listen)
    calls = JoinedCalls(ami)
    server = FastAgi()
    calls.attach(server)
    await server.start("127.0.0.1", s.agi_port)
    await ami.start()
    try:
        async with Phone("city", user="city", local_ip=OUTSIDE, port=board.port) as phone:
            await until(lambda: ami.connected)
            made = Outside(calls, phone)
            calls.over = made.over
            dispatch = phone._link._dispatch

            def noted(data: bytes, addr: tuple[str, int]) -> None:
                made.wire.append(data)
                dispatch(data, addr)

            phone._link._dispatch = noted  # type: ignore[method-assign]
            yield made
    finally:
        board.asterisk.cli("channel request hangup all")
        await until(lambda: board.asterisk.channels() == 0, 20)
        await server.stop()
        await ami.stop()


def call(number: int, **more: object) -> JoinedCall:
    given = JoinedCall(
        f"call_{number}", f"joined_{number}", UNIT, CITIZEN, "city", OURS, 5, f"call_{number}-joined"
    )
    return replace(given, **more)  # type: ignore[arg-type]


async def test_they_talk_and_neither_learns_the_others_number(board: Board, outside: Outside) -> None:
    assert await outside.calls.place(call(1)) == ("answered", 0)
    unit = await outside.phone.wait_leg(10)
    citizen = await outside.phone.wait_leg(15)
    unit.say(audio.tone(440, 6.0))
    citizen.say(audio.tone(880, 6.0))
    await citizen.wait_tone(440, 10)
    await unit.wait_tone(880, 10)
    await until(lambda: citizen.seconds() > 2.2, 10)
    await citizen.hangup()
    await unit.wait_end(15)
    await until(lambda: outside.ends)
    end = outside.ends[0]
    assert (end.call_id, end.status) == ("call_1", "ANSWER")
    assert end.talk_s >= 1
    first, second = outside.phone.rings
    assert [(ring.caller, ring.callee) for ring in (first, second)] == [(OURS, UNIT), (OURS, CITIZEN)]
    said = {
        ring: [
            data.decode("utf-8", "replace")
            for data in outside.wire
            if ring.header("Call-ID").encode() in data
        ]
        for ring in (first, second)
    }
    assert said[first]
    assert said[second]
    assert not any(CITIZEN in text for text in said[first])
    assert not any(UNIT in text for text in said[second])
    tape = board.plan.settings.recordings / "call_1-joined.raw"
    assert tape.stat().st_size > 4 * 8000


async def test_a_citizen_who_is_busy_and_a_unit_that_hangs_up_are_told_apart(outside: Outside) -> None:
    outside.phone.on_ring = lambda callee: BUSY if callee == CITIZEN else answer_after()
    assert (await outside.calls.place(call(2)))[0] == "answered"
    unit = await outside.phone.wait_leg(10)
    await until(lambda: outside.ends, 20)
    assert (outside.ends[0].status, outside.ends[0].talk_s) == ("BUSY", 0)
    await unit.wait_end(15)
    assert (await outside.phone.wait_ring(5)).callee == CITIZEN
    outside.phone.on_ring = answer_after()
    await outside.calls.place(call(3))
    unit = await outside.phone.wait_leg(10)
    await unit.hangup()
    await until(lambda: len(outside.ends) == 2, 20)
    assert (outside.ends[1].call_id, outside.ends[1].talk_s) == ("call_3", 0)


async def test_a_unit_that_does_not_answer_leaves_the_citizen_alone(outside: Outside) -> None:
    outside.phone.on_ring = BUSY
    assert (await outside.calls.place(call(4)))[0] == "busy"
    assert [ring.callee for ring in outside.phone.rings] == [UNIT]
    assert outside.ends == []


def test_impossible_values_never_reach_asterisk() -> None:
    for name, value in (
        ("unit", "1;x"),
        ("citizen", "1&2"),
        ("trunk", "a/b"),
        ("display", "x;y"),
        ("recording", "../x"),
    ):
        with pytest.raises(UnsafeText, match=name) as refused:
            order(replace(call(5), **{name: value}))  # type: ignore[arg-type]
        assert value not in str(refused.value)
