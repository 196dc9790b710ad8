"""Tickets. Filing is idempotent by request key, changing is optimistic by version; both append events in the same session."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Integer, bindparam, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound, UnknownUnit
from core.events import Event
from core.ids import new_id
from store import calls, events, hot, titles
from store.paging import Page, page
from store.sealed import same_number
from store.tables import Message, Ticket, Unit
from tickets.ticket import AGAIN, OWN, REPLIED, SETTLED

_CHINA = timezone(timedelta(hours=8))
_TRIES = 8
_CHILDREN = hot.quick(
    select(Ticket).where(Ticket.parent_id == bindparam("parent")).order_by(Ticket.filed_at, Ticket.id)
)
_LOCKED = hot.quick(
    select(Ticket)
    .where(Ticket.id == bindparam("wanted"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_DUE = hot.quick(
    select(Ticket.id)
    .where(Ticket.next_alarm_at <= bindparam("now"))
    .order_by(Ticket.next_alarm_at)
    .limit(bindparam("most", type_=Integer))
    .offset(bindparam("passed_by", type_=Integer))
)
_UNIT = hot.quick(select(Unit.code).where(Unit.code == bindparam("code")))


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What is filed. `caller` and `body` are sealed on their way in; `steps` explain `due_at`."""

    type: str
    title: str
    body: str
    state: str
    filed_by: str
    filed_at: datetime
    policy: str
    policy_hash: str
    caller: str = ""
    citizen_name: str | None = None
    call_id: str | None = None
    unit_code: str | None = None
    due_at: datetime | None = None
    next_alarm_at: datetime | None = None
    dispatched_at: datetime | None = None
    steps: list[Any] = field(default_factory=list)
    clock: dict[str, Any] = field(default_factory=dict)
    cards: list[Any] = field(default_factory=list)
    request_key: str | None = None
    parent_id: str | None = None
    relation: str | None = None
    intake: str = ""
    urgency: str = "normal"
    confidential: bool = False
    enforcement: bool = False
    place: str = ""
    id: str = field(default_factory=lambda: new_id("tkt"))


class Changes(TypedDict, total=False):
    """What a step of the lifecycle may change."""

    type: str
    title: str
    body: str
    citizen_name: str | None
    unit_code: str | None
    state: str
    due_at: datetime | None
    next_alarm_at: datetime | None
    cards: list[Any]
    steps: list[Any]
    clock: dict[str, Any]
    policy: str
    policy_hash: str
    dispatched_at: datetime | None
    signed_at: datetime | None
    replied_at: datetime | None
    resolved_at: datetime | None
    reply: dict[str, Any] | None
    parent_id: str | None
    relation: str | None
    intake: str
    urgency: str
    confidential: bool
    enforcement: bool
    place: str


async def file(
    session: AsyncSession, new: NewTicket, happened: Sequence[Event], actor: str
) -> tuple[Ticket, bool]:
    """File a ticket with its events; the ticket and whether it is new. The same request key gives the first one.

    A ticket for a call becomes that call's outcome (`ticket`; answered or refused where it was so at once) and closes its open
    message as `ticketed`.
    Raises UnknownUnit, and NotFound for an unknown call.
    """
    if new.call_id is not None:
        await calls.lock(session, new.call_id)
    await _require_unit(session, new.unit_code)
    ticket, created = await _insert(session, new)
    if created:
        await events.append_all(session, happened, actor)
        if new.call_id is not None:
            await _close_message(session, {"call_id": new.call_id}, ticket.id)
            outcome = new.state if new.state in ("answered", "refused") else "ticket"
            await calls.close(session, new.call_id, outcome, new.filed_at)
    return ticket, created


async def change(
    session: AsyncSession,
    ticket_id: str,
    version: int,
    happened: Sequence[Event],
    actor: str,
    **changes: Unpack[Changes],
) -> int:
    """Change the ticket read at `version` and append its events; gives the new version.

    Raises Conflict where somebody changed it since, NotFound, UnknownUnit.
    """
    await _require_unit(session, changes.get("unit_code"))
    marked = {"title_marks": changes["title"]} if "title" in changes else {}
    if not await hot.change(session, Ticket, {"id": ticket_id, "version": version}, {**changes, **marked}):
        now = await get(session, ticket_id)
        raise Conflict(
            f"工单 {now.number} 刚刚被他人更改：现为第 {now.version} 版，您看到的是第 {version} 版"
        )
    await events.append_all(session, happened, actor)
    return version + 1


async def get(session: AsyncSession, ticket_id: str, *, lock: bool = False) -> Ticket:
    """As it is now, whatever this session read before. Raises NotFound.

    lock: nobody else takes a step of it or locks it until this session ends; rows that only name it may be added.
    """
    if lock:
        found = next(iter(await hot.found(session, _LOCKED, {"wanted": ticket_id})), None)
    else:
        found = await hot.row(session, Ticket, id=ticket_id)
    if found is None:
        raise NotFound(f"没有工单 {ticket_id}")
    return found


async def first_filed(session: AsyncSession) -> datetime | None:
    """When the first one was; None where there is none."""
    return await session.scalar(select(func.min(Ticket.filed_at)))


async def by_request_key(session: AsyncSession, request_key: str) -> Ticket | None:
    return await hot.row(session, Ticket, request_key=request_key)


async def by_number(session: AsyncSession, number: str) -> Ticket | None:
    """By the number people know."""
    return await hot.row(session, Ticket, number=number)


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Ticket]:
    """Oldest first."""
    found = await session.scalars(select(Ticket).where(Ticket.call_id == call_id).order_by(Ticket.filed_at))
    return found.all()


async def children(session: AsyncSession, ticket_id: str) -> Sequence[Ticket]:
    """Oldest first, whatever their relation."""
    return await hot.found(session, _CHILDREN, {"parent": ticket_id})


async def due_for_alarm(
    session: AsyncSession, now: datetime, limit: int = 200, passed_by: int = 0
) -> Sequence[str]:
    """Ids of tickets whose clock wants to look at them, most overdue first; `passed_by`: so many of the first are left out."""
    found = await hot.do(session, _DUE, {"now": now, "most": limit, "passed_by": passed_by})
    return [str(ticket) for (ticket,) in found.rows]


async def open_after(
    session: AsyncSession, states: Sequence[str], after: str, limit: int
) -> Sequence[Ticket]:
    """The next tickets in these states by id, for going through all of them in batches."""
    of_these = select(Ticket).where(Ticket.id > after, Ticket.state.in_(states))
    return (await session.scalars(of_these.order_by(Ticket.id).limit(limit))).all()


async def find(
    session: AsyncSession,
    *,
    caller: str = "",
    unit_code: str = "",
    state: str | Sequence[str] = "",
    type: str = "",
    call_id: str = "",
    words: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    newest_first: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> Page[Ticket]:
    """Tickets by any of these; `words`: part of the number or title; `since`/`until`: by the time of filing."""
    question = select(Ticket)
    exact = {
        Ticket.caller_hash: caller,
        Ticket.unit_code: unit_code,
        Ticket.type: type,
        Ticket.call_id: call_id,
    }
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    if state:
        question = question.where(Ticket.state.in_([state] if isinstance(state, str) else state))
    question = question.where(Ticket.filed_at >= since) if since else question
    question = question.where(Ticket.filed_at < until) if until else question
    order = (Ticket.filed_at.desc(), Ticket.id.desc()) if newest_first else (Ticket.filed_at, Ticket.id)
    question = question.order_by(*order)
    if words:
        return await titles.page(session, question, words, limit, offset)
    return await page(session, question, limit, offset)


async def _insert(session: AsyncSession, new: NewTicket) -> tuple[Ticket, bool]:
    """Insert unless the request key is there; a number that happens to be taken is drawn again."""
    facts = {name: getattr(new, name) for name in NewTicket.__dataclass_fields__}
    facts |= {"caller_hash": new.caller, "title_marks": new.title, "version": 1}
    for _ in range(_TRIES):
        if await hot.add_if_new(session, Ticket, facts | {"number": _number(new.filed_at)}):
            return await get(session, new.id), True
        first = await by_request_key(session, new.request_key) if new.request_key else None
        if first is not None:
            return first, False
    raise Conflict("暂时没有可用的工单编号，请重试")


def _number(at: datetime) -> str:
    """Day in China and six digits that can't be guessed from the one before: 20261121-048315."""
    return f"{at.astimezone(_CHINA):%Y%m%d}-{secrets.randbelow(1_000_000):06d}"


async def _require_unit(session: AsyncSession, unit_code: str | None) -> None:
    if unit_code is None:
        return
    if not (await hot.do(session, _UNIT, {"code": unit_code})).rows:
        raise UnknownUnit(f"没有代码为 {unit_code} 的承办单位")


async def _close_message(session: AsyncSession, which: dict[str, str], ticket_id: str) -> None:
    await hot.change(
        session, Message, which | {"state": "open"}, {"state": "ticketed", "ticket_id": ticket_id}
    )


async def raised_by(session: AsyncSession, caller: str, since: datetime, limit: int = 30) -> Sequence[Ticket]:
    """A citizen's own matters, newest first; `caller`: their number, or the look-up hash of it."""
    question = select(Ticket).where(
        Ticket.caller_hash == caller,
        Ticket.filed_at >= since,
        or_(Ticket.relation.is_(None), Ticket.relation.in_(OWN)),
    )
    return (await session.scalars(question.order_by(Ticket.filed_at.desc()).limit(limit))).all()


async def filed_between(
    session: AsyncSession, after: tuple[datetime, str], before: datetime, limit: int
) -> Sequence[Ticket]:
    """Citizens' own matters in the order filed, from just behind (moment, id) up to a moment."""
    question = select(Ticket).where(
        tuple_(Ticket.filed_at, Ticket.id) > after,
        Ticket.filed_at < before,
        or_(Ticket.relation.is_(None), Ticket.relation.in_(OWN)),
    )
    return (await session.scalars(question.order_by(Ticket.filed_at, Ticket.id).limit(limit))).all()


async def leading(session: AsyncSession, row: Ticket) -> Ticket:
    """The ticket under which a merged one is handled, however often one went into another; any other is its own."""
    seen = {row.id}
    while row.state == "merged" and row.parent_id is not None and row.parent_id not in seen:
        row = await get(session, row.parent_id)
        seen.add(row.id)
    return row


async def held_by(session: AsyncSession, row: Ticket) -> str | None:
    """The unit whose people act on it: who has it, or of work that came back from below the one that had handed it down."""
    if row.unit_code is None and row.relation == "descent" and row.parent_id is not None:
        return (await get(session, row.parent_id)).unit_code
    return row.unit_code


async def joined(session: AsyncSession, ticket_id: str) -> list[Ticket]:
    """Every ticket that went into this one, those that went into one of them too, however often; nearest first."""
    found: list[Ticket] = []
    level, seen = [ticket_id], {ticket_id}
    while level:
        family = [child for one in level for child in await children(session, one)]
        gone = [one for one in family if one.relation == one.state == "merged" and one.id not in seen]
        level = [one.id for one in gone]
        seen.update(level)
        found += gone
    return found


async def open_near(
    session: AsyncSession,
    states: Sequence[str],
    unit: str | None,
    place: str,
    since: datetime,
    limit: int = 200,
) -> Sequence[Ticket]:
    """Open matters of a unit, or where none is named of a place, newest first."""
    question = select(Ticket).where(
        Ticket.state.in_(states),
        Ticket.filed_at >= since,
        or_(Ticket.relation.is_(None), Ticket.relation == "split"),
    )
    question = question.where(Ticket.unit_code == unit) if unit else question
    question = question.where(Ticket.place == place) if place else question
    return (await session.scalars(question.order_by(Ticket.filed_at.desc()).limit(limit))).all()


async def many(
    session: AsyncSession, ids: Sequence[str], within: ColumnElement[bool] | None = None
) -> dict[str, Ticket]:
    """Those of these ids that there are, and within the condition."""
    question = select(Ticket).where(Ticket.id.in_(ids))
    found = await session.scalars(question if within is None else question.where(within))
    return {row.id: row for row in found.all()}


async def how_often_raised(session: AsyncSession, roots: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """By root: how many of the same person's repeats it has, and whether it was under a supervision order that is over."""
    rows = await session.execute(
        select(Ticket.parent_id, Ticket.relation, Ticket.state, Ticket.caller).where(
            Ticket.parent_id.in_(roots), Ticket.relation.in_((*AGAIN, "supervision"))
        )
    )
    own = {row.id: row.caller for row in (await many(session, roots)).values()}
    found: dict[str, tuple[int, bool]] = dict.fromkeys(roots, (0, False))
    for under, relation, state, caller in rows.all():
        parent = str(under)
        times, supervised = found[parent]
        if relation == "supervision":
            found[parent] = times, supervised or state in (*REPLIED, *SETTLED)
        else:
            found[parent] = times + same_number(caller, own.get(parent, "-")), supervised
    return found
