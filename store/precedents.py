"""What was decided on duty disputes, so that the same return is not argued twice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import hot
from store.paging import Page, page
from store.tables import Precedent

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
    """One per ticket: the first decision stands."""
    row = {
        "id": new_id("prc"), "unit_code": unit, "matter": matter, "basis": basis, "rung": rung, "ticket_id": ticket_id,
        "decided_by": by, "decided_at": at,
    }  # fmt: skip
    await hot.add_if_new(session, Precedent, row)


async def of_unit(session: AsyncSession, unit: str) -> Sequence[Precedent]:
    """Those that hold, oldest first."""
    return await hot.found(session, _OF_UNIT, {"unit": unit})


async def find(session: AsyncSession, unit: str, limit: int, offset: int) -> Page[Precedent]:
    """Newest first, retired ones too; `unit` '' for all."""
    question = select(Precedent)
    question = question.where(Precedent.unit_code == unit) if unit else question
    return await page(session, question.order_by(Precedent.decided_at.desc(), Precedent.id), limit, offset)


async def retire(session: AsyncSession, precedent_id: str, by: str, why: str, at: datetime) -> None:
    """Raises NotFound, Conflict where it was retired before."""
    where = {"id": precedent_id, "retired_at__null": True}
    if not await hot.change(
        session, Precedent, where, {"retired_by": by, "retired_at": at, "retired_why": why}
    ):
        if await hot.row(session, Precedent, id=precedent_id) is None:
            raise NotFound(f"没有审定先例 {precedent_id}")
        raise Conflict("这条审定先例已经停用")
