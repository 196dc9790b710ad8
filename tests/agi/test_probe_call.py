"""Test calls on a real Asterisk with a unit's telephone as the outside: what each kind of answer counts as."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.errors import UnsafeText
from agi.facts import ChannelGone, Fact
from agi.probe_call import ShortCall, ShortCalls, order, outcome_of
from agi.tones import tone, write_wav
from app.demo.phone import BUSY, NO_ANSWER, REJECT, Phone, answer_after
from tests.agi.conftest import OUTSIDE, Board, until

pytestmark = pytest.mark.edge
NUMBER = "07352871234"


@dataclass
class Unit:
    """A unit's telephone, and what we heard of channels that are not test calls."""

    calls: ShortCalls
    phone: Phone
    others: list[Fact]
    ami: Ami


@pytest.fixture
async def unit(board: Board) -> AsyncIterator[Unit]:
    others: list[Fact] = []
    s = board.plan.settings

    async def listen(fact: Fact) -> None:
        if not (isinstance(fact, ChannelGone) and calls.heard(fact)):
            others.append(fact)

    ami = Ami(AmiSettings(s.ami_port, s.ami_secret), listen)
    calls = ShortCalls(ami)
    await ami.start()
    try:
        async with Phone("city", user="city", local_ip=OUTSIDE, port=board.port) as phone:
            await until(lambda: ami.connected)
            yield Unit(calls, phone, others, ami)
    finally:
        board.asterisk.cli("channel request hangup all")
        await until(lambda: board.asterisk.channels() == 0, 20)
        await ami.stop()


def call(name: str, ring_s: int = 5, trunk: str = "city") -> ShortCall:
    return ShortCall(f"probe_{name}", NUMBER, trunk, "12345", ring_s)


async def test_whoever_answers_hears_a_sentence_and_is_let_go(board: Board, unit: Unit) -> None:
    unit.phone.on_ring = answer_after(0.1)
    assert await unit.calls.place(call("answered")) == ("answered", 0)
    await until(lambda: board.asterisk.channels() == 0, 30)
    assert not any(isinstance(fact, ChannelGone) for fact in unit.others), "no call of a citizen ended"


async def test_what_is_to_be_told_is_heard_in_its_order_and_then_they_are_let_go(
    board: Board, unit: Unit
) -> None:
    for name, freq in (("card-red", 700.0), ("d7", 1100.0)):
        write_wav(board.plan.settings.sounds / f"{name}.wav", tone([(freq, 0.8)]))
    unit.phone.on_ring = answer_after(0.1)
    said = replace(call("told"), says=("card-red", "d7"))
    assert await unit.calls.place(said) == ("answered", 0)
    (leg,) = unit.phone.legs.values()
    first, then = await leg.wait_tone(700.0, 8), await leg.wait_tone(1100.0, 8)
    assert first < then
    await until(lambda: board.asterisk.channels() == 0, 30)
    assert not any(isinstance(fact, ChannelGone) for fact in unit.others), "no call of a citizen ended"


async def test_nobody_answers(unit: Unit) -> None:
    unit.phone.on_ring = NO_ANSWER
    assert (await unit.calls.place(call("silent", ring_s=2)))[0] == "no_answer"


async def test_busy_and_refused_are_told_apart(unit: Unit) -> None:
    unit.phone.on_ring = BUSY
    assert await unit.calls.place(call("busy")) == ("busy", 17)
    unit.phone.on_ring = REJECT
    assert await unit.calls.place(call("refused")) == ("rejected", 21)


async def test_a_carrier_that_is_not_there_is_our_trouble(unit: Unit) -> None:
    assert (await unit.calls.place(call("nowhere", trunk="nobody")))[0] == "congestion"


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (1, "unreachable"),
        (20, "unreachable"),
        (27, "unreachable"),
        (19, "no_answer"),
        (34, "congestion"),
        (0, "congestion"),
    ],
)
def test_causes_are_laid_at_the_right_door(cause: int, outcome: str) -> None:
    assert outcome_of(cause) == outcome


@pytest.mark.parametrize(
    "bad", [ShortCall("x", NUMBER, "city"), ShortCall("probe_1", NUMBER, "city", says=("a&/etc/passwd",)), ShortCall("probe_1", "1&Local/2", "city"), ShortCall("probe_1", NUMBER, "a/b")]
)  # fmt: skip
def test_what_could_change_the_dial_string_is_refused(bad: ShortCall) -> None:
    with pytest.raises(UnsafeText):
        order(bad)
