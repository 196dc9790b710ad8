"""A seat's states and the steps between them, as one table."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.errors import WrongState

SeatState = Literal["logged_out", "ready", "paused", "reserved", "ringing", "talking", "wrap_up"]
SeatKind = Literal["agent", "remote", "expert", "supervisor"]
"""Who sits there: the city's floor, a county, a specialist line, the shift's lead."""

SKILL = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""A word for what a seat can do: `line.12333`, `lang.yue`, `region.beihu`, `night`."""

AT_WORK: frozenset[SeatState] = frozenset({"ready", "reserved", "ringing", "talking", "wrap_up"})
"""States of somebody who will take a call now or soon."""

# (from, to): everything else is refused. `reserved` is won by compare-and-set in the store.
SEAT_STEPS: frozenset[tuple[SeatState, SeatState]] = frozenset(
    {
        ("logged_out", "paused"),
        ("logged_out", "ready"),
        ("paused", "ready"),
        ("paused", "logged_out"),
        ("ready", "paused"),
        ("ready", "logged_out"),
        ("ready", "reserved"),
        ("reserved", "ringing"),
        ("reserved", "ready"),
        ("reserved", "paused"),
        ("ringing", "talking"),
        ("ringing", "ready"),
        ("ringing", "paused"),
        ("ringing", "wrap_up"),
        ("talking", "wrap_up"),
        ("wrap_up", "ready"),
        ("wrap_up", "paused"),
        ("wrap_up", "logged_out"),
    }
)


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat as the decision sees it. `turn_at`: its place in the line of free seats, the earliest first (aware)."""

    id: str
    state: SeatState
    turn_at: datetime
    version: int
    skills: frozenset[str] = frozenset()
    kind: str = "agent"

    def has(self, wants: tuple[str, ...]) -> bool:
        """Whether it has every one of these skills."""
        return all(want in self.skills for want in wants)


def skills_of(skills: list[str] | tuple[str, ...], region: str) -> frozenset[str]:
    """Every skill of a seat: its own words and its county."""
    return frozenset(skills) | ({f"region.{region}"} if region else set())


def check_step(before: SeatState, after: SeatState) -> None:
    """Raises WrongState naming both states where the table has no such step."""
    if before != after and (before, after) not in SEAT_STEPS:
        raise WrongState(f"座席处于“{before}”，不能转为“{after}”")
