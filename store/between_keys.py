"""Whose rows somebody may see, while look-up keys turn: one citizen's rows may lie under different keys then, and the database
can't compare one column's hash with another's. Numbers are opened and looked for instead; with one key nothing of this is done."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.rights import Scope
from store import scope as within
from store.hot import dialect_of
from store.sealed import keyring_of
from store.tables import Block, Call, CareCaller, Seat, Ticket

_AT_ONCE = 300
"""Numbers looked for with one question."""


async def spoken_with(session: AsyncSession, user: str) -> tuple[str, ...]:
    """The numbers of whom somebody speaks with now."""
    if not _turning(session):
        return ()
    held = select(Seat.call_id).where(Seat.user_id == user, Seat.call_id.is_not(None))
    return tuple(await session.scalars(select(Call.caller).where(Call.id.in_(held))))


async def callers(
    session: AsyncSession, scope: Scope, entity: type[Block] | type[CareCaller]
) -> within.Condition:
    """As store.scope.callers, of the blocks or of the care register."""
    by_hash = within.callers(scope, entity.caller_hash, entity.by)
    if scope.places is None or not _turning(session):
        return by_hash
    ring = keyring_of(dialect_of(session))
    rows = (await session.execute(select(entity.id, entity.caller).where(entity.caller_hash != ""))).all()
    known: list[str] = []
    for first in range(0, len(rows), _AT_ONCE):
        part = {row_id: ring.hashes(number) for row_id, number in rows[first : first + _AT_ONCE]}
        there = await _there(session, scope, [one for hashes in part.values() for one in hashes])
        known += [row_id for row_id, hashes in part.items() if there.intersection(hashes)]
    return or_(by_hash, entity.id.in_(known))


async def _there(session: AsyncSession, scope: Scope, hashes: Sequence[str]) -> set[str]:
    """Those of these hashes under which a call or a ticket within the scope lies."""
    called = select(Call.caller_hash).where(Call.caller_hash.in_(hashes), within.calls(scope))
    wrote = select(Ticket.caller_hash).where(Ticket.caller_hash.in_(hashes), within.tickets(scope))
    return set(await session.scalars(called.distinct())) | set(await session.scalars(wrote.distinct()))


def _turning(session: AsyncSession) -> bool:
    return len(keyring_of(dialect_of(session)).lookup_keys) > 1
