"""What citizens left behind without reaching anybody. A call has a message or a decision, never a message after one."""

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import calls, hot
from store.paging import Page, page
from store.tables import Message

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

    For a call it becomes the call's outcome; None where the call was already answered, refused or ticketed.
    Raises NotFound for an unknown call.
    """
    if call_id is not None:
        call = await calls.lock(session, call_id)
        if call.outcome not in (None, "message", "abandoned"):
            return None
    message = await _insert(session, kind, caller, at, call_id, spool_id, recording, text)
    if call_id is not None:
        await calls.note_message(session, call_id, at)
    return message


async def done(session: AsyncSession, message_id: str) -> bool:
    """Somebody has looked after it; False where that was so already. Raises NotFound."""
    if not await hot.change(session, Message, {"id": message_id, "state": "open"}, {"state": "done"}):
        await get(session, message_id)
        return False
    return True


async def set_text(session: AsyncSession, message_id: str, text: str) -> None:
    """What the recording of a message says. Raises NotFound."""
    if not await hot.change(session, Message, {"id": message_id}, {"text": text}):
        raise NotFound(f"no message {message_id}")


async def get(session: AsyncSession, message_id: str) -> Message:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Message, id=message_id)
    if found is None:
        raise NotFound(f"no message {message_id}")
    return found


async def of_call(session: AsyncSession, call_id: str) -> Message | None:
    return await hot.row(session, Message, call_id=call_id)


async def find(
    session: AsyncSession,
    *,
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
    question = select(Message)
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
        raise Conflict("this message was taken away at the same moment; try again")
    return same
