"""What has had its term and may go: found in small batches, never what a legal hold keeps, with the event in the same transaction.

A ticket goes with its family: its children carry the same citizen, and one that is open or held keeps them all.
"""

from collections.abc import Callable, Sequence
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


@dataclass(frozen=True, slots=True)
class Due:
    """How many are due, and when the oldest of them began."""

    kind: Kept
    many: int
    oldest: datetime | None


async def due(session: AsyncSession, kind: Kept, before: datetime) -> Due:
    """What a run would delete, for a look before it."""
    key, at, condition = _due(kind, before)
    many, oldest = (await session.execute(select(func.count(key), func.min(at)).where(condition))).one()
    if kind == "personal":
        alone = _callless(before)
        more, first = (
            await session.execute(select(func.count(Ticket.id), func.min(Ticket.filed_at)).where(alone))
        ).one()
        many, oldest = many + more, min((one for one in (oldest, first) if one is not None), default=None)
    return Due(kind, int(many), oldest)


async def recordings(
    session: AsyncSession, before: datetime, rule: str, at: datetime, drop: Callable[[Sequence[str]], None]
) -> int:
    """Sound files whose term is over: `drop` removes the files, then the row says that there is none. Gives how many."""
    _, began, condition = _due("recordings", before)
    rows = (await session.scalars(select(Recording).where(condition).order_by(began).limit(BATCH))).all()
    if not rows:
        return 0
    drop([row.path for row in rows])
    ids = [row.id for row in rows]
    gone = {"path": "", "state": "failed", "problem": f"到期删除：{rule}", "sha256": None}
    await session.execute(update(Recording).where(Recording.id.in_(ids)).values(**gone))
    await _told(session, "recordings", ids, before, rule, at)
    return len(ids)


async def transcripts(session: AsyncSession, before: datetime, rule: str, at: datetime) -> int:
    """What was said in calls whose term is over. Gives of how many calls."""
    _, began, condition = _due("transcripts", before)
    ids = list(await session.scalars(select(Call.id).where(condition).order_by(began).limit(BATCH)))
    if not ids:
        return 0
    await session.execute(delete(Utterance).where(Utterance.call_id.in_(ids)))
    await session.execute(update(table_of(Message)).where(Message.call_id.in_(ids)).values(text=None))
    await _told(session, "transcripts", ids, before, rule, at)
    return len(ids)


async def personal(session: AsyncSession, before: datetime, rule: str, at: datetime) -> int:
    """Numbers and names of calls whose term is over, and of what came of them; then of tickets without a call. Gives how many."""
    _, began, condition = _due("personal", before)
    ids = list(await session.scalars(select(Call.id).where(condition).order_by(began).limit(BATCH)))
    if ids:
        came_of_it = select(Ticket.id).where(Ticket.call_id.in_(ids))
        gone = list(await session.scalars(came_of_it.union(select(_copies(came_of_it).c.id))))
    else:
        oldest = select(Ticket.id).where(_callless(before)).order_by(Ticket.filed_at).limit(BATCH)
        gone = list(await session.scalars(oldest))
    if not ids and not gone:
        return 0
    await _forget(session, ids, gone)
    await _told(session, "personal", ids or gone, before, rule, at)
    return len(ids or gone)


async def _forget(session: AsyncSession, ids: Sequence[str], tickets: Sequence[str]) -> None:
    """Numbers and names out of these calls and tickets, and of what was sent about them; what was attached shows places and faces, and goes."""
    nobody = {"caller": "", "caller_hash": ""}
    await session.execute(update(table_of(Call)).where(Call.id.in_(ids)).values(**nobody))
    await session.execute(update(table_of(Message)).where(Message.call_id.in_(ids)).values(**nobody))
    owed = or_(Errand.call_id.in_(ids), Errand.ticket_id.in_(tickets))
    await session.execute(
        update(table_of(Errand))
        .where(owed, Errand.ended_at.is_not(None))
        .values(number="", number_hash="", words=None)
    )
    sent = or_(NoticeRow.call_id.in_(ids), NoticeRow.ticket_id.in_(tickets))
    blank = {"recipient": "", "recipient_hash": "", "words": ""}
    await session.execute(
        update(table_of(NoticeRow)).where(sent, NoticeRow.state.not_in(("due", "sending"))).values(**blank)
    )
    await session.execute(delete(Attachment).where(Attachment.ticket_id.in_(tickets)))
    named = {**nobody, "citizen_name": None}
    await session.execute(update(table_of(Ticket)).where(Ticket.id.in_(tickets)).values(**named))


def _copies(of: Any) -> Any:
    """Tickets without a call of their own under these: what was added or split off, with the same citizen."""
    family = select(Ticket.id).where(Ticket.id.in_(of)).cte("family", recursive=True)
    child = aliased(Ticket)
    copied = child.relation.in_(("assist", "supervision", "descent", "split"))
    under = select(child.id).join(family, child.parent_id == family.c.id)
    return family.union(under.where(child.call_id.is_(None), copied))


def _kept() -> Any:
    """Every ticket of a family of which one is open or held, for a query's NOT IN."""
    seed = select(Ticket.id, Ticket.parent_id).where(
        or_(Ticket.state.not_in(OVER), Ticket.id.in_(holds.held_tickets()))
    )
    kept, kin = seed.cte("kept", recursive=True), aliased(Ticket)
    related = or_(kin.id == kept.c.parent_id, kin.parent_id == kept.c.id)
    return select(kept.union(select(kin.id, kin.parent_id).join(kept, related)).c.id)


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
        said = select(Utterance.call_id).where(Utterance.call_id == Call.id).exists()
        return Call.id, Call.ended_at, and_(over, said)
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
