"""After the call: errands we owe a citizen, grades they give; and the port that places calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol, get_args

from core.events import Event

Kind = Literal["callback", "abandoned", "cut_off", "revisit"]
State = Literal["due", "queued", "dialling", "talking", "done", "given_up", "cancelled"]
Result = Literal["answered", "busy", "no_answer", "rejected", "unreachable", "machine"]
Stage = Literal["intake", "unit"]
Grade = Literal["very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied"]
Via = Literal["phone_key", "voice", "sms", "online", "agent"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)
RESULTS: tuple[Result, ...] = get_args(Result)
GRADES: tuple[Grade, ...] = get_args(Grade)
"""Best first: key 1 is the first (001 14)."""
VIAS: tuple[Via, ...] = get_args(Via)
GRADE_NAMES: dict[Grade, str] = dict(
    zip(GRADES, ("非常满意", "满意", "基本满意", "不满意", "非常不满意"), strict=True)
)
JOINS: tuple[Kind, ...] = ("callback", "abandoned", "cut_off")
"""Kinds in which the citizen is joined with an agent."""

_BUSY, _SILENT, _REFUSED = frozenset({17}), frozenset({18, 19, 102}), frozenset({21})
NEXT_TRUNK = frozenset({0, 3, 20, 27, 34, 38, 41, 42, 44, 58, 127})
"""Q.850 causes that are the carrier's trouble, not the citizen's answer: the next trunk is tried."""


Scale = Literal["five_grades", "satisfied_or_not"]
SCALES: dict[Scale, tuple[Grade, ...]] = {
    "five_grades": GRADES,
    "satisfied_or_not": ("satisfied", "dissatisfied"),
}
"""What citizens choose from, best first: 五级评分 (001 14), 满意或不满意 (002 12)."""


def grade_of_key(key: str, scale: Sequence[Grade] = GRADES) -> Grade | None:
    """1, 2, … best first; None for anything else."""
    return dict(zip("12345", scale, strict=False)).get(key)


def on_scale(grade: Grade | None, scale: Sequence[Grade]) -> Grade | None:
    """What somebody said in their own words, as one of the grades that are taken: 非常满意 is 满意 where there are two.

    None where it is neither (基本满意): then they have not graded yet.
    """
    if grade is None or grade in scale:
        return grade
    plain: dict[Grade, Grade] = {"very_satisfied": "satisfied", "very_dissatisfied": "dissatisfied"}
    return plain.get(grade)


def result_of(cause: int) -> Result:
    """What a call that was not answered came to. Source: ITU-T Q.850; Asterisk gives 127 to a call it stopped ringing."""
    if cause in _BUSY:
        return "busy"
    if cause in _SILENT or cause in (16, 26, 31):
        return "no_answer"
    return "rejected" if cause in _REFUSED else "unreachable"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call to place. `linkedid`: the channel's own id, so that the same one can't be placed twice at once.

    `number` is dialled over `trunk` showing `display`; `listen` asks for answer-machine detection; `recording`: file
    stem of the whole call, '' for none.
    """

    call_id: str
    linkedid: str
    number: str = field(repr=False)
    line: str
    trunk: str
    display: str
    ring_s: int
    listen: bool = False
    recording: str = ""


class Dialler(Protocol):
    """Places calls. Raises SwitchSilent where Asterisk can't be asked."""

    async def place(self, call: Outgoing) -> tuple[Result, int]:
        """Ring until answered, refused or `ring_s` are over; the result and its Q.850 cause (0: unknown)."""

    async def linkedids(self) -> frozenset[str]:
        """Every call that has a channel now."""


@dataclass(frozen=True, slots=True)
class CallPlaced(Event):
    """We called a citizen."""

    name: ClassVar[str] = "call.placed"
    call_id: str
    errand_id: str
    kind: str
    tried: int


@dataclass(frozen=True, slots=True)
class ErrandSettled(Event):
    """A try of an errand is over, or the errand itself."""

    name: ClassVar[str] = "errand.settled"
    call_id: str
    errand_id: str
    kind: str
    state: str
    result: str


@dataclass(frozen=True, slots=True)
class ErrandCancelled(Event):
    """Somebody decided that this call is not placed; why stands in the errand."""

    name: ClassVar[str] = "errand.cancelled"
    call_id: str | None
    ticket_id: str | None
    errand_id: str
    errand: str

    @property
    def subject(self) -> str:
        return self.ticket_id or self.call_id or self.errand_id


@dataclass(frozen=True, slots=True)
class Graded(Event):
    """A citizen graded the intake or the unit."""

    name: ClassVar[str] = "call.graded"
    call_id: str
    stage: str
    grade: str
    via: str


@dataclass(frozen=True, slots=True)
class GradeUnclear(Event):
    """A citizen answered a text while several asked them, and did not say which ticket they mean: none is graded by it."""

    name: ClassVar[str] = "ticket.grade_unclear"
    ticket_id: str
    said: str


def when(at: datetime) -> str:
    """For a reason people read."""
    return at.isoformat(timespec="seconds")
