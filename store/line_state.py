"""Whether others answer their line now: sub-centres, emergency and utility numbers, from probes and from real calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store import hot
from store.tables import LineState
from store.upsert import insert_into

CLOSED_AFTER = 2  # tries in a row that reached nobody
STALE_AFTER = timedelta(minutes=30)  # what was closed then may be open now: it is tried again
ALIVE = frozenset({"answered", "busy", "rejected"})  # somebody, or their exchange, was there


async def tried(session: AsyncSession, number: str, outcome: str, at: datetime, source: str) -> str:
    """Note how a try went; the state now: open, closed or unknown.

    outcome: answered, or the typed reason (busy, no_answer, rejected, unreachable, congestion, timeout); `cancelled` tells nothing.
    source: `transfer`, `probe` or who said so.
    """
    before = await hot.locked(session, LineState, number=number)
    if outcome == "cancelled":
        return before.state if before else "unknown"
    misses = 0 if outcome in ALIVE else (before.misses if before else 0) + 1
    state = "open" if not misses else "closed" if misses >= CLOSED_AFTER else "unknown"
    since = before.since if before and before.state == state else at
    facts = {
        "state": state, "since": since, "checked_at": at, "misses": misses, "source": source,
        "reason": "" if outcome == "answered" else outcome,
    }  # fmt: skip
    statement = insert_into(session, LineState).values(number=number, **facts)
    await session.execute(statement.on_conflict_do_update(index_elements=["number"], set_=facts))
    return state


async def known(session: AsyncSession, number: str, now: datetime) -> str:
    """open, closed or unknown; a closed line that nobody tried for STALE_AFTER is unknown again."""
    found = await last(session, number)
    return standing(found, now) if found else "unknown"


async def last(session: AsyncSession, number: str) -> LineState | None:
    """How the last try of a line went and what it made of it; None where nobody tried."""
    return await hot.row(session, LineState, number=number)


def standing(row: LineState, now: datetime) -> str:
    """What a row still says at `now`."""
    return "unknown" if row.state == "closed" and now - row.checked_at > STALE_AFTER else row.state


async def rows(session: AsyncSession) -> Sequence[LineState]:
    """Every line anybody tried, by number."""
    return (await session.scalars(select(LineState).order_by(LineState.number))).all()


async def states(session: AsyncSession, now: datetime) -> Mapping[str, str]:
    """Number -> open, closed or unknown."""
    return {row.number: standing(row, now) for row in await rows(session)}
