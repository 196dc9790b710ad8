"""值班表: who is on duty for which line and when (003 附二, 004 二.2: 选派和管理长效机制); pure rules over plain values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=31)
"""How long one shift may be."""
GRACE = timedelta(minutes=5)
"""So long after a shift's beginning its people may still be on their way to the seat."""
NEAR = timedelta(days=7)
"""A line with a shift within so many days, back or ahead, has a rota; others are nobody's concern here."""

State = Literal["covered", "absent", "empty"]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody whose shift is now. `seat`: where they sit, '' where they are not logged in; `skilled`: that seat has the line's
    skill, without which routing sends it none of the line's calls."""

    shift_id: str
    line: str
    name: str
    seat: str
    state: str
    skilled: bool
    starts_at: datetime
    ends_at: datetime

    @property
    def logged_in(self) -> bool:
        return bool(self.seat) and self.state != "logged_out"


@dataclass(frozen=True, slots=True)
class LineDuty:
    """A line with a rota at one moment. covered: somebody on duty is logged in; absent: nobody of those is; empty: no shift now."""

    line: str
    people: tuple[OnDuty, ...] = ()

    @property
    def state(self) -> State:
        if not self.people:
            return "empty"
        return "covered" if any(one.logged_in for one in self.people) else "absent"

    def alarm(self, at: datetime, standing: str) -> State:
        """What the alarm should say now, given what it says; people get GRACE from the beginning of their shift."""
        if self.state == "absent" and standing == "covered":
            late = any(at - one.starts_at >= GRACE for one in self.people)
            return "absent" if late else "covered"
        return self.state


def standing(lines: Iterable[str], people: Iterable[OnDuty]) -> list[LineDuty]:
    """Every line of `lines` with who is on duty for it, by number."""
    by_line: dict[str, list[OnDuty]] = {line: [] for line in sorted(lines)}
    for one in people:
        by_line.setdefault(one.line, []).append(one)
    return [LineDuty(line, tuple(found)) for line, found in by_line.items()]


def gaps(shifts: Sequence[Span], since: datetime, until: datetime) -> list[Span]:
    """The parts of [since, until) in which no shift is, in order."""
    found, reached = [], since
    for begins, ends in sorted(shifts):
        if begins >= until:
            break
        if begins > reached:
            found.append((reached, begins))
        reached = max(reached, ends)
    return [*found, (reached, until)] if reached < until else found


def on_duty(seat_id: str, wants: Iterable[str], rota: Mapping[str, Sequence[str]]) -> bool:
    """Whether a seat is on duty now for any line whose skill is wanted. `rota`: skill -> seats."""
    return any(seat_id in rota[want] for want in wants if want in rota)
