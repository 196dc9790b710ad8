"""政企通: policy specialists and the ledger of enterprises' matters, from 交办 to 销号."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.ids import new_id
from core.rights import EVERYTHING, Scope
from store import about, calls, hot, tickets
from store import scope as within
from store.paging import Page, cut, page
from store.tables import Call, EnterpriseItem, Line, Specialist, Ticket
from tickets.ticket import OPEN

SKILL = "enterprise"
"""The queue's skill: calls that asked for it are the enterprises'."""


async def put_specialist(
    session: AsyncSession, specialist_id: str | None, by: str, at: datetime, **facts: Any
) -> Specialist:
    """Add one, or change the one of this id; `facts`: columns of Specialist. Raises NotFound, BadInput."""
    if specialist_id is None:
        row = Specialist(id=new_id("spec"), by=by, at=at, **facts)
        session.add(row)
    else:
        found = await session.get(Specialist, specialist_id)
        if found is None:
            raise NotFound(f"没有政策专员 {specialist_id}")
        row = found
        for column, value in facts.items():
            setattr(row, column, value)
        row.version += 1
    if not row.seat_id and not row.number:
        raise BadInput("政策专员需要座席或电话号码")
    try:
        await session.flush()
    except IntegrityError as error:
        raise BadInput("没有这个承办单位") from error
    return row


async def one(session: AsyncSession, specialist_id: str) -> Specialist:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Specialist, id=specialist_id)
    if found is None:
        raise NotFound(f"没有政策专员 {specialist_id}")
    return found


async def specialist(session: AsyncSession, specialist_id: str) -> Specialist:
    """One who can be called now: how a transfer reaches them. Raises NotFound for an unknown or inactive one."""
    found = await one(session, specialist_id)
    if not found.active:
        raise NotFound(f"政策专员 {specialist_id} 已停用")
    return found


async def specialists(session: AsyncSession, topic: str = "", active: bool = True) -> Sequence[Specialist]:
    """By name; `topic`: only those who know of it."""
    question = select(Specialist).order_by(Specialist.name, Specialist.id)
    question = question.where(Specialist.active.is_(True)) if active else question
    rows = (await session.scalars(question)).all()
    return [row for row in rows if not topic or any(topic in known for known in row.topics)]


async def enter(session: AsyncSession, by: str, at: datetime, **facts: Any) -> EnterpriseItem:
    """交办: a matter enters the ledger. Raises Conflict where its ticket, or without one its call, is in it.

    Raises NotFound for what it names.
    """
    row = EnterpriseItem(id=new_id("ent"), by=by, at=at, **facts)
    if (
        row.call_id
    ):  # whoever files a ticket of this call at this moment finds the line, or this one finds theirs
        await calls.lock(session, row.call_id)
    if row.ticket_id and await hot.row(session, EnterpriseItem, ticket_id=row.ticket_id) is not None:
        raise Conflict("这张工单已经在台账中")
    if row.call_id and not row.ticket_id and await hot.row(session, EnterpriseItem, call_id=row.call_id):
        raise Conflict("这个来电已经在台账中")
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise NotFound("没有所写的来电、工单、政策专员或承办单位") from error
    return row


async def bind(session: AsyncSession, call_id: str, ticket_id: str) -> str | None:
    """The open line entered by hand during this call becomes this ticket's; its id, None where there is none without a ticket."""
    for row in await hot.rows(session, EnterpriseItem, call_id=call_id):
        which = {"id": row.id, "ticket_id__null": True, "state": "assigned"}
        if await hot.change(session, EnterpriseItem, which, {"ticket_id": ticket_id}):
            return row.id
    return None


async def close(
    session: AsyncSession, item_id: str, version: int, result: str, by: str, at: datetime
) -> None:
    """销号, with its result. Raises NotFound, Conflict where it is closed or was changed since `version`.

    Raises NotAllowed while its ticket, or the one that went into, is under way.
    """
    row = await get(session, item_id)
    ticket = await session.get(Ticket, row.ticket_id) if row.ticket_id else None
    if ticket is not None and (head := await tickets.leading(session, ticket)).state in (*OPEN, "merged"):
        into = f"并入的工单 {head.number} " if head.id != ticket.id else ""
        raise NotAllowed(f"工单 {ticket.number} {into}尚未办结，不能销号")
    which = {"id": item_id, "version": version, "state": "assigned"}
    changes = {"state": "closed", "closed_by": by, "closed_at": at, "result": result}
    if not await hot.change(session, EnterpriseItem, which, changes):
        raise Conflict("这条台账已经销号或被他人更改")


async def get(session: AsyncSession, item_id: str, scope: Scope = EVERYTHING) -> EnterpriseItem:
    """As it is now. Raises NotFound, also for what lies beyond the scope."""
    question = select(EnterpriseItem).where(EnterpriseItem.id == item_id, within.enterprise_items(scope))
    found = await session.scalar(question.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"台账中没有 {item_id}")
    return found


async def ledger(
    session: AsyncSession,
    scope: Scope = EVERYTHING,
    *,
    state: str = "",
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[EnterpriseItem]:
    """Those within the scope, newest first. `search`: part of a name, or a whole credit code, that may be shown."""
    question = select(EnterpriseItem).where(within.enterprise_items(scope))
    question = question.where(EnterpriseItem.state == state) if state else question
    question = question.where(EnterpriseItem.at >= since) if since else question
    question = question.where(EnterpriseItem.at < until) if until else question
    question = question.order_by(EnterpriseItem.at.desc(), EnterpriseItem.id.desc())
    if not search:
        return await page(session, question, limit, offset)
    found = await _named(session, question, search)
    shown = EnterpriseItem.id.in_(cut(found, limit, offset))
    rows = await session.scalars(question.where(shown))
    return Page(list(rows.all()), len(found))


async def _named(session: AsyncSession, question: Select[Any], search: str) -> list[str]:
    """Ids of those whose name holds these words, or whose code this is: sealed, so they are opened and looked at one after the other.

    A confidential reporter's are not looked at: whoever guesses the name or reads the code in a public register must not learn that it is there.
    """
    veiled = or_(
        EnterpriseItem.ticket_id.in_(select(Ticket.id).where(Ticket.confidential)),
        about.secret(EnterpriseItem.call_id),
    )
    hidden = set(await session.scalars(select(EnterpriseItem.id).where(veiled)))
    looked = question.with_only_columns(
        EnterpriseItem.id, EnterpriseItem.enterprise, EnterpriseItem.credit_code
    )
    return [
        item
        for item, name, code in (await session.execute(looked)).all()
        if item not in hidden and (code == search or search in name)
    ]


async def not_entered(
    session: AsyncSession, since: datetime, scope: Scope = EVERYTHING, limit: int = 200
) -> Sequence[Call]:
    """Calls within the scope of the enterprises' queue, by the line or by the key, since a moment that nobody entered, oldest first."""
    lines = [
        row.number for row in await session.scalars(select(Line)) if SKILL in row.answer.get("skills", ())
    ]
    asked = or_(Call.line.in_(lines), Call.menu_state["skill"].as_string() == SKILL)
    entered = select(EnterpriseItem.call_id).where(EnterpriseItem.call_id == Call.id).exists()
    question = select(Call).where(
        Call.arrived_at >= since, asked, Call.direction == "in", ~entered, within.calls(scope)
    )
    return (await session.scalars(question.order_by(Call.arrived_at).limit(limit))).all()
