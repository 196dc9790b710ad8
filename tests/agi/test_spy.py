"""The orders about a supervisor's leg, word for word; what they do is measured in tests/system/test_supervision.py."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from agi.ami import Ami
from agi.errors import ActionRefused, UnsafeText
from agi.spy import Spies

pytestmark = pytest.mark.unit
AGENT = "PJSIP/8001-00000001"


class Reply(dict[str, Any]):
    """An AMI message: headers as attributes, as panoramisk gives them."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


@dataclass
class FakeAmi:
    """Notes orders; `variables` of channels; `channels` that exist by unique id; `refuses` these actions."""

    variables: dict[tuple[str, str], str] = field(default_factory=dict)
    channels: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    orders: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, asyncio.Event] = field(default_factory=dict)
    connected: bool = True
    ring_into, _place = Ami.ring_into, Ami._place

    async def order(self, fields: Mapping[str, Any], timeout: float | None = None) -> list[Reply]:
        if fields["Action"] in self.refuses:
            raise ActionRefused("no such channel")
        if fields["Action"] == "Getvar":
            return [Reply(value=self.variables.get((fields.get("Channel", ""), fields["Variable"]), ""))]
        if fields["Action"] == "CoreShowChannels":
            return [Reply(event="CoreShowChannel", uniqueid=one) for one in self.channels]
        self.orders.append({**fields, "timeout": timeout} if timeout else dict(fields))
        if fields["Action"] == "Originate":
            return [
                Reply(response="Success"),
                Reply(event="OriginateResponse", channel="PJSIP/8009-00000002"),
            ]
        return [Reply(response="Success")]

    def watch(self, unique_id: str) -> asyncio.Event:
        return self.events.setdefault(unique_id, asyncio.Event())

    def unwatch(self, unique_id: str) -> None:
        self.events.pop(unique_id, None)


def made(ami: FakeAmi) -> Spies:
    return Spies(cast(Ami, ami))


async def test_a_telephone_rings_and_hears_exactly_one_channel() -> None:
    ami = FakeAmi()
    assert await made(ami).join("sup_1", "8009", AGENT, "whisper", 20) == "PJSIP/8009-00000002"
    (order,) = ami.orders
    assert (order["Channel"], order["ChannelId"], order["Timeout"]) == ("PJSIP/8009", "sup_1", "20000")
    assert (order["Context"], order["Exten"]) == ("hl-spy", "s")
    assert order["Variable"] == [f"HL_SPY={AGENT}", "HL_SPY_HOW=uqsSEw"]
    assert order["timeout"] > 20


async def test_a_supervisor_whose_page_has_the_phone_hears_it_there() -> None:
    ami = FakeAmi(variables={("", "PJSIP_AOR(8009-web,contact)"): "8009-web@@1"})
    await made(ami).join("sup_1", "8009", AGENT, "listen", 20)
    assert ami.orders[0]["Channel"] == "PJSIP/8009-web"


async def test_barging_in_on_a_room_is_joining_it() -> None:
    ami = FakeAmi(variables={(AGENT, "HL_STEP"): "room", (AGENT, "HL_CALL"): "call_01K-x"})
    await made(ami).change("sup_1", AGENT, "barge")
    assert {o["Variable"]: o["Value"] for o in ami.orders[:-1]} == {
        "HL_SPY": AGENT, "HL_SPY_HOW": "uqsSEB", "HL_SPY_ROOM": "call01Kx",
    }  # fmt: skip
    assert (ami.orders[-1]["Context"], ami.orders[-1]["Exten"]) == ("hl-spy", "room")
    ami.orders.clear()
    await made(ami).change("sup_1", AGENT, "listen")
    assert ami.orders[-1]["Exten"] == "s"


async def test_taking_over_moves_citizen_and_supervisor_in_one_order() -> None:
    ami = FakeAmi()
    await made(ami).take_over("sup_1", "8009", "call_01", "PJSIP/x-1", AGENT)
    move = next(o for o in ami.orders if o["Action"] == "Redirect")
    assert (move["Channel"], move["Exten"]) == ("sup_1", "call01")
    assert (move["ExtraChannel"], move["ExtraExten"]) == ("PJSIP/x-1", "call01")
    assert ami.orders[-1] == {"Action": "Hangup", "Channel": AGENT, "Cause": "16"}
    set_on_leg = {
        o["Variable"]: o["Value"] for o in ami.orders if o.get("Channel") == "sup_1" and "Value" in o
    }
    assert set_on_leg == {
        "HL_LEG": "agent",
        "HL_SEAT": "8009",
        "HL_CALL": "call_01",
        "HL_CITIZEN": "PJSIP/x-1",
    }


async def test_taking_over_in_a_room_leaves_the_others_where_they_are() -> None:
    ami = FakeAmi(variables={(AGENT, "HL_STEP"): "room"})
    await made(ami).take_over("sup_1", "8009", "call_01", "PJSIP/x-1", AGENT)
    move = next(o for o in ami.orders if o["Action"] == "Redirect")
    assert "ExtraChannel" not in move


async def test_leaving_is_harmless_where_the_leg_is_gone() -> None:
    await made(FakeAmi(refuses={"Hangup", "Setvar"})).leave("sup_1")


@pytest.mark.parametrize("bad", ["8009,uo", "8009\r\nAction: Hangup", "", "a b"])
async def test_nothing_but_a_name_reaches_the_switch(bad: str) -> None:
    ami = FakeAmi()
    with pytest.raises(UnsafeText):
        await made(ami).join("sup_1", bad, AGENT, "listen", 5)
    with pytest.raises(UnsafeText):
        await made(ami).join("sup_1", "8009", bad, "listen", 5)
    assert ami.orders == []


async def test_the_end_of_a_leg_is_seen_by_its_event_and_else_by_looking() -> None:
    ami = FakeAmi(channels={"sup_1"})
    waiting = asyncio.create_task(made(ami).gone("sup_1", look_every_s=0.01))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    ami.connected = False
    ami.channels.clear()
    await asyncio.sleep(0.05)
    assert not waiting.done()  # a lost link says nothing about the leg
    ami.connected = True
    async with asyncio.timeout(30):
        await waiting
    heard = asyncio.create_task(made(ami).gone("sup_2"))
    while "sup_2" not in ami.events:
        await asyncio.sleep(0.01)
    ami.events["sup_2"].set()
    async with asyncio.timeout(30):
        await heard
    assert ami.events == {}
