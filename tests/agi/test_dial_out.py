"""Calls we place, on a real Asterisk with a citizen's telephone as the outside: results by cause, machines, what asks next."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.dial_out import DialOut, order
from agi.errors import UnsafeText
from agi.facts import ChannelGone, Fact
from app.demo import audio
from app.demo.phone import BUSY, NO_ANSWER, REJECT, Phone, answer_after
from core.after_call import NEXT_TRUNK, Outgoing
from core.call import Bye, Play
from core.errors import Conflict
from tests.agi.conftest import OUTSIDE, Board, FakeDesk, serve, until

pytestmark = pytest.mark.edge

CITIZEN = "13812345678"


@dataclass
class Outside:
    desk: FakeDesk
    dial: DialOut
    phone: Phone


@pytest.fixture
async def outside(board: Board) -> AsyncIterator[Outside]:
    desk, s = FakeDesk(), board.plan.settings
    desk.script = lambda result: Bye(("goodbye",))
    server = await serve(desk, s.agi_port)

    async def listen(fact: Fact) -> None:
        if isinstance(fact, ChannelGone):
            dial.heard(fact)

    ami = Ami(AmiSettings(s.ami_port, s.ami_secret), listen)
    dial = DialOut(ami)
    await ami.start()
    try:
        async with Phone("city", user="city", local_ip=OUTSIDE, port=board.port) as phone:
            await until(lambda: ami.connected)
            yield Outside(desk, dial, phone)
    finally:
        board.asterisk.cli("channel request hangup all")
        await until(lambda: board.asterisk.channels() == 0, 20)
        await server.stop()
        await ami.stop()


def call(number: int, **more: object) -> Outgoing:
    given = Outgoing(f"call_{number}", f"err_{number}-1", CITIZEN, "12345", "city", "076212345", 5)
    return replace(given, **more)  # type: ignore[arg-type]


async def test_answered_the_citizen_asks_like_any_other(outside: Outside) -> None:
    assert await outside.dial.place(call(1)) == ("answered", 0)
    await until(lambda: outside.desk.results)
    first = outside.desk.results[0]
    assert (first.call_id, first.step, first.status) == ("call_1", "", "DONE")
    assert (outside.phone.rings[0].caller, outside.phone.rings[0].callee) == ("076212345", CITIZEN)
    await until(lambda: outside.desk.ends)
    end = outside.desk.ends[0]
    assert (end.call_id, end.linkedid, end.ended_by) == ("call_1", "err_1-1", "us")


async def test_each_way_of_not_answering_has_its_name(outside: Outside) -> None:
    for number, (policy, result) in enumerate(
        ((BUSY, "busy"), (REJECT, "rejected"), (NO_ANSWER, "no_answer")), 10
    ):
        outside.phone.on_ring = policy
        assert (await outside.dial.place(call(number, ring_s=1)))[0] == result
    assert outside.desk.results == []


async def test_a_carrier_in_trouble_leaves_the_call_to_the_next_trunk(outside: Outside) -> None:
    outside.phone.on_ring = replace(BUSY, code=503, reason="Service Unavailable")
    result, cause = await outside.dial.place(call(20))
    assert (result, cause in NEXT_TRUNK) == ("unreachable", True)
    result, cause = await outside.dial.place(call(21, trunk="unknown"))
    assert (result, cause in NEXT_TRUNK) == ("unreachable", True)


async def test_the_same_call_is_never_placed_twice_at_once(outside: Outside) -> None:
    outside.phone.on_ring = answer_after(0.5)
    first = asyncio.create_task(outside.dial.place(call(30)))
    await outside.phone.wait_ring(10)
    with pytest.raises(Conflict):
        await outside.dial.place(call(30))
    assert await first == ("answered", 0)
    assert len(outside.phone.rings) == 1


async def test_a_machine_that_talks_on_is_told_from_a_person(outside: Outside) -> None:
    for number, seconds, status in ((40, 8.0, "MACHINE"), (41, 0.6, "DONE"), (42, 0.0, "DONE")):
        outside.desk.results.clear()
        placed = asyncio.create_task(outside.dial.place(call(number, listen=True)))
        leg = await outside.phone.wait_leg(10)
        if seconds:
            leg.say(audio.tone(300, seconds))
        assert (await placed)[0] == "answered"
        await until(lambda: outside.desk.results)
        assert outside.desk.results[0].status == status
        await leg.wait_end(15)


async def test_a_call_with_a_tape_leaves_both_sides_of_it(board: Board, outside: Outside) -> None:
    outside.desk.script = lambda result: Play(("greeting", "greeting")) if result.step == "" else Bye()
    await outside.dial.place(call(50, recording="call_50-revisit"))
    await until(lambda: outside.desk.ends)
    tape = board.plan.settings.recordings / "call_50-revisit.raw"
    assert tape.stat().st_size > 4 * 8000 * 0.2


def test_impossible_values_never_reach_asterisk() -> None:
    for field, value in (
        ("number", "1;x"),
        ("trunk", "a/b"),
        ("call_id", "a,b"),
        ("display", "x;y"),
        ("recording", "../x"),
    ):
        with pytest.raises(UnsafeText, match=field) as refused:
            order(replace(call(60), **{field: value}))  # type: ignore[arg-type]
        assert value not in str(refused.value)
