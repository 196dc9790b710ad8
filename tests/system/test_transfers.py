"""Three-way calls on a running instance, with the tones each telephone really hears."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import pytest

from app.demo import audio
from app.demo.leg import Leg
from app.demo.phone import BUSY, REJECT
from app.demo.ring import Ring
from tests.app.invariants import broken_promises
from tests.system.floor import AgentDesk, Town
from tests.system.test_kill import _dead as dead

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

TONES = {"citizen": 440.0, "agent": 700.0, "expert": 1100.0}
HEARD_DB = -40.0
MUSIC_DB = -50.0
NUMBERS = (f"1390735{n:04}" for n in count(101))  # the ring of a blind transfer shows its citizen's number
ALL = {who: TONES.keys() - {who} for who in TONES}


@dataclass
class Party:
    """Citizen, agent and expert of one call, each sending its own tone."""

    town: Town
    stack: AsyncExitStack
    desk: AgentDesk
    call_id: str
    legs: dict[str, Leg]
    expert_seat: str
    dealt_with: set[int] = field(default_factory=set)

    async def ask(self, what: str = "", **body: Any) -> Any:
        path = f"/calls/{self.call_id}/transfers" + (f"/{what}" if what else "")
        return await self.desk.ask("POST", path, json=body or None)

    async def transfer(self, how: str = "consult", kind: str = "seat", ref: str = "") -> str:
        made = await self.ask(to={"kind": kind, "ref": ref or self.expert_seat}, how=how)
        return str(made["id"])

    async def row(self, transfer: str) -> dict[str, Any]:
        found = await self.desk.ask("GET", f"/calls/{self.call_id}/transfers")
        return next(one for one in found["items"] if one["id"] == transfer)

    async def state(self, transfer: str, state: str, seconds: float = 15) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while (found := await self.row(transfer))["state"] != state:
                await asyncio.sleep(0.1)
        return found

    async def expert_answers(self) -> None:
        self.legs["expert"] = (await self.rings(self.expert_seat)).answer()
        speak(self.legs["expert"], "expert")

    async def rings(self, seat: str, seconds: float = 10) -> Ring:
        """The ring at this seat that nobody dealt with yet."""
        async with asyncio.timeout(seconds):
            while True:
                for ring in self.town.phones[seat].rings:
                    if id(ring) not in self.dealt_with:
                        self.dealt_with.add(id(ring))
                        return ring
                await asyncio.sleep(0.05)

    def hears(self, who: str, seconds: float = 1.0) -> set[str]:
        leg = self.legs[who]
        now = leg.seconds()
        return {
            other
            for other, hz in TONES.items()
            if other != who and leg.level(hz, now - seconds, now) > HEARD_DB
        }

    async def all_hear(self, wanted: dict[str, set[str]], seconds: float = 8) -> None:
        found: dict[str, set[str]] = {}
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await asyncio.sleep(0.3)
                    found = {who: self.hears(who) for who in wanted}
                    if found == wanted:
                        return
        except TimeoutError:
            raise AssertionError(f"wanted {wanted}, heard {found}") from None

    async def closing(self) -> None:
        """The citizen hears the last words: a grade, a goodbye."""
        async with asyncio.timeout(10):
            while (await self.call())["state"] != "closing":
                await asyncio.sleep(0.1)
        assert self.legs["citizen"].end is None

    async def call(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.desk.ask("GET", f"/calls/{self.call_id}")
        return found


def speak(leg: Leg, who: str) -> None:
    leg.say(_voice(who))


@cache
def _voice(who: str) -> audio.Samples:
    """Longer than any test takes, also where the service needs long to come back."""
    return audio.tone(TONES[who], 300.0)


async def talk(town: Town, stack: AsyncExitStack) -> Party:
    """A citizen speaks with whichever agent's turn it was; the next seat is the expert's."""
    number = next(NUMBERS)
    phone = await stack.enter_async_context(town.citizen(number))
    citizen = await phone.call("12345", from_number=number, timeout=30)
    ring, desk = await town.ring_of(number, 30)
    agent = ring.answer()
    legs = {"citizen": citizen, "agent": agent}
    for who, leg in legs.items():
        speak(leg, who)
    expert = next(seat for seat in town.desks if seat != desk.account.seat)
    party = Party(town, stack, desk, await desk.my_last_call(), legs, expert)
    party.dealt_with.update(id(ring) for phone in town.phones.values() for ring in phone.rings)
    await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
    return party


async def over(party: Party) -> None:
    """The citizen hangs up: nobody else stays, the rows are whole."""
    await party.legs["citizen"].hangup()
    for leg in party.legs.values():
        await leg.wait_end(8)
    await finished(party)


async def finished(party: Party) -> None:
    async with asyncio.timeout(15):
        while (await party.call())["ended_at"] is None:
            await asyncio.sleep(0.2)
    assert await broken_promises(party.town.database, chores_ran=False) == []


async def test_consult_swap_merge_and_everybody_leaves_in_turn(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        transfer = await party.transfer()
        await party.expert_answers()
        await party.state(transfer, "talking")
        await party.all_hear({"citizen": set(), "agent": {"expert"}, "expert": {"agent"}})
        await party.ask(f"{transfer}/swap")
        await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}, "expert": set()})
        await party.ask(f"{transfer}/swap")
        await party.all_hear({"citizen": set(), "agent": {"expert"}, "expert": {"agent"}})
        await party.ask(f"{transfer}/merge")
        await party.all_hear(ALL)
        await party.ask(f"{transfer}/leave")
        await party.legs["agent"].wait_end(5)
        await party.all_hear({"citizen": {"expert"}, "expert": {"citizen"}})
        await party.legs["expert"].hangup()
        await party.closing()
        await over(party)
        call = await party.call()
        assert call["ended_by"] == "expert"
        assert (await party.row(transfer))["state"] == "over"


async def test_a_plain_telephone_holds_through_the_desk_and_takes_back(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        call = f"/calls/{party.call_id}"
        for _ in range(2):
            await party.desk.ask("POST", f"{call}/hold")
            await party.all_hear({"citizen": set(), "agent": set()})
            assert (await party.call())["on_hold"]
            since = party.legs["citizen"].seconds()
            async with asyncio.timeout(8):  # never silence: there is music
                while (
                    audio.level(party.legs["citizen"].between(since, party.legs["citizen"].seconds()))
                    < MUSIC_DB
                ):
                    await asyncio.sleep(0.2)
            await party.desk.ask("POST", f"{call}/resume")
            await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
        assert not (await party.call())["on_hold"]
        await over(party)


async def test_reasons_are_typed_and_agent_and_citizen_are_together_again_with_a_ticket(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        seats = [seat for seat in town.desks if seat != party.desk.account.seat]
        wanted = {"busy": BUSY, "rejected": REJECT}
        for (reason, how), seat in zip(wanted.items(), seats, strict=False):
            town.phones[seat].on_ring = how
            failed = await party.state(await party.transfer(ref=seat), "failed")
            assert failed["reason"] == reason
            assert failed["ticket_id"]
            await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
        missing = await party.state(await party.transfer(kind="emergency", ref="110"), "failed")
        assert missing["reason"] == "unreachable"  # no trunk leads out
        await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
        rings = await party.transfer(ref=seats[2])
        await party.rings(seats[2])
        await party.ask(f"{rings}/cancel")
        assert (await party.row(rings))["reason"] == "cancelled"
        await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
        await over(party)


async def blind(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        transfer = await party.transfer("blind")
        await party.legs["agent"].wait_end(5)
        await party.expert_answers()
        await party.state(transfer, "talking")
        await party.all_hear({"citizen": {"expert"}, "expert": {"citizen"}})
        await over(party)
        assert (await party.row(transfer))["state"] == "over"


async def three_way_ended_by_the_citizen(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        transfer = await party.transfer("three_way")
        await party.expert_answers()
        await party.state(transfer, "merged")
        await party.all_hear(ALL)
        await over(party)


async def agent_hangs_up_in_a_consult(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        transfer = await party.transfer()
        await party.expert_answers()
        await party.state(transfer, "talking")
        await party.all_hear({"agent": {"expert"}})
        await party.legs["agent"].hangup()
        await party.all_hear({"citizen": {"expert"}, "expert": {"citizen"}})
        await party.legs["expert"].hangup()
        await party.closing()
        await over(party)


async def test_blind_three_way_and_a_hand_over_by_hanging_up(town: Town) -> None:
    for story in (blind, three_way_ended_by_the_citizen, agent_hangs_up_in_a_consult):
        await story(town)
        await town.at_rest()  # who was an expert can be one again


async def test_the_service_dies_in_a_consult_and_in_the_room_and_nobody_is_dropped(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        transfer = await party.transfer()
        await party.expert_answers()
        await party.state(transfer, "talking")
        async with dead(town):
            await party.all_hear({"citizen": set(), "agent": {"expert"}, "expert": {"agent"}})
            await asyncio.sleep(6)  # the citizen asks and gets no answer
            assert party.legs["citizen"].end is None
        await party.ask(f"{transfer}/merge")
        await party.all_hear(ALL)
        async with dead(town):
            await party.legs["agent"].hangup()
            await party.all_hear({"citizen": {"expert"}, "expert": {"citizen"}})
        await party.all_hear({"citizen": {"expert"}, "expert": {"citizen"}})
        await party.legs["expert"].hangup()
        await party.closing()
        await over(party)
        assert (await party.row(transfer))["state"] == "over"


async def test_without_the_service_the_agent_takes_the_citizen_back(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        transfer = await party.transfer()
        await party.expert_answers()
        await party.state(transfer, "talking")
        async with dead(town):
            await party.all_hear({"agent": {"expert"}})
            await party.legs.pop("expert").hangup()
            await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}}, 20)
        await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
        await party.state(transfer, "over", 90)
        await over(party)


async def test_the_agents_telephone_dies_and_the_seat_rings_again(town: Town) -> None:
    async with AsyncExitStack() as stack:
        party = await talk(town, stack)
        seat = party.desk.account.seat
        phone = town.phones[seat]
        lost = party.legs.pop("agent")
        lost.ended("us", "vanished")  # no BYE, no more sound
        party.legs["agent"] = (await party.rings(seat, 90)).answer()
        speak(party.legs["agent"], "agent")
        await party.all_hear({"citizen": {"agent"}, "agent": {"citizen"}})
        assert phone.legs
        await over(party)
