"""Who may see what of whom, beyond the role: the agent who has the call, the unit that has the ticket."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.house import Actor
from api.parts import Parts
from core.errors import NotAllowed, NotFound
from core.masking import mask_number
from store import calls, lookups, seats
from store.tables import Call, Ticket


async def handles(session: AsyncSession, actor: Actor, call_id: str) -> bool:
    """Whether this call is, or was, the actor's: it rings or talks at their seat, or they answered it."""
    mine = await seats.of_user(session, actor.id)
    if mine is not None and mine.call_id == call_id:
        return True
    try:
        return (await calls.get(session, call_id)).user_id == actor.id
    except NotFound:
        return False


async def hears_in_full(session: AsyncSession, actor: Actor, call_id: str) -> bool:
    """Whether numbers said in a call are shown as said: to the agent who has or had it, nobody else."""
    return actor.role == "agent" and await handles(session, actor, call_id)


async def require_handling(found: Parts, actor: Actor, call_id: str) -> Call:
    """The call, where the actor has it or is a supervisor. Raises NotFound, NotAllowed."""
    async with found.database.reading() as session:
        call = await calls.get(session, call_id)
        if actor.role != "supervisor" and not await handles(session, actor, call_id):
            raise NotAllowed("这不是您接听的通话")
    return call


async def caller_asked(found: Parts, actor: Actor, number: str, call_id: str | None) -> str:
    """Whose calls or tickets are wanted: a number (kept as a look-up), or the look-up hash of a call's citizen.

    Raises NotFound, NotAllowed where the call is not the actor's.
    """
    if call_id is not None:
        return (await require_handling(found, actor, call_id)).caller_hash or "-"
    if number:
        await note_lookup(found, actor, "calls.search", "caller", "")
    return number


def caller_for(actor: Actor, call: Call, held: str | None) -> str:
    """The number in full for the agent who is handling the call now (`held`: the call at their seat), else masked."""
    if actor.role == "agent" and call.id == held:
        return call.caller
    return mask_number(call.caller)


def care_for(actor: Actor, call: Call, held: str | None) -> str:
    """Why this caller is treated with care: for the agent who has the call and those who supervise, nobody else."""
    if actor.role in ("supervisor", "office") or call.id == held:
        return str(call.menu_state.get("care", ""))
    return ""


def may_see(actor: Actor, ticket: Ticket) -> bool:
    """People of a unit see their unit's tickets, and do not learn that others exist."""
    return actor.role != "unit" or (actor.unit is not None and ticket.unit_code == actor.unit)


async def note_lookup(found: Parts, actor: Actor, action: str, subject: str, purpose: str) -> None:
    """谁查看谁负责: kept before anything is shown, so that nothing is shown that was not kept."""
    async with found.database.session() as session:
        await lookups.note(session, actor.id, action, subject, datetime.now(UTC), purpose)


def needs_citizen(actor: Actor, ticket: Ticket, held: str | None) -> bool:
    """Whoever must talk to the citizen: the responsible unit (Henan 三(四): contact first), the agent who has the call."""
    if actor.role == "unit":
        return may_see(actor, ticket)
    return actor.role == "agent" and ticket.call_id is not None and ticket.call_id == held
