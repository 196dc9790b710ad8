"""The register of hotline numbers: what was dialled decides, chained merges resolve in one hop."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.errors import BadInput, UnknownLine

MAIN_LINE = "12345"


class LinesInvalid(BadInput):
    """The register contradicts itself; the text names the line."""

    code = "lines_invalid"


@dataclass(frozen=True, slots=True)
class Line:
    """One number. `mode`: main, merged, dual_number or sub_centre; `target`: the line it was merged into, or ''."""

    number: str
    name: str
    unit: str
    mode: str
    status: str = "active"
    level: str = "city"
    expert_seat: bool = False
    target: str = ""


class LineRegister:
    """All lines, checked once: unique numbers, known targets, no loops."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines: dict[str, Line] = {}
        for line in lines:
            if line.number in self._lines:
                raise LinesInvalid(f"line {line.number} stands twice in the register")
            self._lines[line.number] = line
        for line in self._lines.values():
            self._follow(line)

    def _follow(self, line: Line) -> Line:
        seen = [line.number]
        while line.target and line.target != MAIN_LINE:
            if line.target not in self._lines:
                raise LinesInvalid(
                    f"line {line.number} points to {line.target}, which is not in the register"
                )
            line = self._lines[line.target]
            if line.number in seen:
                raise LinesInvalid(f"line {line.number} points back to itself over {' -> '.join(seen)}")
            seen.append(line.number)
        return line

    def resolve(self, dialled: str) -> Line:
        """The line that serves what was dialled, chained merges followed. Raises UnknownLine."""
        try:
            return self._follow(self._lines[dialled])
        except KeyError:
            raise UnknownLine(f"nobody registered the line {dialled}") from None

    def serving(self, dialled: str) -> Line:
        """Like `resolve`, but what nobody registered is taken by the main line: no caller is turned away."""
        try:
            return self.resolve(dialled)
        except UnknownLine:
            return self._lines.get(MAIN_LINE) or Line(MAIN_LINE, "12345", "", "main")

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)
