"""Urgings, supervision orders and what was done under them; each change with its event in the same session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.events import Event
from core.ids import new_id
from core.orders import OrderNoted, OrderOpened, OrderOverdue
from store import events, hot
from store.paging import Page, page
from store.tables import OrderRecord, SupervisionOrder, Ticket, Urging
from tickets.ticket import WITH_UNIT

WAITING = ("filed", *WITH_UNIT)
"""States of an order's ticket in which the unit still owes its answer."""
_ABOUT = hot.quick(
    select(SupervisionOrder)
    .where(SupervisionOrder.parent_id == bindparam("parent"))
    .order_by(SupervisionOrder.opened_at, SupervisionOrder.id)
)


# --- urgings ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewUrging:
    ticket_id: str
    ticket_number: str
    unit: str
    way: str
    words: str
    until: datetime | None
    rang: bool
    by: str
    at: datetime


async def add_urging(session: AsyncSession, new: NewUrging) -> Urging:
    """Kept under the ticket's number and a count; whoever presses has changed the ticket in this session."""
    many = await session.scalar(
        select(func.count()).select_from(Urging).where(Urging.ticket_id == new.ticket_id)
    )
    row = Urging(
        id=new_id("urg"), number=f"{new.ticket_number}-{(many or 0) + 1:02d}", ticket_id=new.ticket_id,
        unit_code=new.unit, way=new.way, words=new.words, until_at=new.until, rang=new.rang, by=new.by, at=new.at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


async def urgings(session: AsyncSession, ticket_id: str) -> Sequence[Urging]:
    """Of a ticket, oldest first."""
    found = select(Urging).where(Urging.ticket_id == ticket_id).order_by(Urging.at, Urging.number)
    return (await session.scalars(found)).all()


async def get_urging(session: AsyncSession, number: str) -> Urging:
    """By its number. Raises NotFound."""
    found = await hot.row(session, Urging, number=number)
    if found is None:
        raise NotFound(f"没有编号为 {number} 的催办")
    return found


# --- orders -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewOrder:
    ticket_id: str
    parent_id: str
    unit: str
    trigger: str
    form: str | None
    clause: str
    by: str
    at: datetime
    due: datetime | None
    words: str = field(default="", repr=False)
    leader: str = field(default="", repr=False)
    group: str = ""
    publication: str = "none"
    id: str = field(default_factory=lambda: new_id("ord"))


async def open_order(session: AsyncSession, new: NewOrder) -> None:
    """One per supervision ticket, with its event."""
    asked = new.publication == "asked"
    row = {
        "id": new.id, "ticket_id": new.ticket_id, "parent_id": new.parent_id, "unit_code": new.unit,
        "group_id": new.group or new.id, "trigger": new.trigger, "form": new.form, "clause": new.clause,
        "words": new.words, "leader": new.leader, "state": "open", "opened_by": new.by, "opened_at": new.at,
        "publication": new.publication, "publish_by": new.by if asked else None, "publish_at": new.at if asked else None,
        "publish_why": new.words[:300] if asked else None, "version": 1,
    }  # fmt: skip
    await hot.add(session, SupervisionOrder, [row])
    opened = OrderOpened(
        new.at, new.ticket_id, new.id, new.parent_id, new.unit, new.trigger, new.form or "", new.clause,
        new.group or new.id, new.due,
    )  # fmt: skip
    await events.append(session, opened, new.by)


async def get(session: AsyncSession, order_id: str, *within: ColumnElement[bool]) -> SupervisionOrder:
    """As it is now, where it meets these conditions. Raises NotFound."""
    if within:
        which = select(SupervisionOrder).where(SupervisionOrder.id == order_id, *within)
        found = await session.scalar(which.execution_options(populate_existing=True))
    else:
        found = await hot.row(session, SupervisionOrder, id=order_id)
    if found is None:
        raise NotFound(f"没有督办单 {order_id}")
    return found


async def of_ticket(session: AsyncSession, ticket_id: str) -> SupervisionOrder | None:
    """The order whose own ticket this is."""
    return await hot.row(session, SupervisionOrder, ticket_id=ticket_id)


async def about(session: AsyncSession, parent_id: str) -> Sequence[SupervisionOrder]:
    """Every order about a matter, oldest first."""
    return await hot.found(session, _ABOUT, {"parent": parent_id})


async def first_due(session: AsyncSession, order: SupervisionOrder) -> datetime | None:
    """The term it was opened with, which its event keeps when its ticket's clock is gone."""
    for event in await events.of(session, order.ticket_id):
        if event.name == OrderOpened.name and event.payload.get("order_id") == order.id:
            due = event.payload.get("due")
            return datetime.fromisoformat(str(due)) if due else None
    return None


async def group(session: AsyncSession, group_id: str) -> Sequence[SupervisionOrder]:
    """The orders of one joint supervision, in the order of their units."""
    found = select(SupervisionOrder).where(SupervisionOrder.group_id == group_id)
    return (await session.scalars(found.order_by(SupervisionOrder.id))).all()


async def change(
    session: AsyncSession, order: SupervisionOrder, changes: Mapping[str, Any], happened: Event, by: str
) -> None:
    """Change an order read a moment ago, with its event. Raises Conflict."""
    if not await hot.change(session, SupervisionOrder, {"id": order.id, "version": order.version}, changes):
        raise Conflict("这份督办单刚刚有变化，请重新查看")
    await events.append(session, happened, by)


def overdue(at: datetime) -> ColumnElement[bool]:
    """Its term is over and the unit has not answered."""
    return and_(SupervisionOrder.state == "open", Ticket.due_at <= at, Ticket.state.in_(WAITING))


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; '' leaves a condition out. `overdue`: only those, or only the others."""

    unit: str = ""
    state: str = ""
    form: str = ""
    trigger: str = ""
    parent: str = ""
    overdue: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


async def find(
    session: AsyncSession,
    wanted: OrderFilter,
    at: datetime,
    limit: int,
    offset: int,
    *more: ColumnElement[bool],
) -> Page[SupervisionOrder]:
    """Newest first."""
    question = select(SupervisionOrder).join(Ticket, Ticket.id == SupervisionOrder.ticket_id)
    exact = {
        SupervisionOrder.unit_code: wanted.unit, SupervisionOrder.state: wanted.state,
        SupervisionOrder.form: wanted.form, SupervisionOrder.trigger: wanted.trigger,
        SupervisionOrder.parent_id: wanted.parent,
    }  # fmt: skip
    for column, value in exact.items():
        question = question.where(column == value) if value else question
    if wanted.overdue is not None:
        in_time = or_(Ticket.due_at.is_(None), not_(overdue(at)))
        question = question.where(overdue(at) if wanted.overdue else in_time)
    question = question.where(SupervisionOrder.opened_at >= wanted.since) if wanted.since else question
    question = question.where(SupervisionOrder.opened_at < wanted.until) if wanted.until else question
    question = question.where(*more) if more else question
    order = (SupervisionOrder.opened_at.desc(), SupervisionOrder.id)
    return await page(session, question.order_by(*order), limit, offset)


async def tickets_of(session: AsyncSession, ids: Sequence[str]) -> Mapping[str, Ticket]:
    """The tickets with these ids, by id."""
    found = await session.scalars(select(Ticket).where(Ticket.id.in_(ids)))
    return {row.id: row for row in found.all()}


async def unalarmed(session: AsyncSession, at: datetime, limit: int) -> Sequence[SupervisionOrder]:
    """Overdue orders of which the office was not told."""
    found = select(SupervisionOrder).join(Ticket, Ticket.id == SupervisionOrder.ticket_id)
    which = found.where(overdue(at), SupervisionOrder.alarmed_at.is_(None))
    return (await session.scalars(which.order_by(SupervisionOrder.opened_at).limit(limit))).all()


async def alarm(session: AsyncSession, order: SupervisionOrder, due: datetime, at: datetime) -> bool:
    """The office is told once; False where another process did."""
    where = {"id": order.id, "alarmed_at__null": True}
    if not await hot.change(session, SupervisionOrder, where, {"alarmed_at": at}):
        return False
    facts = (order.ticket_id, order.id, order.parent_id, order.unit_code, order.form or "")
    await events.append(session, OrderOverdue(at, *facts, due), "clock")
    return True


# --- records ----------------------------------------------------------------------------------------------------------


async def add_record(session: AsyncSession, order: SupervisionOrder, record: OrderRecord) -> None:
    """Add what was done, with its event."""
    session.add(record)
    await session.flush()
    facts = (order.ticket_id, order.id, order.parent_id, order.unit_code, order.form or "", record.kind)
    await events.append(session, OrderNoted(record.at, *facts), record.by)


async def records(session: AsyncSession, order_id: str) -> Sequence[OrderRecord]:
    """Oldest first."""
    found = select(OrderRecord).where(OrderRecord.order_id == order_id)
    return (await session.scalars(found.order_by(OrderRecord.happened_at, OrderRecord.id))).all()
