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

    `answered_s`: talk seconds after a ring, reach or room step; `digits`: keys collected by a play step; `cause`: Q.850 of
    the far end after a ring or reach step; `rang`: it said that it rings.
    """

    call_id: str
    channel: str
    step: str
    status: str
    digits: str = ""
    answered_s: float = 0.0
    dialled_s: float = 0.0
    cause: int = 0
    rang: bool = False


@dataclass(frozen=True, slots=True)
class StaffResult:
    """As StepResult, for a leg that is not the citizen's: it was taken out of a talk and asks for itself.

    `role`: agent or what the third party is; `transfer_id`: their own, of an agent's leg the one it dialled last; `rang`: the far end said that it rings.
    """

    call_id: str
    channel: str
    role: str
    seat: str
    transfer_id: str
    step: str
    status: str
    answered_s: float = 0.0
    dialled_s: float = 0.0
    rang: bool = False
    cause: int = 0


@dataclass(frozen=True, slots=True)
class StaffEnd:
    """Such a leg is gone. `lost`: nobody hung up, its telephone or network went away; `ended_by`: its own role, us or switch."""

    call_id: str
    channel: str
    role: str
    seat: str
    transfer_id: str
    ended_by: str
    cause: int
    at: datetime

    @property
    def lost(self) -> bool:
        return self.ended_by == "switch"


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
    """Ring one seat for `timeout_s`; on answer record two channels under `recording` (file stem, no folder).

    `announce`: a prompt both sides hear before they hear each other, '' for none; not part of the recording.
    """

    seat: str
    endpoint: str
    timeout_s: int
    recording: str
    announce: str = ""


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


@dataclass(frozen=True, slots=True)
class Reach:
    """Dial a third party for a transfer, from the citizen's leg (blind) or from an agent's (consult).

    recording: stem of the leg that dials; theirs: stem of the third party's own. The dialling leg goes on when they leave.
    """

    transfer_id: str
    role: str
    endpoint: str
    timeout_s: int
    recording: str
    theirs: str
    seat: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Music for `seconds`, then ask again. peer: the agent's channel, which learns at once when the citizen leaves.

    recording: '' where this leg isn't recorded, else its stem; a stem already under way goes on.
    """

    seconds: int
    peer: str = ""
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """Talk with everybody who is in `room`; fetch: bring the citizen there too."""

    room: str
    recording: str
    fetch: bool = False


Instruction = Play | Ring | Wait | TakeMessage | Bye | Reach | Hold | Room


def room_of(call_id: str) -> str:
    """The conference room of a call; the dialplan makes the same name of the same id."""
    return "".join(c for c in call_id if c.isascii() and c.isalnum())


def side_room_of(call_id: str) -> str:
    """Where the agent and the third party talk while the citizen hears music, once they were apart."""
    return room_of(call_id) + "s"


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

    async def staff_next(self, result: StaffResult) -> Instruction:
        """A leg that was taken out of its talk asks what to do."""

    async def staff_ended(self, end: StaffEnd) -> None:
        """Such a leg is gone."""

    async def third_answered(self, call_id: str, transfer_id: str, channel: str, at: datetime) -> None:
        """AMI saw a third party answer; may come late or not at all."""
