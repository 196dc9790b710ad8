"""Errands: calls we owe. Every step is one conditional UPDATE, so that two processes never both place a call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.after_call import JOINS, Kind, State
from core.errors import NotFound
from core.ids import new_id
from store import hot
from store.hot import table_of
from store.paging import Page, page
from store.tables import Call, Errand

OVER: tuple[State, ...] = ("done", "given_up", "cancelled")


@dataclass(frozen=True, slots=True)
class Wish:
    """An errand as it is taken on. `subject`: the call or ticket it is about; once per kind."""

    kind: Kind
    subject: str
    number: str = field(repr=False)
    line: str
    due_at: datetime
    most: int = 1
    place: datetime | None = None
    call_id: str | None = None
    message_id: str | None = None
    ticket_id: str | None = None
    seat_id: str | None = None


async def add(session: AsyncSession, wish: Wish, at: datetime) -> str | None:
    """Take it on; its id, or None where it was taken on before or the citizen is owed a call-back already."""
    facts = {name: getattr(wish, name) for name in Wish.__dataclass_fields__}
    facts |= {"id": new_id("err"), "number_hash": wish.number, "state": "due", "tries": 0}
    facts |= {"created_at": at, "version": 1}
    return str(facts["id"]) if await hot.add_if_new(session, Errand, facts) else None


async def get(session: AsyncSession, errand_id: str) -> Errand:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Errand, id=errand_id)
    if found is None:
        raise NotFound(f"没有外呼任务 {errand_id}")
    return found


async def of_out_call(session: AsyncSession, call_id: str) -> Errand | None:
    """The errand a call we placed is for."""
    return await hot.row(session, Errand, out_call_id=call_id)


async def owed_to(session: AsyncSession, number: str) -> Errand | None:
    """The one call-back this citizen is owed now."""
    return await session.scalar(
        select(Errand)
        .where(Errand.number_hash == number, Errand.ended_at.is_(None), Errand.kind.in_(JOINS))
        .execution_options(populate_existing=True)
        .limit(1)
    )


async def due(session: AsyncSession, at: datetime, limit: int = 50) -> Sequence[Errand]:
    """What is to be looked at now, longest due first."""
    found = await session.scalars(
        select(Errand)
        .where(Errand.state == "due", Errand.ended_at.is_(None), Errand.due_at <= at)
        .order_by(Errand.due_at, Errand.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def in_queue(session: AsyncSession, limit: int = 50) -> Sequence[Errand]:
    """Whose turn is waited for, by their place."""
    return await _in_state(session, "queued", Errand.place, limit)


async def dialling(session: AsyncSession, limit: int = 500) -> Sequence[Errand]:
    """Whose call is being placed, longest first."""
    return await _in_state(session, "dialling", Errand.claimed_at, limit)


async def _in_state(session: AsyncSession, state: State, order: Any, limit: int) -> Sequence[Errand]:
    question = select(Errand).where(Errand.state == state, Errand.ended_at.is_(None)).order_by(order)
    question = question.limit(limit).execution_options(populate_existing=True)
    return (await session.scalars(question)).all()


async def step(session: AsyncSession, errand: Errand, state: State, at: datetime, **changes: Any) -> bool:
    """Move an errand read a moment ago on; False where somebody was faster. An over errand gets its end."""
    changes |= {"state": state}
    if state in OVER:
        changes["ended_at"] = at
    which = {"id": errand.id, "version": errand.version}
    return bool(await hot.change(session, Errand, which, changes))


async def note(session: AsyncSession, errand_id: str, **changes: Any) -> None:
    """Something about an errand that no other process decides on."""
    await hot.note(session, Errand, {"id": errand_id}, changes)


async def place_call(
    session: AsyncSession,
    errand: Errand,
    linkedid: str,
    at: datetime,
    *,
    step: str,
    state: str,
    menu_state: dict[str, Any],
) -> str:
    """The row of a call we are to place for an errand this session has moved on; gives its id."""
    call_id = new_id("call")
    row = {
        "id": call_id,
        "linkedid": linkedid,
        "line": errand.line,
        "caller": errand.number,
        "caller_hash": errand.number,
        "channel": "",
        "state": state,
        "step": step,
        "direction": "out",
        "queued_at": errand.place,
        "rank_at": errand.place,
        "arrived_at": at,
        "menu_state": menu_state,
        "version": 1,
    }
    await hot.add(session, Call, [row])
    await note(session, errand.id, out_call_id=call_id)
    return call_id


async def note_call(session: AsyncSession, call_id: str, **changes: Any) -> None:
    """What happens to a call we placed, in columns an incoming call never changes."""
    await hot.note(session, Call, {"id": call_id}, changes)


async def met_since(session: AsyncSession, number: str, since: datetime) -> Literal["reached", "calling", ""]:
    """Whether this citizen spoke with a person in a call that came in since a moment, or is calling us now."""
    call = table_of(Call)
    found = await session.execute(
        select(call.c.agent_answered_at, call.c.arrived_at)
        .where(
            call.c.caller_hash == number,
            call.c.direction == "in",
            or_(call.c.arrived_at >= since, call.c.ended_at.is_(None)),
            or_(call.c.agent_answered_at.is_not(None), call.c.ended_at.is_(None)),
        )
        .order_by(call.c.arrived_at.desc())
        .limit(100)
    )
    rows = found.all()
    if any(row.agent_answered_at is not None and row.arrived_at >= since for row in rows):
        return "reached"
    return "calling" if rows else ""


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    kind: str = "",
    state: str = "",
    number: str = "",
    ticket_id: str = "",
    call_id: str = "",
    limit: int = 50,
    offset: int = 0,
    newest_first: bool = True,
) -> Page[Errand]:
    """Errands by any of these; `number`: a plain one; `state` open: those not over."""
    question = select(Errand) if within is None else select(Errand).where(within)
    exact = {
        Errand.kind: kind,
        Errand.number_hash: number,
        Errand.ticket_id: ticket_id,
        Errand.call_id: call_id,
        Errand.state: "" if state == "open" else state,
    }
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    question = question.where(Errand.ended_at.is_(None)) if state == "open" else question
    order = (Errand.created_at.desc(), Errand.id.desc()) if newest_first else (Errand.due_at, Errand.id)
    return await page(session, question.order_by(*order), limit, offset)


async def counts(session: AsyncSession) -> dict[tuple[str, str], int]:
    """(kind, state) -> how many errands are not over."""
    found = await session.execute(
        select(Errand.kind, Errand.state, func.count())
        .where(Errand.ended_at.is_(None))
        .group_by(Errand.kind, Errand.state)
    )
    return {(kind, state): int(many) for kind, state, many in found.all()}
