"""The decision: a pure function of the call, the floor as it stands and the city's rules."""

from routing import rota
from routing.policy import RoutingPolicy
from routing.seats import SeatView
from routing.views import ALL, CallView, Reason, Route, Snapshot, wants_of


def decide(call: CallView, floor: Snapshot, policy: RoutingPolicy) -> Route:
    """A free seat with the wanted skills whose turn it is; nobody overtakes; nobody there at all: offer a call-back.

    A call insists on a skill while somebody at work has it and its patience lasts, then anybody helps: nothing closes.
    Who is on duty for the wanted line goes before others that merely have its skill.
    The agent who knows the citizen goes first, and is waited for a moment while filing. A call for which every free seat
    was tried starts a new round rather than wait for a seat that may never come; after a long wait it is offered a
    call-back first. Nobody is asked twice whether to be called back.
    """
    wants = insisted(call, floor, policy)
    able = [s for s in _in_turn(call, floor) if may_take(s, call, wants, floor, policy)]
    left = _after_those_ahead(able, floor, policy)
    known = next((s for s in floor.seats if s.id == call.prefers), None) if call.prefers else None
    if known in left and known is not None and known.id not in call.tried:
        return Route("seat", "same_agent", known)
    tired = call.waited_s >= policy.offer_callback_after_s and not call.callback_offered
    let_ring = tired and bool(able) and all(s.id in call.tried for s in able)
    if known is not None and known.state == "wrap_up" and call.waited_s < policy.affinity_wait_s:
        return _waiting("wait_for_agent", call, wants, floor)
    if left and not let_ring:
        seat = next((s for s in left if s.id not in call.tried), left[0])
        return Route("seat", _why(call, wants, seat, floor), seat)
    due = not floor.staffed or call.waited_s >= policy.offer_callback_after_s
    if due and not call.callback_offered:
        return Route(
            "callback", "waited_long" if floor.staffed else "nobody_there", position=_position(wants, floor)
        )
    return _waiting("wait_for_skill" if wants else "in_line" if able else "all_busy", call, wants, floor)


def insisted(call: CallView, floor: Snapshot, policy: RoutingPolicy) -> tuple[str, ...]:
    """The skills without which no seat will do for this call at this moment."""
    return tuple(
        want
        for want in call.wants
        if floor.duty.get(want, 0) > 0 and call.waited_s < max(policy.patience(want), call.insists_s)
    )


def may_take(
    seat: SeatView, call: CallView, wants: tuple[str, ...], floor: Snapshot, policy: RoutingPolicy
) -> bool:
    """Whether this seat is free and one for this call, which insists on `wants`."""
    if seat.state != "ready" or not seat.has(wants):
        return False
    return (
        bool(wants) or seat.kind in helpers(call, floor, policy) or bool(seat.skills.intersection(call.wants))
    )


def helpers(call: CallView, floor: Snapshot, policy: RoutingPolicy) -> tuple[str, ...]:
    """Kinds of seats that help with any call by now; every kind where none of those is at work."""
    kinds = policy.kinds(call.waited_s)
    if any(floor.duty.get(f"kind:{kind}") for kind in kinds) or not floor.duty:
        return kinds
    return tuple(policy.helps_after_s)


def _in_turn(call: CallView, floor: Snapshot) -> list[SeatView]:
    """Seats on duty first, then those with more of the wanted skills, then whoever's turn it is."""
    if not call.wants:
        return sorted(floor.seats, key=lambda s: (s.turn_at, s.id))
    return sorted(
        floor.seats,
        key=lambda s: (
            not _on_duty(s, call, floor),
            -len(s.skills.intersection(call.wants)),
            s.turn_at,
            s.id,
        ),
    )


def _on_duty(seat: SeatView, call: CallView, floor: Snapshot) -> bool:
    """Duty does not replace the skill: a seat that lacks it is not the expert's."""
    return bool(floor.rota) and rota.on_duty(seat.id, seat.skills.intersection(call.wants), floor.rota)


def _after_those_ahead(able: list[SeatView], floor: Snapshot, policy: RoutingPolicy) -> list[SeatView]:
    """The seats that calls ahead of this one leave over; those who want most choose first."""
    left = list(able)
    for key in sorted(floor.queue, key=lambda k: (-len(wants_of(k)), k)):
        wants = tuple(w for w in wants_of(key) if floor.duty.get(w, 0) > 0)
        taken = [s for s in left if s.has(wants)][: floor.queue[key]]
        left = [s for s in left if s not in taken]
        if not left:
            break
    return left


def _why(call: CallView, wants: tuple[str, ...], seat: SeatView, floor: Snapshot) -> Reason:
    if not call.wants:
        return "longest_idle"
    if _on_duty(seat, call, floor):
        return "on_duty"
    return "skilled" if wants or seat.has(call.wants) else "widened"


def _position(wants: tuple[str, ...], floor: Snapshot) -> int:
    """Who insists on a skill stands in line only with those who want it too."""
    rivals = (n for key, n in floor.queue.items() if set(wants) <= set(wants_of(key)))
    return 1 + sum(rivals)


def _waiting(reason: Reason, call: CallView, wants: tuple[str, ...], floor: Snapshot) -> Route:
    """Estimated wait: calls up to this one, each keeping a seat for `handle_s`, over the seats that serve them."""
    position = _position(wants, floor)
    serving = min((floor.duty.get(w, 0) for w in wants), default=floor.duty.get(ALL, 0))
    estimate = round(position * floor.handle_s / serving, 1) if floor.handle_s and serving else None
    return Route("wait", reason, position=position, wait_s=estimate)
