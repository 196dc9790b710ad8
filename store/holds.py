"""Legal holds, placed and lifted with a reason; each with its event in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.holds import Kind
from core.ids import new_id
from core.secrecy import HoldStep
from store import events, hot
from store.tables import Call, Hold, Ticket


async def place(session: AsyncSession, kind: Kind, object_id: str, why: str, by: str, at: datetime) -> str:
    """Nothing of it is deleted from now on; the hold's id. Raises NotFound, Conflict where it is held already."""
    table: Any = Call if kind == "call" else Ticket
    if (await session.execute(select(table.id).where(table.id == object_id))).first() is None:
        raise NotFound(f"没有{'通话' if kind == 'call' else '工单'} {object_id}")
    row = {"id": new_id("hold"), "kind": kind, "object_id": object_id, "why": why, "by": by, "at": at}
    if not await hot.add_if_new(session, Hold, row):
        raise Conflict("已在保全中")
    await events.append(session, HoldStep(at, row["id"], "placed", kind, object_id, why), by)  # type: ignore[arg-type]
    return str(row["id"])


async def lift(session: AsyncSession, hold_id: str, why: str, by: str, at: datetime) -> None:
    """It may be deleted again when its term is over. Raises NotFound, Conflict."""
    row = await get(session, hold_id)
    changes = {"lifted_by": by, "lifted_at": at, "lifted_why": why}
    if not await hot.change(session, Hold, {"id": hold_id, "lifted_at__null": True}, changes):
        raise Conflict("保全已解除")
    await events.append(session, HoldStep(at, hold_id, "lifted", row.kind, row.object_id, why), by)


async def get(session: AsyncSession, hold_id: str) -> Hold:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Hold, id=hold_id)
    if found is None:
        raise NotFound(f"没有保全 {hold_id}")
    return found


async def standing(
    session: AsyncSession, everything: bool = False, within: ColumnElement[bool] | None = None
) -> Sequence[Hold]:
    """Those that hold, newest first; `everything`: lifted ones too."""
    question = select(Hold) if everything else select(Hold).where(Hold.lifted_at.is_(None))
    question = question if within is None else question.where(within)
    return (await session.scalars(question.order_by(Hold.at.desc(), Hold.id.desc()).limit(1000))).all()


def held_calls() -> Any:
    """Calls under hold, by themselves or by the ticket that came of them: for a query's NOT IN."""
    by_ticket = (
        select(Ticket.call_id)
        .join(Hold, (Hold.object_id == Ticket.id) & (Hold.kind == "ticket"))
        .where(Hold.lifted_at.is_(None), Ticket.call_id.is_not(None))
    )
    return select(Hold.object_id).where(Hold.kind == "call", Hold.lifted_at.is_(None)).union(by_ticket)


def held_tickets() -> Any:
    """Tickets under hold, by themselves or by the call they came in."""
    by_call = (
        select(Ticket.id)
        .join(Hold, (Hold.object_id == Ticket.call_id) & (Hold.kind == "call"))
        .where(Hold.lifted_at.is_(None))
    )
    return select(Hold.object_id).where(Hold.kind == "ticket", Hold.lifted_at.is_(None)).union(by_call)
