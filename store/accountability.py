"""Cases of the accountability file: found once, growing while nobody judged them, stepped by compare-and-set; what is still to look at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.accountability import CaseFound, CaseStepped
from core.errors import Conflict, NotFound
from core.ids import new_id
from store import events, hot
from store.paging import Page, page
from store.tables import AccountabilityCase, AccountabilityCursor, EventRow, Ticket

EVENTS, DUE = "events", "due"
LOOKED_AT = (
    "ticket.",
    "supervision.",
    "call.attitude",
    "knowledge.late",
    "knowledge.overdue",
    "knowledge.misled",
)


@dataclass(frozen=True, slots=True)
class NewCase:
    """`key`: once; `clauses`: {clause, words} of each situation. `situation`: the gravest of `kinds`."""

    key: str
    about: str
    kinds: tuple[str, ...]
    clauses: list[dict[str, str]]
    unit: str
    happened_at: datetime
    events: tuple[str, ...]
    why: str = field(repr=False)
    ticket: str = ""
    by: str = "clock"


async def keep(session: AsyncSession, new: NewCase, at: datetime) -> bool:
    """A case of these facts: a new one, or more for one that nobody judged yet; False where all of it is known."""
    known = (
        await session.scalars(select(AccountabilityCase).where(AccountabilityCase.about == new.about))
    ).all()
    for one in known:
        if set(new.kinds) <= set(one.kinds) and (
            one.state != "candidate" or set(new.events) <= set(one.events)
        ):
            return False
    growing = next((one for one in known if one.state == "candidate"), None)
    if growing is None:
        return await _add(session, new, at)
    merged = [*dict.fromkeys((*growing.events, *new.events))]
    changes = {
        "kinds": [*new.kinds],
        "situation": new.kinds[0],
        "clauses": new.clauses,
        "events": merged,
        "why": new.why,
    }
    which = {"id": growing.id, "version": growing.version}
    if not await hot.change(session, AccountabilityCase, which, changes):
        return False  # somebody judges it just now; the next look sees what came of it
    await events.append(session, _found(growing.id, new, merged, at), new.by)
    return True


async def _add(session: AsyncSession, new: NewCase, at: datetime) -> bool:
    case_id = new_id("acc")
    row = {name: None for name in AccountabilityCase.__table__.columns.keys()} | {
        "id": case_id, "key": new.key, "about": new.about, "situation": new.kinds[0], "kinds": [*new.kinds],
        "clauses": new.clauses, "unit_code": new.unit, "ticket_id": new.ticket or None, "happened_at": new.happened_at,
        "events": [*new.events], "why": new.why, "found_by": new.by, "found_at": at, "state": "candidate", "evidence": [],
        "version": 1,
    }  # fmt: skip
    if not await hot.add_if_new(session, AccountabilityCase, row):
        return False
    await events.append(session, _found(case_id, new, new.events, at), new.by)
    return True


def _found(case_id: str, new: NewCase, proof: Sequence[str], at: datetime) -> CaseFound:
    clauses = [one["clause"] for one in new.clauses]
    return CaseFound(
        at, case_id, new.unit, new.kinds[0], [*new.kinds], clauses, [*proof], new.ticket, new.happened_at
    )  # fmt: skip


async def get(session: AsyncSession, case_id: str, *within: ColumnElement[bool]) -> AccountabilityCase:
    """As it is now. Raises NotFound."""
    which = select(AccountabilityCase).where(AccountabilityCase.id == case_id, *within)
    found = await session.scalar(which.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"没有责任追究线索 {case_id}")
    return found


async def by_key(session: AsyncSession, key: str) -> AccountabilityCase | None:
    return await hot.row(session, AccountabilityCase, key=key)


async def step(
    session: AsyncSession,
    case: AccountabilityCase,
    action: str,
    changes: Mapping[str, Any],
    by: str,
    at: datetime,
) -> None:
    """Move a case read a moment ago on, with its event. Raises Conflict."""
    which = {"id": case.id, "version": case.version}
    if not await hot.change(session, AccountabilityCase, which, changes):
        raise Conflict("这条线索刚刚有变化，请重新查看")
    told = CaseStepped(
        at, case.id, case.unit_code, case.situation, [one["clause"] for one in case.clauses], [*case.events],
        case.ticket_id or "", case.happened_at, action, case.state, str(changes["state"]), str(changes.get("outcome") or ""),
    )  # fmt: skip
    await events.append(session, told, by)


async def find(
    session: AsyncSession,
    *within: ColumnElement[bool],
    unit: str = "",
    state: str = "",
    situation: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[AccountabilityCase]:
    """By when it happened, newest first."""
    case = AccountabilityCase
    question = select(case).where(*within)
    for column, value in {case.unit_code: unit, case.state: state, case.situation: situation}.items():
        question = question.where(column == value) if value else question
    question = question.where(case.happened_at >= since) if since else question
    question = question.where(case.happened_at < until) if until else question
    return await page(session, question.order_by(case.happened_at.desc(), case.id), limit, offset)


async def judged(session: AsyncSession, since: datetime, until: datetime) -> Sequence[AccountabilityCase]:
    """Cases that people found to be so, of facts or with outcomes in this period."""
    case = AccountabilityCase
    within = or_(
        and_(case.happened_at >= since, case.happened_at < until),
        and_(case.decided_at >= since, case.decided_at < until),
    )
    found = select(case).where(case.state.in_(("verified", "proposed", "decided")), within)
    return (await session.scalars(found.order_by(case.happened_at, case.id))).all()


# --- what is still to look at -----------------------------------------------------------------------------------------


async def stands(session: AsyncSession, name: str) -> AccountabilityCursor:
    """Where the last look ended, without keeping it from anybody; at the beginning where nobody looked yet."""
    found = await hot.row(session, AccountabilityCursor, name=name)
    return found or AccountabilityCursor(name=name, seq=0, at=None, ref="")


async def cursor(session: AsyncSession, name: str) -> AccountabilityCursor:
    """Where the last look ended, kept from other processes until this session ends."""
    await hot.add_unless_there(
        session, AccountabilityCursor, "name", [{"name": name, "seq": 0, "at": None, "ref": ""}]
    )
    found = await hot.locked(session, AccountabilityCursor, name=name)
    assert found is not None
    return found


async def happened_since(session: AsyncSession, seq: int, limit: int) -> Sequence[Any]:
    """The next events of any kind, in order: (seq, id, name, subject, at, payload)."""
    row = EventRow
    wanted = select(row.seq, row.id, row.name, row.subject, row.at, row.payload).where(row.seq > seq)
    return (await session.execute(wanted.order_by(row.seq).limit(limit))).all()


async def due_since(
    session: AsyncSession, at: datetime | None, ref: str, now: datetime, states: Collection[str], limit: int
) -> Sequence[Any]:
    """Tickets whose deadline passed since the last look, in the order of their deadlines: (id, due_at)."""
    wanted = select(Ticket.id, Ticket.due_at).where(Ticket.due_at <= now, Ticket.state.in_(states))
    if at is not None:
        wanted = wanted.where(or_(Ticket.due_at > at, and_(Ticket.due_at == at, Ticket.id > ref)))
    return (await session.execute(wanted.order_by(Ticket.due_at, Ticket.id).limit(limit))).all()


async def events_of(session: AsyncSession, subjects: Collection[str]) -> Sequence[Any]:
    """Events of these tickets, in order."""
    row = EventRow
    wanted = select(row.seq, row.id, row.name, row.subject, row.at, row.payload)
    return (await session.execute(wanted.where(row.subject.in_(subjects)).order_by(row.seq))).all()
