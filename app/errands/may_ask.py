"""Whose talk is graded: not a refusal, not a nuisance call, not an emergency."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, CallTag


async def may_ask(session: AsyncSession, call: Call) -> bool:
    """Whether the citizen is asked for a grade after this talk."""
    if call.outcome == "refused" or call.direction == "out":
        return False
    tagged = await session.execute(select(CallTag.id).where(CallTag.call_id == call.id).limit(1))
    return tagged.first() is None
