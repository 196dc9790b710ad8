"""What a decision is made from and what comes of it: plain values, small enough to be kept with the call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from routing.seats import AT_WORK, SeatView

ALL = ""
"""Key of `Snapshot.duty` and `Snapshot.queue` for every seat, and for calls that want no particular skill."""

Target = Literal["seat", "wait", "callback"]
Reason = Literal[
    "longest_idle", "on_duty", "skilled", "widened", "same_agent", "wait_for_agent", "wait_for_skill", "in_line", "all_busy",
    "waited_long", "nobody_there", "lost_race",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallView:
    """A call that wants a person. `tried`: seats that did not take it; `wants`: skills; `prefers`: the seat of the agent
    who spoke with this citizen lately, or ''; `insists_s`: how long its line at least insists on what it wants."""

    id: str
    waited_s: float
    tried: frozenset[str] = frozenset()
    wants: tuple[str, ...] = ()
    prefers: str = ""
    callback_offered: bool = False
    insists_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What matters of the floor for one call at one moment.

    seats: free seats in question in turn, and the preferred one in whatever state it is.
    duty: skill -> seats at work that have it; `kind:agent` -> seats at work of a kind; ALL -> all at work.
    queue: wants of the calls ahead, as one text -> how many such calls.
    handle_s: how long a seat is busy with a call; None where nothing is known yet.
    rota: skill of a line -> free seats that are on duty for it now (routing.rota); none where no shift is.
    """

    seats: tuple[SeatView, ...]
    staffed: bool = True
    duty: Mapping[str, int] = field(default_factory=dict)
    queue: Mapping[str, int] = field(default_factory=dict)
    handle_s: float | None = None
    rota: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        seats: Iterable[SeatView],
        queue: Mapping[str, int] | None = None,
        handle_s: float | None = None,
    ) -> "Snapshot":
        """Of every seat there is; a large floor keeps a FloorIndex instead."""
        known = tuple(seats)
        duty: dict[str, int] = {}
        for seat in known:
            if seat.state in AT_WORK:
                for key in (ALL, f"kind:{seat.kind}", *seat.skills):
                    duty[key] = duty.get(key, 0) + 1
        return cls(known, any(s.state != "logged_out" for s in known), duty, queue or {}, handle_s)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the call goes next and why; `position` counts from 1 while it waits, `wait_s` is the estimate then."""

    target: Target
    reason: Reason
    seat: SeatView | None = None
    position: int = 0
    wait_s: float | None = None


def key_of(wants: Iterable[str]) -> str:
    """Skills as one text: a group of calls that want the same."""
    return " ".join(sorted(wants))


def wants_of(key: str) -> tuple[str, ...]:
    return tuple(key.split())
