"""Three parties through a real Asterisk: who hears whom in each phase, and who stays when somebody goes."""

import asyncio

import numpy as np
import pytest

from core.call import Bye, Hold, Instruction, Reach, Room, StaffResult, StepResult, room_of
from tests.agi.conftest import House, until
from tests.agi.test_calls import AGENT_HZ, CITIZEN_HZ, ring

pytestmark = pytest.mark.edge

EXPERT_HZ = 1700
TONES = {"citizen": CITIZEN_HZ, "agent": AGENT_HZ, "expert": EXPERT_HZ}


def hears(house: House, stem: str, last_s: float, side: int = 1) -> set[str]:
    """Whose tones stand in the last seconds of a leg's recording (its right side is what it hears)."""
    raw = house.exchange.settings.recordings / f"{stem}.raw"
    data = np.frombuffer(raw.read_bytes()[: raw.stat().st_size // 4 * 4], "<i2").reshape(-1, 2)[:, side]
    samples = data.astype(np.float64)[-int(last_s * 8000) :]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples)
    level = {
        who: spectrum[int(hz * len(samples) / 8000) + np.arange(-3, 4)].max() for who, hz in TONES.items()
    }
    return {who for who, found in level.items() if found > 300}


class Three:
    """Citizen and agent in a talk, an expert's phone waiting; the desk does what `floor` would."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.name = house, name
        self.agent_seat, self.agent_port = house.exchange.seat()
        self.expert_seat, self.expert_port = house.exchange.seat()
        self.phase = "talk"
        house.desk.first = ring(house, self.agent_seat.id, recording=f"{name}-talk")
        house.desk.script, house.desk.staff = self.citizen_next, self.staff_next

    @property
    def room(self) -> str:
        return room_of(self.house.desk.answered[0][0])

    @property
    def citizen(self) -> str:
        return self.house.desk.answered[0][2]

    @property
    def agent(self) -> str:
        return self.house.desk.answered[0][3]

    @property
    def expert(self) -> str:
        return self.house.desk.thirds[0][2]

    def citizen_next(self, result: StepResult) -> Instruction:
        if self.phase == "consult":
            return Hold(2, self.agent, f"{self.name}-citizen")
        if self.phase == "room" and result.step != "room":
            return Room(self.room, f"{self.name}-citizen")
        return Bye(("goodbye",))

    def staff_next(self, result: StaffResult) -> Instruction:
        if result.role == "agent" and self.phase == "consult" and result.step != "reach":
            return Reach(
                "tr_1", "expert", f"PJSIP/{self.expert_seat.user}", 3,
                f"{self.name}-agent", f"{self.name}-expert", self.expert_seat.id,
            )  # fmt: skip
        self.phase = "room"
        return Room(self.room, f"{self.name}-agent" if result.role == "agent" else "", fetch=True)

    async def talk(self) -> asyncio.subprocess.Process:
        self.agent_phone = await self.house.phones.agent(self.agent_port)
        citizen = await self.house.phones.citizen()
        await until(lambda: self.house.desk.answered)
        await asyncio.sleep(0.5)
        return citizen

    async def consult(self) -> None:
        self.phase = "consult"
        await self.house.ami.part(self.citizen, ("hl-held", "s"), self.agent, ("hl-staff", "s"))

    async def merge(self) -> None:
        self.phase = "room"
        await self.house.ami.part(self.agent, ("hl-room", self.room), self.expert, ("hl-room", self.room))
        await self.house.ami.redirect(self.citizen, "hl-room", self.room)

    async def in_room(self, count: int) -> None:
        listed = self.house.exchange.asterisk.cli
        await until(
            lambda: sum("PJSIP" in x for x in listed(f"confbridge list {self.room}").splitlines()) == count
        )


async def test_consult_merge_and_the_agent_leaves(house: House) -> None:
    three = Three(house, "merge")
    await three.talk()
    expert = await house.phones.agent(three.expert_port, hertz=EXPERT_HZ, talk_ms=9000)
    await three.consult()
    await until(lambda: house.desk.thirds)
    await asyncio.sleep(2)
    assert hears(house, "merge-citizen", 1) == set()  # music
    assert hears(house, "merge-agent", 1) == {"expert"}
    assert hears(house, "merge-expert", 1) == {"agent"}
    await three.merge()
    await three.in_room(3)
    await asyncio.sleep(2.5)
    assert hears(house, "merge-citizen", 1) == {"agent", "expert"}
    assert hears(house, "merge-agent", 1) == {"citizen", "expert"}
    assert hears(house, "merge-expert", 1) == {"citizen", "agent"}
    assert hears(house, "merge-expert", 1, side=0) == {"expert"}
    await house.ami.hangup(three.agent)
    await three.in_room(2)
    await asyncio.sleep(2)
    assert hears(house, "merge-citizen", 1) == {"expert"}
    assert [(e.role, e.ended_by) for e in house.desk.staff_ends] == [("agent", "us")]
    assert await expert.wait() == 0
    await until(lambda: house.desk.ends)
    assert house.desk.results[-1].step == "room"
    assert house.desk.results[-1].answered_s >= 4
    await until(lambda: house.exchange.asterisk.channels() == 0)


async def test_agent_gone_in_consult_expert_goes_on(house: House) -> None:
    three = Three(house, "orphan")
    await three.talk()
    await house.phones.agent(three.expert_port, hertz=EXPERT_HZ, talk_ms=9000)
    await three.consult()
    await until(lambda: house.desk.thirds)
    await asyncio.sleep(1)
    await house.ami.hangup(three.agent)
    await three.in_room(2)
    await asyncio.sleep(1.5)
    assert hears(house, "orphan-citizen", 1) == {"expert"}
    assert [(r.role, r.step, r.status) for r in house.desk.staff_results][-1] == ("expert", "third", "WOKEN")


async def test_a_bye_and_a_dead_telephone_are_told_apart(house: House) -> None:
    told = []
    for dies in (False, True):
        seat, port = house.exchange.seat()
        house.desk.first = ring(house, seat.id, recording=f"lost-{dies}")
        agent = await house.phones.agent(port, talk_ms=20000 if dies else 1000)
        await house.phones.citizen()
        await until(lambda: house.desk.answered)
        if dies:
            agent.kill()
        await until(lambda: house.desk.ends, 20)
        told.append(house.desk.results[-1].status)
        house.desk.ends.clear()
        house.desk.answered.clear()
    assert told == ["ANSWER", "LOST"]


@pytest.mark.parametrize(
    ("answer", "status", "cause", "rang"),
    [
        ("486 Busy Here", "BUSY", 17, False),
        ("603 Decline", "CHANUNAVAIL", 21, False),
        ("480 Temporarily Unavailable", "NOANSWER", 19, False),
        ("503 Service Unavailable", "CONGESTION", 34, False),
        ("404 Not Found", "CHANUNAVAIL", 1, False),
        ("deaf", "NOANSWER", 0, True),
        ("dead", "NOANSWER", 0, False),
        ("nobody", "CHANUNAVAIL", 3, False),
    ],
)
async def test_why_a_third_party_was_not_reached(
    house: House, answer: str, status: str, cause: int, rang: bool
) -> None:
    seat, port = house.exchange.seat() if answer != "nobody" else (house.exchange.plan.seats[0], 0)
    endpoint = "PJSIP/nobody" if answer == "nobody" else f"PJSIP/{seat.user}"
    house.desk.first = Reach("tr_1", "expert", endpoint, 2, "reason-a", "reason-b")
    if answer == "deaf":
        await house.phones.agent(port, deaf=True)
    elif answer[0].isdigit():
        await house.phones.agent(port, status=answer)
    await house.phones.citizen()
    await until(lambda: house.desk.ends, 20)
    (result,) = house.desk.results
    assert (result.status, result.cause, result.rang) == (status, cause, rang)
