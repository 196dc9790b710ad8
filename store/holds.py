"""Legal holds, placed and lifted with a reason; each with its event in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.errors import Conflict, NotFound
from core.holds import Kind
from core.ids import new_id
from core.secrecy import HoldStep
from store import about, events, hot
from store.tables import Call, Hold, Recording, Ticket

GONE = "到期删除："
"""So begins what a recording says that was deleted when its term was over."""
_LOCK = 12345_17
_STANDING = Hold.lifted_at.is_(None)


async def place(session: AsyncSession, kind: Kind, object_id: str, why: str, by: str, at: datetime) -> str:
    """Nothing of it is deleted from now on; the hold's id. Raises NotFound, Conflict where it is held already."""
    await alone(session)
    table: Any = Call if kind == "call" else Ticket
    if (await session.execute(select(table.id).where(table.id == object_id))).first() is None:
        raise NotFound(f"没有{'通话' if kind == 'call' else '工单'} {object_id}")
    row = {"id": new_id("hold"), "kind": kind, "object_id": object_id, "why": why, "by": by, "at": at}
    if not await hot.add_if_new(session, Hold, row):
        raise Conflict("已在保全中")
    await events.append(session, HoldStep(at, row["id"], "placed", kind, object_id, why), by)  # type: ignore[arg-type]
    return str(row["id"])


async def alone(session: AsyncSession) -> None:
    """Until this session ends nobody else places a hold or deletes what has had its term.

    So a hold comes first and protects, or finds what is gone. On SQLite a session that writes is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def gone(session: AsyncSession, hold_id: str) -> int:
    """How many recordings of the calls it keeps had had their term and were deleted before it."""
    lost = Recording.call_id.in_(held_calls(Hold.id == hold_id)), Recording.problem.startswith(GONE)
    return int(await session.scalar(select(func.count(Recording.id)).where(*lost)) or 0)


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


def held_calls(which: ColumnElement[bool] = _STANDING) -> Any:
    """Calls under hold (`which`: under those that meet it), by themselves or by a ticket they have to do with: for a query's NOT IN.

    A ticket's hold keeps what was said about its matter in any call: the one it or its family came in, those in which a unit
    phoned the citizen through us, those in which we asked afterwards, and the call-back that went on with one cut off.
    """
    standing = select(Hold.object_id).where(Hold.kind == "ticket", which)
    kin = family_of(Ticket.id.in_(standing), "held")
    ticket = aliased(Ticket)
    kept = (
        select(call).where(call.is_not(None), how, ticket.id.in_(kin)) for call, how in about.links(ticket)
    )
    itself = select(Hold.object_id).where(Hold.kind == "call", which)
    return itself.union(*kept)


def held_tickets() -> Any:
    """Tickets under hold, by themselves or by the call they came in."""
    by_call = (
        select(Ticket.id)
        .join(Hold, (Hold.object_id == Ticket.call_id) & (Hold.kind == "call"))
        .where(Hold.lifted_at.is_(None))
    )
    return select(Hold.object_id).where(Hold.kind == "ticket", Hold.lifted_at.is_(None)).union(by_call)


def family_of(which: ColumnElement[bool], name: str) -> Any:
    """Ids of the tickets that meet this and of all above and below them. `name`: of the walk, another one for each in a query."""
    found = select(Ticket.id, Ticket.parent_id).where(which).cte(name, recursive=True)
    kin = aliased(Ticket)
    related = or_(kin.id == found.c.parent_id, kin.parent_id == found.c.id)
    return select(found.union(select(kin.id, kin.parent_id).join(found, related)).c.id)
