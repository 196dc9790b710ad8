"""What we proposed during a call, round by round, and what the agent made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import hot
from store.tables import Call, Proposal

Kind = Literal["answer", "unit", "refusal"]
Decision = Literal["accepted", "overridden"]


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposal; within a round and kind the order given is the rank. `ref`: article id, unit or refusal code."""

    kind: Kind
    ref: str
    title: str
    score: float
    confident: bool
    evidence: list[Any] = field(default_factory=list)


async def add_round(session: AsyncSession, call_id: str, proposed: Sequence[Proposed], at: datetime) -> int:
    """Keep what is proposed now; gives the number of the round, from 1. Raises NotFound for an unknown call."""
    known = await session.execute(select(Call.id).where(Call.id == call_id).with_for_update())
    if known.first() is None:
        raise NotFound(f"没有通话 {call_id}")
    last = await session.execute(select(func.max(Proposal.round)).where(Proposal.call_id == call_id))
    number = (last.scalar_one() or 0) + 1
    await hot.add(session, Proposal, _rows(call_id, number, proposed, at))
    return number


async def latest(session: AsyncSession, call_id: str) -> Sequence[Proposal]:
    """The round that counts, by kind and rank: the last one the agent decided in, else the last that proposed anything.

    A round that was being thought out while the agent decided is kept, and hides nothing of the decision.
    """
    newest = select(func.max(Proposal.round)).where(Proposal.call_id == call_id)
    counts = func.coalesce(
        newest.where(Proposal.decision.is_not(None)).scalar_subquery(), newest.scalar_subquery()
    )
    found = await session.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.round == counts)
        .order_by(Proposal.kind, Proposal.rank)
    )
    return found.all()


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Proposal]:
    """All rounds, oldest first."""
    found = await session.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id)
        .order_by(Proposal.round, Proposal.kind, Proposal.rank)
    )
    return found.all()


async def decide(
    session: AsyncSession, call_id: str, proposal_id: str, decision: Decision, user_id: str, at: datetime
) -> None:
    """Note what the agent decided; saying the same again is fine. Raises NotFound, Conflict."""
    undecided = {"id": proposal_id, "call_id": call_id, "decision__null": True}
    if await hot.change(
        session, Proposal, undecided, {"decision": decision, "decided_by": user_id, "decided_at": at}
    ):
        return
    found = await session.get(Proposal, proposal_id, populate_existing=True)
    if found is None or found.call_id != call_id:
        raise NotFound(f"通话 {call_id} 没有建议 {proposal_id}")
    if found.decision != decision:
        done = "采纳" if found.decision == "accepted" else "改选"
        raise Conflict(f"建议 {proposal_id} 已由 {found.decided_by} {done}")


def _rows(call_id: str, number: int, proposed: Sequence[Proposed], at: datetime) -> list[dict[str, Any]]:
    ranks: dict[str, int] = {}
    rows = []
    for one in proposed:
        ranks[one.kind] = ranks.get(one.kind, 0) + 1
        rows.append(
            {
                "id": new_id("prop"),
                "call_id": call_id,
                "kind": one.kind,
                "ref": one.ref,
                "title": one.title,
                "score": one.score,
                "confident": one.confident,
                "evidence": one.evidence,
                "rank": ranks[one.kind],
                "round": number,
                "created_at": at,
            }
        )
    return rows
