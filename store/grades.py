"""满意度评价: one grade for the intake of a call, one for the unit's work on a ticket (001 14)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.after_call import Grade, Stage, Via
from core.ids import new_id
from store import hot
from store.tables import GradeRow


async def add(
    session: AsyncSession,
    stage: Stage,
    grade: Grade,
    via: Via,
    at: datetime,
    *,
    call_id: str | None = None,
    ticket_id: str | None = None,
    clause: str = "",
) -> bool:
    """Keep a grade once: intake per call, unit per ticket. False where one was given before; that one stays."""
    subject = ticket_id if stage == "unit" else call_id
    row = {
        "id": new_id("grd"),
        "stage": stage,
        "subject": subject,
        "grade": grade,
        "via": via,
        "call_id": call_id,
        "ticket_id": ticket_id,
        "clause": clause,
        "at": at,
    }
    return await hot.add_if_new(session, GradeRow, row)


async def of_call(session: AsyncSession, call_id: str) -> Sequence[GradeRow]:
    return await hot.rows(session, GradeRow, call_id=call_id)


async def of_ticket(session: AsyncSession, ticket_id: str) -> Sequence[GradeRow]:
    return await hot.rows(session, GradeRow, ticket_id=ticket_id)


async def counted(session: AsyncSession, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """(stage, grade) -> how many were given from `since` on and before `until`."""
    found = await session.execute(
        select(GradeRow.stage, GradeRow.grade, func.count())
        .where(GradeRow.at >= since, GradeRow.at < until)
        .group_by(GradeRow.stage, GradeRow.grade)
    )
    return {(stage, grade): int(many) for stage, grade, many in found.all()}
