"""Who may see what of whom, beyond the role: core.rights says how far a right reaches, here it is asked for by name."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.parts import Parts
from core.errors import NotFound
from core.masking import mask_number
from core.rights import Scope, scope
from store import lookups, seats
from store.tables import Call, Ticket

LOOK_AGAIN = timedelta(minutes=10)
"""A look at the same thing for the same purpose within this time is the same look."""


def reach(actor: Actor, thing: str, deed: str) -> Scope:
    """How far this right of the actor goes; nowhere for a role without it."""
    return scope((thing, deed), actor.role, actor.id, actor.unit, actor.places, actor.callers)


async def handles(session: AsyncSession, actor: Actor, call_id: str) -> bool:
    """Whether this call is, or was, the actor's: it rings or talks at their seat, or they answered it."""
    try:
        await queries.call(session, Scope(user=actor.id), call_id)
    except NotFound:
        return False
    return True


async def held(session: AsyncSession, actor: Actor) -> str | None:
    """The call at the actor's seat: whoever speaks with a citizen may know what that citizen reported, nobody else may ask by number."""
    mine = await seats.of_user(session, actor.id)
    return mine.call_id if mine else None


async def hears_in_full(session: AsyncSession, actor: Actor, call_id: str) -> bool:
    """Whether numbers said in a call are shown as said: to the agent who has or had it, nobody else."""
    return actor.at_a_seat and await handles(session, actor, call_id)


async def require_handling(found: Parts, actor: Actor, call_id: str) -> Call:
    """The call, where the actor has or had it or supervises there. Raises NotFound: others' calls are nobody's business."""
    async with found.database.reading() as session:
        return await queries.call(session, reach(actor, "call", "handle"), call_id)


async def caller_asked(
    found: Parts, actor: Actor, action: str, number: str, call_id: str | None, purpose: str
) -> str:
    """Whose calls or tickets are wanted: a number, or that of a call's citizen; kept as a look-up either way.

    Raises NotFound where the call is not the actor's.
    """
    if call_id is not None:
        call = await require_handling(found, actor, call_id)
        await note_once(found, actor, action, call_id, f"{purpose}（同一来电人）")
        return call.caller or "-"
    if number:
        await note_search(found, actor, action, number, purpose)
    return number


def caller_for(actor: Actor, call: Call, held: str | None) -> str:
    """The number in full for the agent who is handling the call now (`held`: the call at their seat), else masked."""
    if actor.at_a_seat and call.id == held:
        return call.caller
    return mask_number(call.caller)


def care_for(actor: Actor, call: Call, held: str | None) -> str:
    """Why this caller is treated with care: for the agent who has the call and those who supervise, nobody else."""
    if actor.role in ("supervisor", "office") or call.id == held:
        return str(call.menu_state.get("care", ""))
    return ""


async def note_lookup(found: Parts, actor: Actor, action: str, subject: str, purpose: str) -> None:
    """谁查看谁负责: kept before anything is shown, so that nothing is shown that was not kept."""
    async with found.database.session() as session:
        await lookups.note(session, actor.id, action, subject, datetime.now(UTC), purpose)


async def note_once(found: Parts, actor: Actor, action: str, subject: str, purpose: str) -> None:
    """As note_lookup, but not again for the same look within LOOK_AGAIN: a page loads anew at every change that it shows."""
    async with found.database.reading() as session:
        since = datetime.now(UTC) - LOOK_AGAIN
        known = await lookups.noted(session, actor.id, action, subject, purpose, since)
    if not known:
        await note_lookup(found, actor, action, subject, purpose)


async def note_reading(found: Parts, actor: Actor, call_id: str, purpose: str) -> None:
    """The words of a call are opened, once however much of it is read; whoever is in the talk need not say that they follow it."""
    async with found.database.reading() as session:
        mine = await held(session, actor)
    if mine != call_id:
        await note_once(found, actor, "call.read", call_id, purpose)


async def note_search(found: Parts, actor: Actor, action: str, asked: str, purpose: str) -> None:
    """A search, once however many pages of it are turned; never what was asked itself."""
    async with found.database.reading() as session:
        subject, why = lookups.searched(session, asked, purpose)
    await note_once(found, actor, action, subject, why)


def needs_citizen(actor: Actor, ticket: Ticket, held: str | None) -> bool:
    """Whoever must talk to the citizen: the responsible unit (Henan 三(四): contact first), the agent who has the call."""
    if actor.of_a_unit:
        return actor.unit is not None and ticket.unit_code == actor.unit
    return actor.at_a_seat and ticket.call_id is not None and ticket.call_id == held
