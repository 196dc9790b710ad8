"""What the clock owes a ticket before anybody goes on with it: cards that fell, acceptance by silence, and all that follows from them."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import anomalies, filing, kin
from app.floor import Floor
from app.notices import cards
from core.events import TicketFiled
from store import tickets
from store.tables import Ticket as Row
from tickets.lifecycle import Applied, apply, sweep
from tickets.ticket import CLOCK, Action, Actor


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """`row` as it is now; `done` None where nothing was due; `order`: the supervision ticket that a red card opened."""

    row: Row
    done: Applied | None = None
    order: Row | None = None

    @property
    def told(self) -> list[Applied]:
        """What screens learn of it, once it is committed."""
        found = [self.done] if self.done else []
        if self.order is not None:
            ticket = filing.as_ticket(self.order)
            filed = TicketFiled(self.order.filed_at, ticket.id, ticket.call_id, ticket.type)
            found.append(Applied(ticket, (filed,)))
        return found


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


async def step(
    floor: Floor, session: AsyncSession, row: Row, deed: Action, actor: Actor, /, **facts: Any
) -> list[Applied]:
    """A deed that reaches this ticket through another one, after what the clock owes it; the deed itself comes last.

    The sweep passes over what a step has left behind: without this a card would fall here and nobody would hear of it.
    Raises as `apply` does.
    """
    first = await catch_up(floor, session, row)
    policy = filing.policy_of(floor, first.row)
    done = apply(filing.as_ticket(first.row), deed, actor, floor.clock(), policy, floor.calendar, **facts)
    await filing.save_step(session, first.row, done, actor.id)
    return [*first.told, done]
