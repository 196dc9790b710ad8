"""Calls. The hot path: each step of a call is one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.call import Arrival
from core.errors import NotFound
from core.ids import new_id
from store import about, hot
from store.paging import Page, page
from store.tables import Call, Message

_OPEN = Call.ended_at.is_(None)  # the condition of a partial index, word for word
_TENTATIVE = ("message", "abandoned")  # what we note when nobody decided; a decision made later replaces it


class Changes(TypedDict, total=False):
    """What may change while a call runs."""

    channel: str
    state: str
    step: str
    queued_at: datetime | None
    rank_at: datetime | None
    wants: str
    widens_at: datetime | None
    answered_at: datetime | None
    prompts_ended_at: datetime | None
    agent_answered_at: datetime | None
    ended_at: datetime
    ended_by: str
    seat_id: str | None
    user_id: str | None
    talk_seconds: float | None
    menu_state: dict[str, Any]


async def add_call(
    session: AsyncSession,
    arrival: Arrival,
    *,
    state: str = "arrived",
    step: str = "",
    answered_at: datetime | None = None,
) -> tuple[str, bool]:
    """The id of this linkedid's call and whether it is new; asked again, from any process, it gives the first one."""
    fresh = new_id("call")
    call_id = await hot.add_or_same(
        session,
        Call,
        "linkedid",
        {
            "id": fresh,
            "linkedid": arrival.linkedid,
            "line": arrival.line,
            "caller": arrival.caller,
            "caller_hash": arrival.caller,
            "channel": arrival.channel,
            "state": state,
            "step": step,
            "arrived_at": arrival.at,
            "answered_at": answered_at,
            "menu_state": {},
            "version": 1,
        },
    )
    return call_id, call_id == fresh


async def get(session: AsyncSession, call_id: str) -> Call:
    """As it is now, whatever this session read before. Raises NotFound."""
    found = await hot.row(session, Call, id=call_id)
    if found is None:
        raise NotFound(f"没有通话 {call_id}")
    return found


async def lock(session: AsyncSession, call_id: str) -> Call:
    """The call as it is now, kept from others until this session ends. Raises NotFound."""
    found = await hot.locked(session, Call, id=call_id)
    if found is None:
        raise NotFound(f"没有通话 {call_id}")
    return found


async def is_known(session: AsyncSession, call_id: str) -> bool:
    return await hot.row(session, Call, id=call_id) is not None


async def by_linkedid(session: AsyncSession, linkedid: str) -> Call | None:
    return await hot.row(session, Call, linkedid=linkedid)


async def change(session: AsyncSession, call_id: str, **changes: Unpack[Changes]) -> None:
    """Note what happened: any of `Changes`, in one statement. Raises NotFound."""
    if not await hot.change(session, Call, {"id": call_id}, changes):
        raise NotFound(f"没有通话 {call_id}")


async def note(session: AsyncSession, call_id: str, **changes: Unpack[Changes]) -> None:
    """As `change`, for a call that this session has written or locked: it is there."""
    await hot.note(session, Call, {"id": call_id}, changes)


async def correct(session: AsyncSession, call_id: str, **changes: Any) -> None:
    """Write what Asterisk says of a call that is over: any column of its times and its channel."""
    await hot.note(session, Call, {"id": call_id}, changes)


async def ended(
    session: AsyncSession,
    call_id: str,
    at: datetime,
    ended_by: str,
    talk_seconds: float | None = None,
    state: str = "ended",
) -> bool:
    """The citizen's channel is gone; False where that was known already. The first report stays."""
    changes = {"ended_at": at, "ended_by": ended_by, "state": state}
    if talk_seconds is not None:
        changes["talk_seconds"] = talk_seconds
    return bool(await hot.change(session, Call, {"id": call_id, "ended_at__null": True}, changes))


_TALKED = (
    update(hot.table_of(Call))
    .where(
        hot.table_of(Call).c.id == bindparam("was_id"),
        Call.agent_answered_at.is_not(None),
        Call.talk_seconds.is_(None),
    )
    .values(version=hot.table_of(Call).c.version + 1)
)


async def talked(session: AsyncSession, seconds: Mapping[str, float]) -> None:
    """Call id -> how long its sound is: the length of the talk where nobody saw its end."""
    if seconds:
        rows = [{"was_id": call_id, "talk_seconds": length} for call_id, length in seconds.items()]
        await session.execute(_TALKED, rows)


async def close(session: AsyncSession, call_id: str, outcome: str, at: datetime) -> bool:
    """Say how the matter ended; False where that was decided already.

    A decision (ticket, answered, refused) replaces message and abandoned, and then the call's open message is done;
    a ticket replaces every other outcome.
    """
    changes = {"outcome": outcome, "outcome_at": at}
    if not await _first_or_over(session, call_id, _replaceable(outcome), changes):
        return False
    if outcome in ("answered", "refused"):
        await hot.change(session, Message, {"call_id": call_id, "state": "open"}, {"state": "done"})
    return True


async def _first_or_over(
    session: AsyncSession, call_id: str, over: tuple[str, ...], changes: dict[str, Any]
) -> bool:
    """Change a call that has no outcome, or only one of `over`."""
    if await hot.change(session, Call, {"id": call_id, "outcome__null": True}, changes):
        return True
    return bool(over) and bool(await hot.change(session, Call, {"id": call_id, "outcome__in": over}, changes))


async def note_message(session: AsyncSession, call_id: str, at: datetime) -> None:
    """A message is all that came of this call so far."""
    await _first_or_over(session, call_id, ("abandoned",), {"outcome": "message", "outcome_at": at})


async def waiting(session: AsyncSession, limit: int = 1000) -> Sequence[Call]:
    """Calls in the queue, in line."""
    found = await session.scalars(
        select(Call).where(Call.state == "queued", _OPEN).order_by(Call.rank_at, Call.id).limit(limit)
    )
    return found.all()


_IS_AHEAD = and_(
    Call.state == "queued",
    _OPEN,
    or_(
        Call.rank_at < bindparam("since", type_=Call.rank_at.type),
        and_(Call.rank_at == bindparam("since", type_=Call.rank_at.type), Call.id < bindparam("call_id")),
    ),
)
AHEAD = select(func.count()).select_from(Call).where(_IS_AHEAD)
_WANTED_NOW = case(
    (Call.widens_at > bindparam("at", type_=Call.widens_at.type), Call.wants), else_=literal("")
)
_QUEUE_AHEAD = (
    select(_WANTED_NOW.label("wanted"), func.count().label("calls")).where(_IS_AHEAD).group_by("wanted")
)


async def ahead(session: AsyncSession, rank_at: datetime, call_id: str) -> int:
    """How many calls in the queue come before this one."""
    return (await session.execute(AHEAD, {"since": rank_at, "call_id": call_id})).scalar_one()


async def queue_ahead(session: AsyncSession, rank_at: datetime, call_id: str, at: datetime) -> dict[str, int]:
    """The calls before this one by the skills they still insist on, as one text ('' for none)."""
    found = await session.execute(_QUEUE_AHEAD, {"since": rank_at, "call_id": call_id, "at": at})
    return {row.wanted: row.calls for row in found}


async def under_way(
    session: AsyncSession, limit: int = 1000, within: ColumnElement[bool] | None = None
) -> Sequence[Call]:
    """Calls we have not seen end, oldest first: live ones, and after a crash those to look after."""
    # Sorted here: asked to sort, SQLite would walk all calls by arrival instead of the few open ones.
    question = select(Call).where(_OPEN) if within is None else select(Call).where(_OPEN, within)
    found = await session.scalars(question.limit(limit))
    return sorted(found, key=lambda call: (call.arrived_at, call.id))


async def ended_of(session: AsyncSession, call_ids: Sequence[str]) -> frozenset[str]:
    """Those of these calls that have ended."""
    over = Call.id.in_(call_ids) & Call.ended_at.is_not(None)
    return frozenset(await session.scalars(select(Call.id).where(over)))


async def without_outcome(session: AsyncSession, ended_before: datetime, limit: int = 200) -> Sequence[Call]:
    """Calls that ended before a moment and of which nobody said what came of them."""
    found = await session.scalars(
        select(Call)
        .where(Call.ended_at < ended_before, Call.outcome.is_(None))
        .order_by(Call.ended_at)
        .limit(limit)
    )
    return found.all()


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    caller: str = "",
    secret: bool = False,
    line: str = "",
    state: str = "",
    outcome: str = "",
    seat_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    newest_first: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> Page[Call]:
    """Calls by any of these; `caller`: a plain number; from `since` on and before `until`, by arrival.

    By a caller those of confidential matters are left out, for that tells who reported them, unless `secret` are wanted.
    """
    question = select(Call) if within is None else select(Call).where(within)
    question = question.where(~about.secret(Call.id)) if caller and not secret else question
    exact = {
        Call.caller_hash: caller,
        Call.line: line,
        Call.state: state,
        Call.outcome: outcome,
        Call.seat_id: seat_id,
    }
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    question = question.where(Call.arrived_at >= since) if since else question
    question = question.where(Call.arrived_at < until) if until else question
    order = (Call.arrived_at.desc(), Call.id.desc()) if newest_first else (Call.arrived_at, Call.id)
    return await page(session, question.order_by(*order), limit, offset)


def _replaceable(outcome: str) -> tuple[str, ...]:
    if outcome == "ticket":
        return (*_TENTATIVE, "answered", "refused")
    return _TENTATIVE if outcome in ("answered", "refused") else ()
