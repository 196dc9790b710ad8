"""What was decided on duty disputes, so that the same return is not argued twice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.events import PrecedentRetired
from core.ids import new_id
from store import events, hot
from store.paging import Page, page
from store.tables import Precedent

SUPERSEDED = "同一工单已重新审定"
_OF_UNIT = hot.quick(
    select(Precedent)
    .where(Precedent.unit_code == bindparam("unit"), Precedent.retired_at.is_(None))
    .order_by(Precedent.decided_at)
)


async def add(
    session: AsyncSession,
    unit: str,
    matter: str,
    basis: str,
    rung: str,
    ticket_id: str,
    by: str,
    at: datetime,
) -> None:
    """The last decision on a ticket is the one that holds: its earlier precedent is retired by it."""
    await supersede(session, ticket_id, by, at)
    row = {
        "id": new_id("prc"), "unit_code": unit, "matter": matter, "basis": basis, "rung": rung, "ticket_id": ticket_id,
        "decided_by": by, "decided_at": at,
    }  # fmt: skip
    await hot.add(session, Precedent, [row])


async def supersede(session: AsyncSession, ticket_id: str, by: str, at: datetime, *, but: str = "") -> None:
    """The ticket was decided anew: what was decided on it before holds no more. `but`: unless for this unit."""
    for one in await hot.rows(session, Precedent, ticket_id=ticket_id):
        if one.retired_at is None and one.unit_code != but:
            await retire(session, one.id, by, SUPERSEDED, at)


async def of_unit(session: AsyncSession, unit: str) -> Sequence[Precedent]:
    """Those that hold, oldest first."""
    return await hot.found(session, _OF_UNIT, {"unit": unit})


async def find(session: AsyncSession, unit: str, limit: int, offset: int) -> Page[Precedent]:
    """Newest first, retired ones too; `unit` '' for all."""
    question = select(Precedent)
    question = question.where(Precedent.unit_code == unit) if unit else question
    return await page(session, question.order_by(Precedent.decided_at.desc(), Precedent.id), limit, offset)


async def retire(session: AsyncSession, precedent_id: str, by: str, why: str, at: datetime) -> None:
    """It holds no more, and that is on record. Raises NotFound, Conflict where it was retired before."""
    row = await hot.row(session, Precedent, id=precedent_id)
    if row is None:
        raise NotFound(f"没有审定先例 {precedent_id}")
    where = {"id": precedent_id, "retired_at__null": True}
    if not await hot.change(
        session, Precedent, where, {"retired_by": by, "retired_at": at, "retired_why": why}
    ):
        raise Conflict("这条审定先例已经停用")
    await events.append(session, PrecedentRetired(at, row.ticket_id, row.id, row.unit_code), by)
