"""Calls for the pages, without a switch: Asterisk's questions are put to the same desk that answers them in a running house."""

import time
from dataclasses import dataclass
from itertools import count

from app import flow
from app.call_desk import FloorDesk
from core.call import Arrival, EndFacts, Instruction, Play, Ring, StepResult
from core.ports import Speaker, Utterance
from tests.desk.house import Standing

_NUMBERS = count(1)
_STEPS = {Play: "play", Ring: "ring"}


@dataclass
class Caller:
    """A citizen's channel, driven by the test."""

    house: Standing
    number: str
    id: str = ""
    said: float = 0.0

    def rings(self) -> str:
        """From the first ring at the hotline until a seat rings; gives the seat."""
        desk = FloorDesk(self.house.floor)
        linked = f"{time.time():.0f}.{next(_NUMBERS)}"
        arrival = Arrival(linked, f"PJSIP/trunk-{linked}", "12345", self.number, self.house.floor.clock())
        self._linked, self._channel, self._desk = linked, arrival.channel, desk
        self.id, told = self.house.run(desk.arrived(arrival))
        return self._until_ring(told)

    def _until_ring(self, told: Instruction) -> str:
        for _ in range(20):
            if isinstance(told, Ring):
                return told.seat
            step = _STEPS.get(type(told), "wait")
            told = self.house.run(self._desk.next(StepResult(self.id, self._channel, step, "DONE")))
        raise AssertionError(f"no seat rings: {told}")

    def answered(self, seat: str) -> None:
        at = self.house.floor.clock()
        self.house.run(self._desk.agent_answered(self.id, seat, self._channel, f"PJSIP/{seat}-1", at))

    def says(self, text: str, speaker: Speaker = "citizen", final: bool = True) -> None:
        utterance = Utterance(text, self.said, self.said + 2.0, final)
        self.house.run(flow.heard(self.house.floor, self.id, speaker, utterance, "test"))
        self.said += 3.0 if final else 0.0

    def hangs_up(self) -> None:
        at = self.house.floor.clock()
        self.house.run(
            self._desk.ended(EndFacts(self.id, self._linked, "ring", "ANSWER", "citizen", 16, 30.0, at))
        )
