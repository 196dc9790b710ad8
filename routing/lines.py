"""The register of hotline numbers: what was dialled decides, chained merges resolve in one hop."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from core.errors import BadInput, UnknownLine
from routing.line import MAIN_LINE, OUTSIDE, Line

Party = Literal["agent", "expert", "sub_centre", "emergency", "utility"]


class LinesInvalid(BadInput):
    """The register contradicts itself; the text names the line."""

    code = "lines_invalid"


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a call on `dialled` goes: `line` serves it, whoever it was merged into.

    skills: wanted of the seat, best first; after `overflow_s` any agent takes the call. region: its remote seats come first.
    forward: ring this number first, then our seats (呼叫转移); also_ring: ring these together with our seat (并行接听).
    """

    line: Line
    dialled: str
    skills: tuple[str, ...] = ()
    overflow_s: int = 0
    region: str = ""
    priority: int = 0
    prompts: tuple[str, ...] = ()
    forward: str = ""
    also_ring: tuple[str, ...] = ()
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How an agent's call is handed to a line: seats with `skill` and, where there are none, `number` over `trunk`."""

    line: Line
    party: Party
    skill: str = ""
    number: str = ""
    trunk: str = ""


class LineRegister:
    """All lines, checked once: unique numbers and keys, known targets, no loops, nothing withdrawn.

    Raises LinesInvalid naming the line. withdrawn: number -> when and why; such a number is never used again.
    """

    def __init__(self, lines: Iterable[Line], withdrawn: Mapping[str, str] | None = None) -> None:
        self._lines: dict[str, Line] = {}
        self._keys: dict[str, str] = {}
        for line in lines:
            self._add(line, withdrawn or {})
        if MAIN_LINE not in self._lines:
            raise LinesInvalid(f"线路库中没有 {MAIN_LINE}")
        ours = {line.number for line in self if line.mode not in OUTSIDE}
        for line in self:
            self._follow(line)
            if line.outside in ours:
                raise LinesInvalid(f"线路 {line.number} 转接到 {line.outside}，又回到我处")
        self._reached = {line.number: self._reach(line) for line in self}
        self._own: dict[str, tuple[str, ...]] = {}
        for line in self:
            if line.skill:
                self._own[line.skill] = (*self._own.get(line.skill, ()), line.number)

    @property
    def office(self) -> str | None:
        """The unit that runs 12345 itself: the hotline office."""
        return self._lines[MAIN_LINE].unit or None

    def _add(self, line: Line, withdrawn: Mapping[str, str]) -> None:
        if line.number in self._lines:
            raise LinesInvalid(f"线路 {line.number} 在线路库中出现两次")
        if line.number in withdrawn:
            why = withdrawn[line.number]
            raise LinesInvalid(f"线路 {line.number} 已取消，不再恢复（{why}）")
        if line.key in self._keys:
            raise LinesInvalid(f"线路 {line.number} 的代号 {line.key} 已用于线路 {self._keys[line.key]}")
        for fault in line.faults():
            raise LinesInvalid(f"线路 {line.number}：{fault}")
        self._lines[line.number] = line
        if line.key:
            self._keys[line.key] = line.number

    def _follow(self, line: Line) -> Line:
        """The end of the chain of merges."""
        way = [line.number]
        while line.target:
            if line.target in way:
                raise LinesInvalid(f"线路 {way[0]} 的归并绕回自身：{' -> '.join((*way, line.target))}")
            if line.target not in self._lines:
                raise LinesInvalid(f"线路 {line.number} 归并到 {line.target}，线路库中没有这个号码")
            line = self._lines[line.target]
            way.append(line.number)
        if len(way) > 1 and (line.status == "suspended" or line.mode in OUTSIDE):
            raise LinesInvalid(f"线路 {way[0]} 归并到 {line.number}，而后者不由我处接听")
        return line

    def _reach(self, dialled: Line) -> Reached:
        line = self._follow(dialled)
        own, theirs = dialled.answer, line.answer
        wanted = (*own.skills, *theirs.skills, *filter(None, (line.skill,)))
        outside = line.reach.number
        return Reached(
            line=line,
            dialled=dialled.number,
            skills=tuple(dict.fromkeys(wanted)),
            overflow_s=max(own.overflow_s, theirs.overflow_s),
            region=own.region or theirs.region,
            priority=max(own.priority, theirs.priority),
            prompts=own.prompts,
            forward=outside if line.mode == "call_forward" else "",
            also_ring=(outside,) if outside and line.mode == "parallel" else (),
            trunk=line.reach.trunk,
        )

    def resolve(self, dialled: str) -> Line:
        """The line that serves what was dialled, chained merges followed. Raises UnknownLine."""
        return self._follow(self.get(dialled))

    def reached(self, dialled: str) -> Reached:
        """Where a call goes, in one look-up; what nobody registered is the main line's: no caller is turned away."""
        found = self._reached.get(dialled)
        return found or Reached(self._lines[MAIN_LINE], dialled)

    def get(self, ref: str) -> Line:
        """The line of this number or key. Raises UnknownLine."""
        found = self._lines.get(self._keys.get(ref, ref))
        if found is None:
            raise UnknownLine(f"没有登记号码或代号 {ref}")
        return found

    def way(self, ref: str) -> Way:
        """How to hand a call to this line, by number or key; its own people first, else of the line that serves it.

        Raises UnknownLine.
        """
        line = self.get(ref)
        if not (line.skill or line.outside):
            line = self._follow(line)
        there = self._lines.get(line.outside, line)  # 96119 is reached at 119, which is an emergency line
        return Way(line, _party(there), line.skill, line.outside, line.reach.trunk)

    def lines_of(self, skill: str) -> tuple[str, ...]:
        """Numbers of the lines whose own people have this skill."""
        return self._own.get(skill, ())

    def units(self) -> dict[str, str]:
        """Number -> unit of the lines that speak for a unit's matters; what 110 hands over is none of 110's."""
        apart = ("emergency", "intake", "queue")
        return {line.number: line.unit for line in self if line.unit and line.mode not in apart}

    def __contains__(self, number: str) -> bool:
        return number in self._lines

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)


def _party(line: Line) -> Party:
    match line.mode:
        case "sub_centre" | "emergency" | "utility":
            return line.mode
        case "dual_number" | "call_forward" | "parallel":
            return "expert"
        case _:
            return "agent"
