"""Calls as the assessment of seats and the outsourcer needs them."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, GradeRow, Ticket, User
from tickets.assessment.service import Matter, Talk
from tickets.ticket import AGAIN


async def talks(
    session: AsyncSession, since: datetime, until: datetime, reach: ColumnElement[bool] | None = None
) -> list[Talk]:
    """Every incoming call of a period that has ended, of those that meet `reach`."""
    wanted = select(
        Call.id, Call.user_id, Call.arrived_at, Call.answered_at, Call.prompts_ended_at, Call.agent_answered_at,
        Call.ended_at, Call.talk_seconds, Call.outcome, Call.outcome_at,
    ).where(
        true() if reach is None else reach, Call.direction == "in", Call.arrived_at >= since, Call.arrived_at < until, Call.ended_at.is_not(None),
    )  # fmt: skip
    rows = (await session.execute(wanted)).all()
    within = select(Call.id).where(Call.arrived_at >= since, Call.arrived_at < until)
    own = or_(
        Ticket.relation.is_(None), Ticket.relation.in_(AGAIN)
    )  # a repeat, a merged one: filed all the same
    filed = select(Ticket.call_id, Ticket.type).where(Ticket.call_id.in_(within), own)
    types: dict[str, str] = {call: kind for call, kind in await session.execute(filed) if call}
    given = select(GradeRow.call_id, GradeRow.grade).where(
        GradeRow.stage == "intake", GradeRow.call_id.in_(within)
    )
    grades: dict[str, str] = {call: grade for call, grade in await session.execute(given) if call}
    found = []
    for row in rows:
        spoke = row.agent_answered_at is not None
        began = row.prompts_ended_at or row.answered_at or row.arrived_at
        found.append(Talk(
            row.id,
            (row.user_id or "") if spoke else "",
            (row.agent_answered_at - began).total_seconds() if row.agent_answered_at else None,
            row.talk_seconds,
            _gap(row.ended_at, row.outcome_at) if spoke else None,
            _matter(row.outcome or "", types.get(row.id, "")),
            grades.get(row.id, ""),
            spoke and not row.user_id,
        ))  # fmt: skip
    return found


def _matter(outcome: str, filed: str) -> Matter:
    if outcome in ("answered", "refused"):
        return "answered" if outcome == "answered" else "refused"
    return ("consult" if filed == "consult" else "other") if filed else ""


def _gap(since: datetime | None, until: datetime | None) -> float | None:
    """Nothing where the outcome was there before the talk ended: no wrap-up was needed."""
    if since is None or until is None:
        return None
    return max(0.0, (until - since).total_seconds())


async def names(session: AsyncSession) -> dict[str, str]:
    """User id -> name, of everybody."""
    return {user: name for user, name in await session.execute(select(User.id, User.name))}
