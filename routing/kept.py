"""A decision's inputs and outcome as compact JSON, so that any decision can be made again from what was kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from routing.seats import SeatState, SeatView
from routing.views import CallView, Reason, Route, Snapshot, Target, wants_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision said; two decisions are the same where their outcomes are equal."""

    target: Target
    reason: Reason
    seat: str | None
    position: int
    wait_s: float | None

    @classmethod
    def of(cls, route: Route) -> "Outcome":
        seat = route.seat.id if route.seat else None
        return cls(route.target, route.reason, seat, route.position, route.wait_s)


def seen(call: CallView, floor: Snapshot) -> dict[str, Any]:
    """Everything `decide` reads, nothing else: of a seat's skills only those that somebody in question wants."""
    asked = {*call.wants, *(want for key in floor.queue for want in wants_of(key))}
    facts = {
        "waited": call.waited_s,
        "tried": sorted(call.tried),
        "wants": list(call.wants),
        "prefers": call.prefers,
        "offered": call.callback_offered,
        "insists": call.insists_s,
        "staffed": floor.staffed,
        "duty": dict(floor.duty),
        "queue": dict(floor.queue),
        "handle_s": floor.handle_s,
        "rota": {skill: list(ids) for skill, ids in floor.rota.items()},
    }
    kept = {name: value for name, value in facts.items() if value or name == "waited"}
    return kept | {"seats": [_seat(seat, asked) for seat in floor.seats]}


def call_of(call_id: str, kept: Mapping[str, Any]) -> CallView:
    """The call as it was seen."""
    return CallView(
        call_id,
        kept.get("waited", 0.0),
        frozenset(kept.get("tried", ())),
        tuple(kept.get("wants", ())),
        kept.get("prefers", ""),
        kept.get("offered", False),
        kept.get("insists", 0.0),
    )


def floor_of(kept: Mapping[str, Any]) -> Snapshot:
    """The floor as it was seen."""
    return Snapshot(
        tuple(_view(*seat) for seat in kept["seats"]),
        kept.get("staffed", False),
        kept.get("duty", {}),
        kept.get("queue", {}),
        kept.get("handle_s"),
        {skill: tuple(ids) for skill, ids in kept.get("rota", {}).items()},
    )


def _seat(seat: SeatView, asked: set[str]) -> list[Any]:
    """[id, state, turn (microseconds of Unix time), kind, skills in question]; what is usual at the end is left out."""
    skills = sorted(seat.skills & asked)
    facts = [seat.id, seat.state, _micros(seat.turn_at), seat.kind, skills]
    return facts if skills else facts[:4] if seat.kind != "agent" else facts[:3]


def _view(
    id: str, state: str, turn: int, kind: str = "agent", skills: list[str] | tuple[str, ...] = ()
) -> SeatView:
    at = _EPOCH + _MICRO * turn
    return SeatView(id, cast(SeatState, state), at, 0, frozenset(skills), kind)


_EPOCH = datetime.fromtimestamp(0, UTC)
_MICRO = datetime.resolution


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICRO
