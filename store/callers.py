"""What we know of a caller before the greeting ends, and the registers behind it: blocks with their reviews, care, tags.

Everything is found by the number's keyed hash; numbers themselves are sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from core.rights import Scope
from store import calls, hot, scope
from store.paging import Page, page
from store.sqlite import QUICK
from store.tables import Block, BlockReview, Call, CallTag, CareCaller, Seat, Ticket
from tickets.ticket import OVER


@dataclass(frozen=True, slots=True)
class Known:
    """A caller at one moment. `recent`: calls of theirs that asked for a person lately; `urgent`: a ticket of theirs is due soon;
    `seat`: where the agent sits now who spoke with them last."""

    block_id: str | None = None
    care: str = ""
    skill: str = ""
    recent: int = 0
    urgent: bool = False
    seat: str = ""


def _number() -> Any:
    return bindparam("number", type_=Call.caller_hash.type)


_BLOCK = (
    select(Block.id)
    .where(
        Block.caller_hash == _number(),
        Block.state != "lifted",  # the caller's index, not that of all that are active
        Block.expires_at > bindparam("at", type_=Block.expires_at.type),
    )
    .order_by(Block.expires_at.desc())
    .limit(1)
)
_CARED_FOR = and_(CareCaller.caller_hash == _number(), CareCaller.ended_at.is_(None))
_RECENT = (
    select(func.count())
    .select_from(Call)
    .where(
        Call.caller_hash == _number(),
        Call.arrived_at > bindparam("since", type_=Call.arrived_at.type),
        Call.queued_at.is_not(None),
        Call.direction == "in",
    )
)
_URGENT = exists().where(
    Ticket.caller_hash == _number(),
    *(Ticket.state != closed for closed in OVER),
    Ticket.due_at <= bindparam("due_by", type_=Ticket.due_at.type),
)
_LAST_AGENT = (
    select(Call.user_id)
    .where(
        Call.caller_hash == _number(),
        Call.arrived_at > bindparam("spoke_since", type_=Call.arrived_at.type),
        Call.user_id.is_not(None),
    )
    .order_by(Call.arrived_at.desc())
    .limit(1)
)
_KNOWN = select(
    _BLOCK.scalar_subquery(),
    select(CareCaller.kind).where(_CARED_FOR).scalar_subquery(),
    select(CareCaller.skill).where(_CARED_FOR).scalar_subquery(),
    _RECENT.scalar_subquery(),
    _URGENT,
    select(Seat.id).where(Seat.user_id == _LAST_AGENT.scalar_subquery()).scalar_subquery(),
).execution_options(**{QUICK: True})


async def known(
    session: AsyncSession,
    number: str,
    at: datetime,
    since: datetime,
    due_by: datetime,
    spoke_since: datetime | None = None,
) -> Known:
    """All of it with one question: calls are counted after `since`, tickets are urgent that are due by `due_by`, agents known
    who spoke with them after `spoke_since`."""
    if not number:
        return Known()
    given = {"number": number, "at": at, "since": since, "due_by": due_by, "spoke_since": spoke_since or at}
    block, care, skill, recent, urgent, seat = (await hot.do(session, _KNOWN, given)).rows[0]
    return Known(block, care or "", skill or "", recent, bool(urgent), seat or "")


# --- tags -------------------------------------------------------------------------------------------------------------


async def tag(session: AsyncSession, call_id: str, name: str, note: str, by: str, at: datetime) -> None:
    """Say it of a call; said again, or again after it was taken back, it holds. Raises NotFound."""
    await calls.get(session, call_id)
    said = {"note": note, "by": by, "at": at, "removed_by": None, "removed_at": None}
    if not await hot.change(session, CallTag, {"call_id": call_id, "tag": name}, said):
        await hot.add(session, CallTag, [{"id": new_id("tag"), "call_id": call_id, "tag": name, **said}])


async def untag(session: AsyncSession, call_id: str, name: str, by: str, at: datetime) -> None:
    """Take a tag back. Raises NotFound where the call has no such tag."""
    which = {"call_id": call_id, "tag": name, "removed_at__null": True}
    if not await hot.change(session, CallTag, which, {"removed_by": by, "removed_at": at}):
        raise NotFound(f"通话 {call_id} 没有标签“{name}”")


async def tags_of(session: AsyncSession, call_id: str) -> Sequence[CallTag]:
    """Those that hold, oldest first."""
    question = select(CallTag).where(CallTag.call_id == call_id, CallTag.removed_at.is_(None))
    return (await session.scalars(question.order_by(CallTag.at))).all()


# --- blocks -----------------------------------------------------------------------------------------------------------


async def block(
    session: AsyncSession,
    number: str,
    tag: str,
    reason: str,
    by: str,
    at: datetime,
    expires_at: datetime,
    review_at: datetime,
    call_id: str | None = None,
) -> Block:
    """Block a number. Raises Conflict where it is blocked already."""
    blocked = await session.scalar(_BLOCK, {"number": number, "at": at})
    if blocked is not None:
        raise Conflict("这个号码已在拦截名单中")
    row = Block(
        id=new_id("block"), caller=number, caller_hash=number, tag=tag, reason=reason, call_id=call_id,
        state="active", by=by, at=at, expires_at=expires_at, review_at=review_at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


async def get_block(session: AsyncSession, block_id: str) -> Block:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Block, id=block_id)
    if found is None:
        raise NotFound(f"没有限制记录 {block_id}")
    return found


async def review(
    session: AsyncSession,
    block_id: str,
    deed: str,
    why: str,
    by: str,
    at: datetime,
    expires_at: datetime,
    review_at: datetime,
) -> None:
    """Keep a block until `expires_at`, or lift it now. Raises NotFound, Conflict where it was lifted before."""
    changes = (
        {"state": "lifted", "expires_at": at}
        if deed == "lifted"
        else {"expires_at": expires_at, "review_at": review_at}
    )
    if not await hot.change(session, Block, {"id": block_id, "state": "active"}, changes):
        await get_block(session, block_id)
        raise Conflict("这条拦截已经解除")
    row = {"id": new_id("review"), "block_id": block_id, "deed": deed, "why": why, "by": by, "at": at}
    await hot.add(session, BlockReview, [row | {"expires_at": changes["expires_at"]}])


async def reviews_of(session: AsyncSession, block_ids: Sequence[str]) -> Sequence[BlockReview]:
    """Oldest first."""
    question = select(BlockReview).where(BlockReview.block_id.in_(block_ids)).order_by(BlockReview.at)
    return (await session.scalars(question)).all()


async def blocks(
    session: AsyncSession,
    at: datetime,
    *,
    within: ColumnElement[bool] | None = None,
    active: bool | None = None,
    due: bool = False,
    number: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Page[Block]:
    """Blocks, newest first; `active`: that hold now, or no longer; `due`: somebody must look at them again."""
    question = select(Block) if within is None else select(Block).where(within)
    holds = and_(Block.state == "active", Block.expires_at > at)
    question = question.where(Block.caller_hash == number) if number else question
    if active is not None:
        question = question.where(holds if active else ~holds)
    question = question.where(holds, Block.review_at <= at) if due else question
    return await page(session, question.order_by(Block.at.desc(), Block.id.desc()), limit, offset)


# --- care -------------------------------------------------------------------------------------------------------------


async def care_for(
    session: AsyncSession,
    number: str,
    kind: str,
    basis: str,
    by: str,
    at: datetime,
    *,
    skill: str = "",
    name: str | None = None,
    note: str = "",
    consent_at: datetime | None = None,
) -> CareCaller:
    """Register a caller who needs care. Raises Conflict where they are registered already."""
    there = select(CareCaller.id).where(CareCaller.caller_hash == number, CareCaller.ended_at.is_(None))
    if await session.scalar(there) is not None:  # it may lie under the key before
        raise Conflict("这个号码已登记关怀对象")
    row = CareCaller(
        id=new_id("care"), caller=number, caller_hash=number, kind=kind, name=name, skill=skill, note=note,
        basis=basis, consent_at=consent_at, by=by, at=at,
    )  # fmt: skip
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict("这个号码已登记关怀对象") from error
    return row


async def end_care(session: AsyncSession, care_id: str, by: str, at: datetime) -> CareCaller:
    """They asked for it, or it no longer holds. Raises NotFound, Conflict where it ended before."""
    found = await hot.row(session, CareCaller, id=care_id)
    if found is None:
        raise NotFound(f"没有关怀登记 {care_id}")
    which = {"id": care_id, "ended_at__null": True}
    if not await hot.change(session, CareCaller, which, {"ended_by": by, "ended_at": at}):
        raise Conflict("这条登记已经注销")
    return found


async def known_within(session: AsyncSession, number: str, reach: Scope) -> bool:
    """Whether this number called or wrote within reach; everybody is known to the whole house."""
    if reach.everything:
        return True
    called = select(Call.id).where(Call.caller_hash == number, scope.calls(reach)).exists()
    wrote = select(Ticket.id).where(Ticket.caller_hash == number, scope.tickets(reach)).exists()
    return bool(await session.scalar(select(or_(called, wrote))))


async def care_register(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    number: str = "",
    current: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> Page[CareCaller]:
    """Newest first."""
    question = select(CareCaller) if within is None else select(CareCaller).where(within)
    question = question.where(CareCaller.caller_hash == number) if number else question
    question = question.where(CareCaller.ended_at.is_(None)) if current else question
    return await page(session, question.order_by(CareCaller.at.desc(), CareCaller.id.desc()), limit, offset)
