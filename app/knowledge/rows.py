"""What filing a ticket and taking an answer mean for the knowledge base, in the transaction of those deeds."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.filing import Order
from app.knowledge.misses import note_consult
from core.errors import NotFound
from store import knowledge
from store.tables import Article, Proposal, Ticket


async def ticket_filed(session: AsyncSession, row: Ticket, order: Order) -> None:
    """An answered consult keeps the version it was answered from; one that went to a unit is a question we could not answer."""
    if order.exit == "answer":
        await knowledge.told(
            session, order.ref, row.filed_by, row.filed_at, call_id=row.call_id, ticket_id=row.id
        )
    elif order.type == "consult" and order.exit in ("dispatch", "file"):
        await note_consult(session, row.id, row.call_id, row.title, row.filed_at)


async def proposal_decided(
    session: AsyncSession, proposal_id: str, decision: str, by: str, at: datetime
) -> None:
    """An answer that the agent took from what was proposed was told, whatever else became of the call."""
    row = await session.get(Proposal, proposal_id)
    if row is not None and row.kind == "answer" and decision == "accepted":
        await knowledge.told(session, row.ref, by, at, call_id=row.call_id, ticket_id=None)


async def in_force(session: AsyncSession, article_id: str) -> Article:
    """An article that began to hold a moment ago and that matching has not taken up yet. Raises NotFound."""
    row = await session.get(Article, article_id)
    if row is None or not row.active:
        raise NotFound(f"知识库没有 {article_id}")
    return row
