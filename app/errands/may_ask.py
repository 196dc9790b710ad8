"""Whose talk is graded: not a refusal, not a nuisance call, not an emergency."""

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, CallTag, Transfer


async def may_ask(session: AsyncSession, call: Call) -> bool:
    """Whether the citizen is asked for a grade after this talk."""
    if call.outcome == "refused":
        return False
    tagged = select(CallTag.id).where(CallTag.call_id == call.id, CallTag.removed_at.is_(None))
    urgent = select(Transfer.id).where(Transfer.call_id == call.id, Transfer.kind == "emergency")
    return (await session.execute(union_all(tagged, urgent).limit(1))).first() is None
