"""What has had its term and may go: found in small batches, never what a legal hold keeps, with the event in the same transaction.

A ticket goes with its family: its children carry the same citizen, and one that is open or held keeps them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.holds import Kept
from core.secrecy import RetentionRan
from store import events, holds
from store.hot import table_of
from store.tables import Attachment, Call, Errand, Message, NoticeRow, Recording, Ticket, Utterance
from tickets.ticket import OVER

BATCH = 100
_NOBODY = {"caller": "", "caller_hash": ""}
_UNSENT = {"recipient": "", "recipient_hash": "", "words": ""}
_OVER = NoticeRow.state.not_in(("due", "sending"))


@dataclass(frozen=True, slots=True)
class Due:
    """How many are due, and when the oldest of them began."""

    kind: Kept
    many: int
    oldest: datetime | None


async def due(session: AsyncSession, kind: Kept, before: datetime) -> Due:
    """What a run would delete, for a look before it."""
    parts = [_due(kind, before)]
    if kind == "personal":
        parts.append((Ticket.id, Ticket.filed_at, _callless(before)))
        parts += [(table.id, table.created_at, condition) for table, condition, _ in _loose(before)]
    counted = [
        (await session.execute(select(func.count(key), func.min(at)).where(condition))).one()
        for key, at, condition in parts
    ]
    oldest = min((first for _, first in counted if first is not None), default=None)
    return Due(kind, sum(int(many) for many, _ in counted), oldest)


async def recordings(
    session: AsyncSession, before: datetime, rule: str, at: datetime, drop: Callable[[Sequence[str]], None]
) -> int:
    """Sound files whose term is over: `drop` removes the files, then the row says that there is none. Gives how many."""
    await holds.alone(session)
    _, began, condition = _due("recordings", before)
    rows = (await session.scalars(select(Recording).where(condition).order_by(began).limit(BATCH))).all()
    if not rows:
        return 0
    drop([row.path for row in rows])
    ids = [row.id for row in rows]
    gone = {"path": "", "state": "failed", "problem": f"{holds.GONE}{rule}", "sha256": None}
    await session.execute(update(Recording).where(Recording.id.in_(ids)).values(**gone))
    await _told(session, "recordings", ids, before, rule, at)
    return len(ids)


async def transcripts(session: AsyncSession, before: datetime, rule: str, at: datetime) -> int:
    """What was said in calls whose term is over, an answer to us that is kept with its errand too. Gives of how many calls."""
    await holds.alone(session)
    _, began, condition = _due("transcripts", before)
    ids = list(await session.scalars(select(Call.id).where(condition).order_by(began).limit(BATCH)))
    if not ids:
        return 0
    await session.execute(delete(Utterance).where(Utterance.call_id.in_(ids)))
    await session.execute(update(table_of(Message)).where(Message.call_id.in_(ids)).values(text=None))
    await session.execute(update(table_of(Errand)).where(Errand.out_call_id.in_(ids)).values(words=None))
    await _told(session, "transcripts", ids, before, rule, at)
    return len(ids)


async def personal(session: AsyncSession, before: datetime, rule: str, at: datetime) -> int:
    """Numbers and names of calls whose term is over, and of what came of them; then of tickets without a call, and of what has neither. Gives how many."""
    await holds.alone(session)
    _, began, condition = _due("personal", before)
    ids = list(await session.scalars(select(Call.id).where(condition).order_by(began).limit(BATCH)))
    if ids:
        came_of_it = select(Ticket.id).where(Ticket.call_id.in_(ids))
        gone = list(await session.scalars(came_of_it.union(select(_copies(came_of_it).c.id))))
    else:
        oldest = select(Ticket.id).where(_callless(before)).order_by(Ticket.filed_at).limit(BATCH)
        gone = list(await session.scalars(oldest))
    if ids or gone:
        await _forget(session, ids, gone)
    else:
        gone = await _forget_loose(session, before)
    if ids or gone:
        await _told(session, "personal", ids or gone, before, rule, at)
    return len(ids or gone)


async def _forget(session: AsyncSession, ids: Sequence[str], tickets: Sequence[str]) -> None:
    """Numbers and names out of these calls and tickets, and of what was sent about them; what was attached shows places and faces, and goes."""
    await session.execute(update(table_of(Call)).where(Call.id.in_(ids)).values(**_NOBODY))
    await session.execute(update(table_of(Message)).where(Message.call_id.in_(ids)).values(**_NOBODY))
    owed = or_(Errand.call_id.in_(ids), Errand.ticket_id.in_(tickets))
    await session.execute(
        update(table_of(Errand))
        .where(owed, Errand.ended_at.is_not(None))
        .values(number="", number_hash="", words=None)
    )
    sent = or_(NoticeRow.call_id.in_(ids), NoticeRow.ticket_id.in_(tickets))
    await session.execute(update(table_of(NoticeRow)).where(sent, _OVER).values(**_UNSENT))
    await session.execute(delete(Attachment).where(Attachment.ticket_id.in_(tickets)))
    named = {**_NOBODY, "citizen_name": None}
    await session.execute(update(table_of(Ticket)).where(Ticket.id.in_(tickets)).values(**named))


async def _forget_loose(session: AsyncSession, before: datetime) -> list[str]:
    """Numbers out of what is nobody's call or ticket; ids of what they stood in."""
    gone: list[str] = []
    for table, condition, blank in _loose(before):
        oldest = select(table.id).where(condition).order_by(table.created_at).limit(BATCH)
        ids = list(await session.scalars(oldest))
        await session.execute(update(table_of(table)).where(table.id.in_(ids)).values(**blank))
        gone += ids
    return gone


def _loose(before: datetime) -> tuple[tuple[Any, ColumnElement[bool], Mapping[str, str | None]], ...]:
    """Messages whose call is not known, and texts and spoken calls about neither a call nor a ticket, such as codes, by their own age."""
    free = or_(Message.ticket_id.is_(None), Message.ticket_id.not_in(_kept()))
    old = Message.created_at < before
    left = and_(Message.call_id.is_(None), old, Message.caller_hash != "", free)
    ours = and_(NoticeRow.call_id.is_(None), NoticeRow.ticket_id.is_(None), NoticeRow.created_at < before)
    sent = and_(ours, NoticeRow.recipient_hash != "", NoticeRow.channel.in_(("sms", "voice")), _OVER)
    return (Message, left, {**_NOBODY, "text": None}), (NoticeRow, sent, _UNSENT)


def _copies(of: Any) -> Any:
    """Tickets without a call of their own under these: what was added or split off, with the same citizen."""
    family = select(Ticket.id).where(Ticket.id.in_(of)).cte("family", recursive=True)
    child = aliased(Ticket)
    copied = child.relation.in_(("assist", "supervision", "descent", "split"))
    under = select(child.id).join(family, child.parent_id == family.c.id)
    return family.union(under.where(child.call_id.is_(None), copied))


def _kept() -> Any:
    """Every ticket of a family of which one is open or held, for a query's NOT IN."""
    return holds.family_of(or_(Ticket.state.not_in(OVER), Ticket.id.in_(holds.held_tickets())), "kept")


def _callless(before: datetime) -> ColumnElement[bool]:
    """Tickets that came in without a call (written, online, added by people) and whose family is over and free."""
    known = or_(Ticket.caller_hash != "", _attached(Ticket.id))
    return and_(Ticket.call_id.is_(None), Ticket.filed_at < before, known, Ticket.id.not_in(_kept()))


def _due(kind: Kept, before: datetime) -> tuple[Any, Any, ColumnElement[bool]]:
    """Id, age and condition of what is due: of calls that are over, with no ticket still open, and under no hold."""
    if kind == "recordings":
        old = and_(Recording.created_at < before, Recording.state == "ready", Recording.path != "")
        return Recording.id, Recording.created_at, and_(old, Recording.call_id.not_in(holds.held_calls()))
    over = and_(Call.ended_at < before, Call.id.not_in(holds.held_calls()))
    if kind == "transcripts":
        said = exists().where(Utterance.call_id == Call.id)
        answered = exists().where(Errand.out_call_id == Call.id, Errand.words.is_not(None))
        return Call.id, Call.ended_at, and_(over, or_(said, answered))
    needed = select(Ticket.call_id).where(Ticket.call_id.is_not(None), Ticket.id.in_(_kept()))
    of_call = aliased(Ticket)
    left = exists().where(of_call.call_id == Call.id, of_call.id == Attachment.ticket_id)
    return Call.id, Call.ended_at, and_(over, or_(Call.caller_hash != "", left), Call.id.not_in(needed))


def _attached(ticket_id: Any) -> ColumnElement[bool]:
    """A number that was withheld, or is gone already, keeps no picture."""
    return exists().where(Attachment.ticket_id == ticket_id)


async def _told(
    session: AsyncSession, kind: Kept, ids: list[str], before: datetime, rule: str, at: datetime
) -> None:
    await events.append(session, RetentionRan(at, kind, len(ids), before, rule, ids), "clock")
