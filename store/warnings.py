"""Live warnings as they were kept: anomalies, sensitive matters, urgent ones; found by their own index, not by reading all events."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from store.paging import Page, page
from store.tables import EventRow, Ticket, Unit
from store.tables_tickets import WARNINGS_ONLY

Warning = Literal["ticket.anomaly", "ticket.sensitive", "ticket.urgent"]
WARNINGS: tuple[Warning, ...] = get_args(Warning)
UNIT = EventRow.payload["unit"].as_string()
"""Whose it is, for store.scope."""
_KIND = EventRow.payload["kind"].as_string()


async def find(
    session: AsyncSession,
    where: ColumnElement[bool],
    *,
    name: str = "",
    kind: str = "",
    kinds: Collection[str] = (),
    unit: str = "",
    within: Collection[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[EventRow]:
    """Newest first. `where`: what may be seen; `kind`, `kinds`: of anomalies; `unit`: whose; `within`: only of units of these places."""
    wanted = select(EventRow).where(text(WARNINGS_ONLY), where)
    wanted = wanted.where(EventRow.name == name) if name else wanted
    wanted = wanted.where(_KIND == kind) if kind else wanted
    wanted = wanted.where(_KIND.in_(kinds)) if kinds else wanted
    wanted = wanted.where(UNIT == unit) if unit else wanted
    if within is not None:
        wanted = wanted.where(UNIT.in_(select(Unit.code).where(Unit.division.in_(within))))
    wanted = wanted.where(EventRow.at >= since) if since else wanted
    wanted = wanted.where(EventRow.at < until) if until else wanted
    return await page(session, wanted.order_by(EventRow.at.desc(), EventRow.seq.desc()), limit, offset)


async def warned(session: AsyncSession, subject: str, kind: str, since: datetime | None = None) -> bool:
    """Whether this anomaly of this ticket or unit was told already, since a moment."""
    wanted = select(EventRow.seq).where(
        EventRow.subject == subject, EventRow.name == "ticket.anomaly", _KIND == kind
    )
    wanted = wanted.where(EventRow.at >= since) if since else wanted
    return (await session.scalars(wanted.limit(1))).first() is not None


async def disputed(session: AsyncSession, limit: int = 500) -> Sequence[tuple[str, str, datetime]]:
    """(ticket, its unit, since when) of what stands in dispute, oldest filed first."""
    rows = await session.scalars(
        select(Ticket).where(Ticket.state == "disputed").order_by(Ticket.filed_at).limit(limit)
    )
    open_ = {row.id: row.unit_code or "" for row in rows}
    if not open_:
        return []
    began = (
        select(EventRow.subject, func.max(EventRow.at))
        .where(EventRow.subject.in_(list(open_)), EventRow.payload["action"].as_string() == "dispute")
        .group_by(EventRow.subject)
    )
    return [(ticket, open_[ticket], at) for ticket, at in await session.execute(began)]


async def overdue(
    session: AsyncSession, states: Collection[str], at: datetime, least: int
) -> Sequence[tuple[str, int]]:
    """(unit, how many) of units that have at least so many tickets past their term at once."""
    many = func.count()
    wanted = (
        select(Ticket.unit_code, many)
        .where(Ticket.unit_code.is_not(None), Ticket.state.in_(states), Ticket.due_at < at)
        .group_by(Ticket.unit_code)
        .having(many >= least)
    )
    return [(str(unit), int(count)) for unit, count in await session.execute(wanted)]
