"""The short questions Asterisk asks about a call and the instructions it gets back.

The dialplan never decides: it carries out one `Instruction`, then asks again with a `StepResult`. FastAGI is closed
in between, so a talk survives anything that happens to us.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Arrival:
    """A citizen's channel reached a line. `line`: digits dialled (DNIS); `caller`: presented number (ANI), may be ''."""

    linkedid: str
    channel: str
    line: str
    caller: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepResult:
    """How the last instruction went. `status`: DONE, a Dial status (ANSWER, NOANSWER, BUSY, …) or FAILED.

    `answered_s`: talk seconds after a ring step; `digits`: keys collected by a play step.
    """

    call_id: str
    channel: str
    step: str
    status: str
    digits: str = ""
    answered_s: float = 0.0
    dialled_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EndFacts:
    """The citizen's channel is gone. `ended_by`: citizen, agent, us (a spoken goodbye) or switch.

    `step` is the instruction under way; seconds are what Asterisk counted for the last Dial.
    """

    call_id: str
    linkedid: str
    step: str
    status: str
    ended_by: str
    cause: int
    answered_s: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Play:
    """Speak prompts in order; with `keys` > 0 collect up to that many digits within `timeout_s` (0 = skip at once)."""

    prompts: tuple[str, ...]
    keys: int = 0
    timeout_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring one seat for `timeout_s`; on answer record two channels under `recording` (file stem, no folder)."""

    seat: str
    endpoint: str
    timeout_s: int
    recording: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Prompts, then music for `seconds`, then ask again; a Redirect may wake it earlier."""

    seconds: int
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Prompts, a beep, then record the citizen until silence, # or `max_s`; kept under `recording`."""

    prompts: tuple[str, ...]
    recording: str
    max_s: int


@dataclass(frozen=True, slots=True)
class Bye:
    """A spoken goodbye, then hang up."""

    prompts: tuple[str, ...] = ()


Instruction = Play | Ring | Wait | TakeMessage | Bye


class CallDesk(Protocol):
    """Who answers Asterisk's questions (filled by app/). Must answer within the bridge's own bound."""

    async def arrived(self, arrival: Arrival) -> tuple[str, Instruction]:
        """A new call: its id and the first instruction. Asked twice for one linkedid it gives the same id."""

    async def next(self, result: StepResult) -> Instruction: ...

    async def ended(self, facts: EndFacts) -> None: ...

    async def agent_answered(
        self, call_id: str, seat: str, citizen_channel: str, agent_channel: str, at: datetime
    ) -> None:
        """AMI saw the agent's leg joined to the citizen's; may come late or, after a link loss, not at all."""

    async def agent_left(self, call_id: str, seat: str, at: datetime) -> None: ...
