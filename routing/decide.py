"""The decision: a pure function of the call, the floor as it stands and the city's policy."""

from dataclasses import dataclass
from typing import Literal

from routing.seats import SeatView


@dataclass(frozen=True, slots=True)
class CallView:
    """A call that wants a person. `ahead`: calls that have waited longer; `tried`: seats that did not take it."""

    id: str
    waited_s: float
    ahead: int = 0
    tried: frozenset[str] = frozenset()
    skill: str = ""
    callback_offered: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The floor at one moment."""

    seats: tuple[SeatView, ...]


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """Times of the city; see Settings."""

    offer_callback_after_s: float = 60


@dataclass(frozen=True, slots=True)
class Route:
    """Where the call goes next and why; `position` counts from 1 while it waits."""

    target: Literal["seat", "wait", "callback"]
    reason: str
    seat: SeatView | None = None
    position: int = 0


def decide(call: CallView, floor: Snapshot, policy: RoutingPolicy) -> Route:
    """Longest-idle free seat that has not missed this call; nobody overtakes; nobody there at all: offer a call-back.

    A call for which every free seat was tried starts a new round rather than wait for a seat that may never come; after
    a long wait it is offered a call-back first.
    """
    free = sorted((s for s in floor.seats if s.state == "ready"), key=lambda s: (s.idle_since, s.id))
    able = [s for s in free if not call.skill or call.skill in s.skills] or free
    fresh = [s for s in able if s.id not in call.tried] or able
    tired = call.waited_s >= policy.offer_callback_after_s and not call.callback_offered
    let_ring = tired and bool(able) and all(s.id in call.tried for s in able)
    if len(able) > call.ahead and not let_ring:
        seat = fresh[0] if call.ahead == 0 else (fresh[call.ahead :] or fresh)[0]
        return Route("seat", "longest idle of the free seats", seat)
    staffed = any(s.state != "logged_out" for s in floor.seats)
    due = not staffed or call.waited_s >= policy.offer_callback_after_s
    if due and not call.callback_offered:
        why = f"waited {call.waited_s:.0f} s" if staffed else "nobody is logged in"
        return Route("callback", why, position=call.ahead + 1)
    return Route("wait", f"{len(free)} seats free, {call.ahead} calls ahead", position=call.ahead + 1)
