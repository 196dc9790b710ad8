"""A real Asterisk writes what really happened: who was in which bridge, from CHAN_START to LINKEDID_END."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from agi.call_details import Table, import_details
from core.call import Bye, Instruction, Ring, StepResult, Wait
from core.talks import talked_s, talks
from tests.agi.conftest import House, until

pytestmark = pytest.mark.edge


@dataclass
class Details:
    """Everything imported so far of one call."""

    house: House
    rows: dict[Table, dict[str, dict[str, Any]]]

    async def of(self, linkedid: str, seconds: float = 10) -> tuple[list[Any], list[Any]]:
        """CDR and CEL once the call's last line is there."""
        async with asyncio.timeout(seconds):
            while not any(row.eventtype == "LINKEDID_END" for row in self._mine("cel", linkedid)):
                await import_details(self.house.exchange.settings.run / "log", self._take, settled_s=0.05)
                await asyncio.sleep(0.1)
        await import_details(self.house.exchange.settings.run / "log", self._take, settled_s=0)
        await import_details(self.house.exchange.settings.run / "log", self._take, settled_s=0)
        return self._mine("cdr", linkedid), self._mine("cel", linkedid)

    async def _take(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        self.rows[table] |= {row["id"]: row for row in rows}

    def _mine(self, table: Table, linkedid: str) -> list[Any]:
        found = [SimpleNamespace(**row) for row in self.rows[table].values() if row["linkedid"] == linkedid]
        return sorted(found, key=lambda row: row.eventtime if table == "cel" else row.start)


@pytest.fixture
def details(house: House) -> Details:
    return Details(house, {"cdr": {}, "cel": {}})


def ring(house: House, seat: str, recording: str) -> Ring:
    user = next(s.user for s in house.exchange.plan.seats if s.id == seat)
    return Ring(seat, f"PJSIP/{user}", 8, recording)


async def test_a_call_is_told_whole_with_asterisks_own_names(house: House, details: Details) -> None:
    seat, port = house.exchange.seat()
    house.desk.first = ring(house, seat.id, "told")
    await house.phones.agent(port, talk_ms=2000)
    await house.phones.citizen(number="13800138077")
    await until(lambda: house.desk.ends)
    linkedid, talk_s = house.desk.arrivals[0].linkedid, house.desk.ends[0].answered_s
    cdr, cel = await details.of(linkedid)
    assert [r.eventtype for r in cel if r.uniqueid == linkedid] == [
        "CHAN_START", "ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP", "LINKEDID_END",
    ]  # fmt: skip
    assert {r.cid_num for r in cel if r.uniqueid == linkedid} == {"13800138077"}
    citizen = house.desk.answered[0][2]
    assert talked_s(talks(cel), citizen) == pytest.approx(talk_s, abs=1.1)
    assert talked_s(talks(cel), citizen) > 1.5
    both = next(r for r in cdr if r.dstchannel)
    assert (both.disposition, both.src, both.channel) == ("ANSWERED", "13800138077", citizen)
    assert both.billsec == pytest.approx((both.end - both.answer).total_seconds(), abs=0.01)


async def test_prompts_and_queue_are_no_talk(house: House, details: Details) -> None:
    """Dial's ANSWEREDTIME counts from the citizen's answer; what we are told must be what the bridge says."""
    seat, port = house.exchange.seat()
    house.desk.first = Wait(4)
    house.desk.script = lambda r: ring(house, seat.id, "waited") if r.step == "wait" else Bye()
    await house.phones.agent(port, talk_ms=2000)
    await house.phones.citizen(number="13800138079")
    await until(lambda: house.desk.ends)
    _, cel = await details.of(house.desk.arrivals[0].linkedid)
    heard = talked_s(talks(cel), house.desk.answered[0][2])
    assert 1.5 < heard < 4.5  # four seconds of music are not in it
    assert [r.answered_s for r in house.desk.results if r.step == "ring"] == [pytest.approx(heard, abs=1.1)]
    assert house.desk.ends[0].answered_s == pytest.approx(heard, abs=1.1)


async def test_after_a_redirect_into_a_room_the_time_is_counted_with_each(
    house: House, details: Details
) -> None:
    """Talk, all into a room, the agent leaves first: the peer's CDR says otherwise, the bridges say it right."""
    seat, port = house.exchange.seat()
    house.desk.first = ring(house, seat.id, "room")
    house.desk.script = lambda result: Bye()
    await house.phones.agent(port, talk_ms=4000)
    await house.phones.citizen(number="13800138078")
    await until(lambda: house.desk.answered)
    _, _, citizen, agent = house.desk.answered[0]
    await asyncio.sleep(1.5)
    await house.ami.part(citizen, ("hl-room", "room1"), agent, ("hl-room", "room1"))
    await until(lambda: house.desk.ends)
    _, cel = await details.of(house.desk.arrivals[0].linkedid)
    found = talks(cel)
    assert len({talk.span for talk in found}) == 2, [(r.eventtype, r.channame) for r in cel]
    assert {frozenset((talk.a, talk.b)) for talk in found} == {frozenset((citizen, agent))}
    assert talked_s(found, citizen) == pytest.approx(4.0, abs=1.5)


async def test_a_busy_seat_is_a_record_and_no_talk(house: House, details: Details) -> None:
    seat, port = house.exchange.seat()

    def script(result: StepResult) -> Instruction:
        return Bye()

    house.desk.first, house.desk.script = ring(house, seat.id, "busy"), script
    await house.phones.agent(port, status="486 Busy Here")
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    cdr, cel = await details.of(house.desk.arrivals[0].linkedid)
    assert talks(cel) == []
    assert [r.disposition for r in cdr if r.dstchannel] == ["BUSY"]
