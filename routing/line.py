"""One hotline number: what it is, how it was joined to 12345, how it is answered and how it is reached from us."""

import re
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

MAIN_LINE = "12345"

Mode = Literal[
    "host",  # 12345 itself
    "merged",  # 整体并入: the number is cancelled, its calls are ours
    "dual_number",  # 双号并行: the number stays, its calls come to our seats
    "sub_centre",  # 设分中心: number and seats stay, calls are handed over
    "direct_merge",  # 直接合并 (Henan), as merged
    "call_forward",  # 呼叫转移 (Henan): the kept hotline forwards to us, or we to its own seats where it has some
    "parallel",  # 并行接听 (Henan): our seat and the kept hotline's own seats ring together
    "emergency",  # 110, 119, 120, 122: not ours, handed over with one key
    "utility",  # water, power, gas: not ours, handed over with one key
    "intake",  # a number of the house on which somebody hands callers over to us (110: non-police matters)
    "queue",  # a number of the house for a queue of its own (政企通)
]
MODES: tuple[Mode, ...] = get_args(Mode)
OUTSIDE: frozenset[Mode] = frozenset({"sub_centre", "emergency", "utility"})  # answered by others
OWN_SEATS: frozenset[Mode] = frozenset(
    {"dual_number", "call_forward", "parallel"}
)  # seats with the line's skill

_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]
NumberOrNone = Annotated[str, Field(pattern=r"^(\+?[0-9]{2,20})?$")]
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
WordOrNone = Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,62})?$")]
Status = Annotated[str, Field(pattern=r"^(active|suspended|(merged_into|part_time)_[0-9]{3,20})$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, config=_STRICT)
class Reach:
    """How we reach a line's own people: `number` over `trunk` ('' is the usual order), or our seats with `skill`."""

    number: NumberOrNone = ""
    trunk: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9_-]{0,39})?$")] = ""
    skill: WordOrNone = ""


@dataclass(frozen=True, config=_STRICT)
class Answer:
    """How a call on this number is answered.

    skills: wanted of the seat; after `overflow_s` without such a seat any agent takes it (0: at once; nothing ever closes).
    prompts: spoken before the greeting; region: whose remote seats come first; priority 0 … 100, higher first.
    """

    skills: Annotated[tuple[Word, ...], Field(max_length=8)] = ()
    overflow_s: Annotated[int, Field(ge=0, le=120)] = 0
    prompts: Annotated[tuple[Word, ...], Field(max_length=4)] = ()
    region: WordOrNone = ""
    priority: Annotated[int, Field(ge=0, le=100)] = 0


@dataclass(frozen=True, config=_STRICT)
class Line:
    """A number of the register. `target`: the line it was merged into ('' for itself); `key`: a second name, `from-110`.

    status: active, suspended (已暂停服务), merged_into_N (已归并到N), part_time_N (由N兼职接听); level: who runs its seats.
    """

    number: Number
    name: Text
    unit: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")]
    mode: Mode
    clause: Text
    status: Status = "active"
    level: Literal["city", "province"] = "city"
    expert_seat: bool = False
    target: NumberOrNone = ""
    key: WordOrNone = ""
    note: Annotated[str, Field(max_length=400)] = ""
    reach: Reach = Reach()
    answer: Answer = Answer()

    @property
    def skill(self) -> str:
        """What a seat of this line's own people can do, `line.12333`; '' where the line has none."""
        return self.reach.skill or (f"line.{self.number}" if self.mode in OWN_SEATS else "")

    @property
    def outside(self) -> str:
        """The number at which others answer for this line; '' where nobody does."""
        return self.reach.number or (self.number if self.mode in ("sub_centre", "emergency") else "")

    def faults(self) -> list[str]:
        """What contradicts itself within this one line."""
        return [text for wrong, text in self._rules() if wrong]

    def _rules(self) -> list[tuple[bool, str]]:
        into = re.fullmatch(r"merged_into_([0-9]+)", self.status)
        joined = self.mode in ("merged", "direct_merge")
        return [
            ((self.mode == "host") != (self.number == MAIN_LINE), f"只有 {MAIN_LINE} 是主号码（host）"),
            (joined and not self.target, f"方式为 {self.mode}，却没有归并目标（target）"),
            (bool(self.target) and not joined, f"方式为 {self.mode}，不能有归并目标（target）"),
            (bool(into) and not joined, f"状态为 {self.status}，方式却是 {self.mode}"),
            (bool(into and into[1] != self.target), f"状态为 {self.status}，归并目标却是 {self.target}"),
            (self.expert_seat and not self.skill, f"设有专家座席，方式却是 {self.mode}，没有自己的座席"),
            (self.status == "suspended" and self.mode == "host", "主号码不能暂停服务"),
        ]


@dataclass(frozen=True, slots=True)
class LineChange:
    """What happened, or would happen, to one number; `fields`: name -> (was, is) of what differs."""

    number: str
    name: str
    what: Literal["added", "changed", "withdrawn", "same"]
    version: int = 0
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def differences(before: Line, after: Line) -> dict[str, tuple[Any, Any]]:
    """Field -> (was, is) of what differs between two states of a line."""
    old, new = asdict(before), asdict(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}
