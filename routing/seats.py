"""A seat's states and the steps between them, as one table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.errors import NotAllowed

SeatState = Literal["logged_out", "ready", "paused", "reserved", "ringing", "talking", "wrap_up"]

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
    """A seat as the decision sees it. `idle_since`: when it last became free (aware)."""

    id: str
    state: SeatState
    idle_since: datetime
    version: int
    skills: frozenset[str] = frozenset()


def check_step(before: SeatState, after: SeatState) -> None:
    """Raises NotAllowed naming both states where the table has no such step."""
    if before != after and (before, after) not in SEAT_STEPS:
        raise NotAllowed(f"a seat that is {before} can't become {after}")
