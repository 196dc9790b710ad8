"""Tickets as facts of assessment: every one a unit had to do with in a period, with all that happened to it; and repeats."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.calendar import Calendar
from core.policy import Policy
from store.tables import EventRow, GradeRow, SupervisionOrder, Ticket
from tickets.assessment.fact import Fact, Period
from tickets.assessment.trace import Happened, Told, traced
from tickets.ticket import OPEN, OVER

BATCH = 500

_COLUMNS = (
    Ticket.id, Ticket.type, Ticket.policy, Ticket.clock, Ticket.relation, Ticket.parent_id, Ticket.enforcement,
)  # fmt: skip


async def of_tickets(
    session: AsyncSession, policy: Policy, calendar: Calendar, span: Period, as_of: datetime
) -> AsyncIterator[list[Fact]]:
    """Every ticket a unit had to do with in the period, with all that happened to it, in batches."""
    after, seen = "", set[str]()
    wanted = select(*_COLUMNS).where(
        Ticket.filed_at < min(span.end, as_of), Ticket.dispatched_at.is_not(None)
    )
    touched = _touched(Ticket, span)
    while rows := await _rows(session, wanted.where(touched, Ticket.id > after).limit(BATCH)):
        after = rows[-1].id
        seen.update(row.id for row in rows)
        yield await _facts(session, rows, policy, calendar)
    later = await _only_by_events(session, span)
    later = [*later, *(await _orders_about(session, span, later) - seen - {*later})]
    for start in range(0, len(later), BATCH):
        rows = await _rows(session, wanted.where(Ticket.id.in_(later[start : start + BATCH])))
        yield await _facts(session, rows, policy, calendar)


def _touched(ticket: type[Ticket], span: Period) -> ColumnElement[bool]:
    """Open, or a moment in its columns lies in the period or later: done early, it is in the rate of the month its term ends in."""
    return or_(
        ticket.state.in_(("intake", *OPEN)), ticket.replied_at >= span.start, ticket.resolved_at >= span.start,
        ticket.dispatched_at >= span.start, ticket.due_at > span.start,
    )  # fmt: skip


async def _orders_about(session: AsyncSession, span: Period, later: Sequence[str]) -> set[str]:
    """Supervision tickets about those of the period: one answered in an earlier month presses what is overdue in this one."""
    about = aliased(Ticket)
    wanted = select(SupervisionOrder.ticket_id)
    touched = wanted.join(about, about.id == SupervisionOrder.parent_id).where(_touched(about, span))
    found = set(await session.scalars(touched))
    for start in range(0, len(later), BATCH):
        parents = later[start : start + BATCH]
        found |= set(await session.scalars(wanted.where(SupervisionOrder.parent_id.in_(parents))))
    return found


async def _rows(session: AsyncSession, wanted: Select[Any]) -> Sequence[Any]:
    found: Sequence[Any] = (await session.execute(wanted.order_by(Ticket.id))).all()
    return found


async def _only_by_events(session: AsyncSession, span: Period) -> Sequence[str]:
    """Tickets that are over, whose columns name no moment of the period but to which something happened in it or since.

    Withdrawn after the deadline, for one: dispatched in an earlier month, never answered.
    """
    start = span.start
    wanted = select(Ticket.id).distinct().join(EventRow, EventRow.subject == Ticket.id)
    wanted = wanted.where(
        EventRow.at >= start, EventRow.name.startswith("ticket."), Ticket.state.in_(OVER), Ticket.dispatched_at < start,
        or_(Ticket.replied_at.is_(None), Ticket.replied_at < start),
        or_(Ticket.resolved_at.is_(None), Ticket.resolved_at < start),
    )  # fmt: skip
    return (await session.scalars(wanted.order_by(Ticket.id))).all()


async def _facts(
    session: AsyncSession, rows: Sequence[Any], policy: Policy, calendar: Calendar
) -> list[Fact]:
    ids = [row.id for row in rows]
    happened, graded = await _events(session, ids), await _grades(session, ids)
    orders = await _orders(session, ids)
    return [
        fact
        for row in rows
        for fact in _one(
            row, happened.get(row.id, []), graded.get(row.id), orders.get(row.id), policy, calendar
        )
    ]


def _one(
    row: Any,
    happened: Sequence[Happened],
    grade: Fact | None,
    order: Mapping[str, Any] | None,
    policy: Policy,
    calendar: Calendar,
) -> Iterator[Fact]:
    """A grade that no event tells of is its last unit's. order: of a supervision ticket."""
    facts = list(traced(told_of(row, order), happened, policy, calendar))
    yield from facts
    if grade is not None and facts and not any(fact.kind == "grade" for fact in facts):
        yield Fact(grade.id, grade.at, facts[-1].unit, "grade", row.id, grade.data)


def told_of(row: Any, order: Mapping[str, Any] | None = None) -> Told:
    """A ticket as scoring is told of it: a row, or its columns. order: form and publication of a supervision order."""
    clock: Mapping[str, Any] = row.clock
    matter = {"relation": row.relation, "parent": row.parent_id, "enforcement": row.enforcement}
    matter |= order or {}
    return Told(
        row.id, row.type, row.policy, bool(clock.get("multi_unit")), bool(clock.get("on_site")), bool(clock.get("complex")), matter,
    )  # fmt: skip


async def _events(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[Happened]]:
    wanted = select(EventRow.id, EventRow.seq, EventRow.name, EventRow.at, EventRow.payload, EventRow.subject)
    found: dict[str, list[Happened]] = {}
    for row in await session.execute(
        wanted.where(EventRow.subject.in_(ids), EventRow.name.startswith("ticket."))
    ):
        found.setdefault(row.subject, []).append(Happened(row.id, row.seq, row.name, row.at, row.payload))
    return found


async def _orders(session: AsyncSession, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of the supervision tickets among these: their order's form, `order` for a plain one, and since when it is public."""
    wanted = select(
        SupervisionOrder.ticket_id,
        SupervisionOrder.form,
        SupervisionOrder.publication,
        SupervisionOrder.decided_at,
    ).where(SupervisionOrder.ticket_id.in_(ids))
    return {
        row.ticket_id: {"supervision": row.form or "order"}
        | (
            {"published": row.decided_at.isoformat()}
            if row.publication == "approved" and row.decided_at
            else {}
        )
        for row in await session.execute(wanted)
    }


async def repeats(session: AsyncSession, span: Period) -> list[Fact]:
    """Matters raised again and what was judged of them later, for the unit whose matter it was; merged ones too."""
    wanted = select(EventRow.id, EventRow.seq, EventRow.at, EventRow.payload, EventRow.subject)
    wanted = wanted.where(EventRow.name == "ticket.repeat", EventRow.at >= span.start).order_by(EventRow.seq)
    facts, unit_of = [], dict[str, str]()
    for row in await session.execute(wanted):
        unit = unit_of.setdefault(row.subject, str(row.payload.get("unit") or ""))
        if unit:
            data = {
                name: row.payload[name]
                for name in ("of", "way", "count", "confirmed", "reasonable")
                if name in row.payload
            }
            facts.append(Fact(row.id, row.at, unit, "repeat", row.subject, data, row.seq))
    return facts


async def _grades(session: AsyncSession, ids: Sequence[str]) -> dict[str, Fact]:
    wanted = select(GradeRow.id, GradeRow.at, GradeRow.grade, GradeRow.ticket_id)
    wanted = wanted.where(GradeRow.stage == "unit", GradeRow.ticket_id.in_(ids))
    return {
        row.ticket_id: Fact(row.id, row.at, "", "grade", row.ticket_id, {"grade": row.grade})
        for row in await session.execute(wanted)
    }


async def numbers(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """Ticket id -> its number, for those that are tickets."""
    wanted, found = sorted(ids), dict[str, str]()
    for start in range(0, len(wanted), BATCH):
        chunk = wanted[start : start + BATCH]
        rows = await session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(chunk)))
        found |= {row.id: row.number for row in rows}
    return found
