"""满意度评价: one grade for the intake of a call, one for the unit's work on a ticket (001 14)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.after_call import Grade, Stage, Via
from core.ids import new_id
from store import about, hot
from store.tables import Call, GradeRow, Ticket


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
    rounds: int = 0,
) -> bool:
    """Keep a grade once: intake per call, unit per ticket and round of redoing. False where one was given before; it stays."""
    subject = round_of(ticket_id or "", rounds) if stage == "unit" else call_id
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


def round_of(ticket_id: str, rounds: int) -> str:
    """What a grade or a revisit is about: the ticket, and each time it was redone the ticket anew."""
    return f"{ticket_id}/{rounds}" if rounds else ticket_id


async def last_of_caller(session: AsyncSession, caller: str, secret: bool) -> GradeRow | None:
    """The latest grade of whoever has this number (or its look-up hash), for a call or a ticket of theirs; `secret`: confidential ones too."""
    theirs = select(Call.id).where(Call.caller_hash == caller)
    filed = select(Ticket.id).where(Ticket.caller_hash == caller)
    if not secret:
        theirs, filed = theirs.where(~about.secret(Call.id)), filed.where(~Ticket.confidential)
    question = select(GradeRow).where(or_(GradeRow.call_id.in_(theirs), GradeRow.ticket_id.in_(filed)))
    return (await session.scalars(question.order_by(GradeRow.at.desc(), GradeRow.id.desc()).limit(1))).first()


async def of_call(session: AsyncSession, call_id: str) -> Sequence[GradeRow]:
    return await hot.rows(session, GradeRow, call_id=call_id)


async def of_ticket(session: AsyncSession, ticket_id: str) -> Sequence[GradeRow]:
    return await hot.rows(session, GradeRow, ticket_id=ticket_id)


async def counted(
    session: AsyncSession, since: datetime, until: datetime, within: ColumnElement[bool] | None = None
) -> dict[tuple[str, str], int]:
    """(stage, grade) -> how many that meet `within` were given from `since` on and before `until`."""
    question = select(GradeRow.stage, GradeRow.grade, func.count()).where(
        GradeRow.at >= since, GradeRow.at < until
    )
    question = question if within is None else question.where(within)
    found = await session.execute(question.group_by(GradeRow.stage, GradeRow.grade))
    return {(stage, grade): int(many) for stage, grade, many in found.all()}
