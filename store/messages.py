"""What citizens left behind without reaching anybody.

A call has a message or a decision; after a decision only a citizen's own voice still becomes one.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import calls, hot
from store.paging import Page, page
from store.tables import Message, Ticket

Kind = Literal["voicemail", "unfinished", "callback", "abandoned"]


async def add(
    session: AsyncSession,
    kind: Kind,
    caller: str,
    at: datetime,
    *,
    call_id: str | None = None,
    spool_id: str | None = None,
    recording: str | None = None,
    text: str | None = None,
) -> Message | None:
    """Keep a message once per call and once per spool id: asked again it gives the first one.

    For a call it becomes the call's outcome. Where the call was already answered, refused or ticketed it is None, except
    for a `recording`, which came late through the spool: that is kept, with the call's ticket where it has one. A
    recording also goes to a message that had none. Raises NotFound for an unknown call.
    """
    if call_id is None:
        return await _insert(session, kind, caller, at, call_id, spool_id, recording, text)
    call = await calls.lock(session, call_id)
    undecided = call.outcome in (None, "message", "abandoned")
    if not undecided and recording is None:
        return None
    message = await _insert(session, kind, caller, at, call_id, spool_id, recording, text)
    if recording is not None and message.recording is None:
        await hot.change(session, Message, {"id": message.id}, {"kind": kind, "recording": recording})
    if undecided:
        await calls.note_message(session, call_id, at)
    else:
        await _join_ticket(session, message.id, call_id)
    return await get(session, message.id)


async def _join_ticket(session: AsyncSession, message_id: str, call_id: str) -> None:
    """What is said late in a call whose matter is being handled belongs to that matter."""
    of_call = select(Ticket.id).where(Ticket.call_id == call_id).order_by(Ticket.filed_at).limit(1)
    ticket_id = await session.scalar(of_call)
    if ticket_id is not None:
        changes = {"state": "ticketed", "ticket_id": ticket_id}
        await hot.change(session, Message, {"id": message_id, "state": "open"}, changes)


async def done(session: AsyncSession, message_id: str, by: str, note: str, at: datetime) -> bool:
    """Somebody has looked after it: who, and what came of it. False where that was so already. Raises NotFound."""
    changes = {"state": "done", "done_by": by, "done_at": at, "note": note}
    if not await hot.change(session, Message, {"id": message_id, "state": "open"}, changes):
        await get(session, message_id)
        return False
    return True


async def set_text(session: AsyncSession, message_id: str, text: str) -> None:
    """What the recording of a message says. Raises NotFound."""
    if not await hot.change(session, Message, {"id": message_id}, {"text": text}):
        raise NotFound(f"没有留言 {message_id}")


async def get(session: AsyncSession, message_id: str) -> Message:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Message, id=message_id)
    if found is None:
        raise NotFound(f"没有留言 {message_id}")
    return found


async def of_call(session: AsyncSession, call_id: str) -> Message | None:
    return await hot.row(session, Message, call_id=call_id)


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    state: str = "",
    kind: str = "",
    caller: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    newest_first: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> Page[Message]:
    """Messages by any of these, longest waiting first unless asked otherwise."""
    question = select(Message) if within is None else select(Message).where(within)
    exact = {Message.state: state, Message.kind: kind, Message.caller_hash: caller}
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    question = question.where(Message.created_at >= since) if since else question
    question = question.where(Message.created_at < until) if until else question
    order = (
        (Message.created_at.desc(), Message.id.desc()) if newest_first else (Message.created_at, Message.id)
    )
    return await page(session, question.order_by(*order), limit, offset)


async def _insert(
    session: AsyncSession,
    kind: Kind,
    caller: str,
    at: datetime,
    call_id: str | None,
    spool_id: str | None,
    recording: str | None,
    text: str | None,
) -> Message:
    row = {
        "id": new_id("msg"),
        "call_id": call_id,
        "spool_id": spool_id,
        "kind": kind,
        "caller": caller,
        "caller_hash": caller,
        "recording": recording,
        "text": text,
        "state": "open",
        "created_at": at,
        "version": 1,
    }
    if await hot.add_if_new(session, Message, row):
        return await get(session, str(row["id"]))
    same = await of_call(session, call_id) if call_id is not None else None
    same = same or await hot.row(session, Message, spool_id=spool_id)
    if same is None:
        raise Conflict("这条留言刚刚被他人取走，请重试")
    return same
