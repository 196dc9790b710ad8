"""What the clock owes a ticket before anybody goes on with it: cards that fell, acceptance by silence, and all that follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from app import anomalies, filing, kin
from app.floor import Floor
from app.notices import cards
from store import tickets
from store.tables import Ticket as Row
from tickets.lifecycle import Applied, sweep
from tickets.ticket import CLOCK, Action

_BELOW: frozenset[Action] = frozenset({"withdraw", "merge", "refuse"})
"""Deeds that end the clocks of those below too."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """`row` as it is now; `done` None where nothing was due; `order`: the supervision ticket that a red card opened."""

    row: Row
    done: Applied | None = None
    order: Row | None = None


async def catch_up(floor: Floor, session: AsyncSession, row: Row) -> CaughtUp:
    """Give the cards that fell, with their notices and supervision order, and accept by silence where the law says so.

    Whoever acts first after a card fell, the chore or a person, brings the same about.
    """
    at = floor.clock()
    if row.next_alarm_at is None or row.next_alarm_at > at:
        return CaughtUp(row)
    policy = filing.policy_of(floor, row)
    done = sweep(filing.as_ticket(row), policy, floor.calendar, at)
    if done.ticket.version == row.version:
        return CaughtUp(row)
    await filing.save_step(session, row, done, CLOCK.id)
    await cards.owe(floor, session, row, done, policy, at)
    order = await kin.supervise_red(floor, session, row, done)
    odd = await anomalies.of_step(session, row, done)
    done = replace(done, events=(*done.events, *odd))
    return CaughtUp(await tickets.get(session, row.id), done, order)


async def before(floor: Floor, session: AsyncSession, row: Row, deed: Action) -> list[CaughtUp]:
    """As `catch_up`, for a deed that is about to be done; after the ticket itself those below that it takes along."""
    found = [await catch_up(floor, session, row)]
    if deed in _BELOW:
        for child in await kin.below(session, row):
            found.append(await catch_up(floor, session, child))
    return found


async def tell(floor: Floor, found: Iterable[CaughtUp]) -> None:
    """Screens learn of it, once it is committed."""
    for one in found:
        if one.done is not None:
            await filing.tell_ticket(floor, one.done)
        if one.order is not None:
            told = {"ticket_id": one.order.id, "unit": one.order.unit_code, "state": one.order.state}
            await floor.tell("tickets", "ticket.filed", **told)
