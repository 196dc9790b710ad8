"""What becomes of a seat that did not take a call, of one that a supervisor stopped, and why one pauses."""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app.floor import Floor
from core.errors import BadInput, NotAllowed
from core.events import SeatForced
from store import events, seats
from store.seat_forced import ROUTING
from store.tables import Seat

log = structlog.get_logger(__name__)

MISSED = ("NOANSWER", "BUSY")
UNREACHABLE = ("CHANUNAVAIL", "CONGESTION")


async def not_taken(floor: Floor, session: AsyncSession, seat: str, call_id: str, status: str) -> None:
    """The seat that rang did not take the call, by Dial's word for it: further back in line, or paused."""
    at, rules = floor.clock(), floor.routing
    if status in MISSED:
        became = await seats.missed(session, seat, call_id, at, rules.miss_limit, rules.miss_penalty_s)
        if became == "paused":
            why = (await seats.get(session, seat)).forced_why or ""
            await events.append(session, SeatForced(at, seat, "pause", ROUTING, why), ROUTING)
            log.warning("seat let too many calls ring and is paused", seat=seat, call=call_id)
        return
    missing = status in UNREACHABLE
    if await seats.release(session, seat, call_id, at, to="paused" if missing else "ready") and missing:
        log.warning("seat can't be reached and is paused", seat=seat, status=status)


async def ready(floor: Floor, session: AsyncSession, seat: Seat, actor: Actor) -> None:
    """Somebody is there again. Raises NotAllowed for an agent whom a supervisor stopped: that is theirs to lift."""
    if seat.forced and seat.forced_by != ROUTING and actor.at_a_seat:
        raise NotAllowed(f"班长已要求示忙或签出：{seat.forced_why}")
    if seat.forced or seat.misses:
        await seats.lift(session, seat.id)
    await seats.set_state(session, seat.id, "ready", floor.clock())


def pause_reason(floor: Floor, actor: Actor, reason: str) -> str:
    """An agent pauses for a reason of the city's list, `其他：…` in their own words. Raises BadInput naming the list."""
    known = floor.routing.pause_reasons
    if actor.at_a_seat and reason and known and reason.replace(":", "：").split("：")[0] not in known:
        raise BadInput(f"示忙原因请选：{'、'.join(known)}")
    return reason
