"""One subject's whole trail: what happened to it and who looked at it, with what hangs on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.rights import Scope
from store import about, scope
from store.tables import Call, EventRow, Lookup, Message, Recording, Ticket

MOST = 500
"""So many facts and so many looks are shown, the newest of them."""
MOST_OF_A_NUMBER = 200


@dataclass(frozen=True, slots=True)
class Family:
    """Ids that belong together: tickets, their calls, and what those left behind."""

    tickets: Sequence[str] = ()
    calls: Sequence[str] = ()
    others: Sequence[str] = ()

    @property
    def ids(self) -> list[str]:
        return [*self.tickets, *self.calls, *self.others]


async def family(
    session: AsyncSession,
    within: Scope,
    tickets: Iterable[str] = (),
    calls: Iterable[str] = (),
    secret: bool = True,
) -> Family:
    """These tickets and calls, the calls they came from, the tickets within reach those became, recordings and messages.

    Not `secret`: what is plain leads to no confidential matter beside it, which would tell who reported that.
    """
    ours = set(tickets)
    came_from = select(Ticket.call_id).where(Ticket.id.in_(ours), Ticket.call_id.is_not(None))
    became = select(Ticket.id).where(scope.tickets(within))
    if not secret:
        came_from, became = came_from.where(~about.secret(Ticket.call_id)), became.where(~Ticket.confidential)
    theirs = {*calls, *(await session.scalars(came_from)).all()} - {None}
    ours |= set((await session.scalars(became.where(Ticket.call_id.in_(theirs)))).all())
    left: list[str] = []
    for row_id, of in ((Recording.id, Recording.call_id), (Message.id, Message.call_id)):
        left += (await session.scalars(select(row_id).where(of.in_(theirs)))).all()
    return Family(sorted(ours), sorted(one for one in theirs if one), left)


async def of_number(session: AsyncSession, number: str, tickets: Scope, calls: Scope) -> Family:
    """What came from a citizen's number, within both scopes, the newest of very much.

    Never a confidential matter: asking by number would tell who reported it (001 19(八)).
    """
    filed = select(Ticket.id).where(
        Ticket.caller_hash == number, ~Ticket.confidential, scope.tickets(tickets)
    )
    rang = select(Call.id).where(Call.caller_hash == number, ~about.secret(Call.id), scope.calls(calls))
    newest_tickets = filed.order_by(Ticket.filed_at.desc()).limit(MOST_OF_A_NUMBER)
    newest_calls = rang.order_by(Call.arrived_at.desc()).limit(MOST_OF_A_NUMBER)
    return await family(
        session,
        tickets,
        (await session.scalars(newest_tickets)).all(),
        (await session.scalars(newest_calls)).all(),
        secret=False,
    )


async def facts(session: AsyncSession, ids: Sequence[str]) -> Sequence[EventRow]:
    """Newest first."""
    question = select(EventRow).where(EventRow.subject.in_(ids))
    return (await session.scalars(question.order_by(EventRow.seq.desc()).limit(MOST))).all()


async def looks(session: AsyncSession, ids: Sequence[str]) -> Sequence[Lookup]:
    """Newest first."""
    question = select(Lookup).where(Lookup.subject.in_(ids))
    return (await session.scalars(question.order_by(Lookup.at.desc(), Lookup.id.desc()).limit(MOST))).all()
