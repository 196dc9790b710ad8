"""Text messages on their way: taken by compare-and-set, tried again later, never twice in effect (the gateway gets our id)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.paging import Page, page
from store.tables import Call, Text


@dataclass(frozen=True, slots=True)
class NewText:
    """A text to send, once per `subject`. `token`: what a link in it carries; only its hash is kept."""

    kind: str
    subject: str
    number: str = field(repr=False)
    words: str
    due_at: datetime
    call_id: str | None = None
    ticket_id: str | None = None
    token: str = field(default="", repr=False)


def hash_of(token: str) -> str:
    """How a link's token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


async def add(session: AsyncSession, new: NewText, at: datetime) -> bool:
    """Put it into the outbox; False where it is there already."""
    row = {
        "id": new_id("txt"),
        "kind": new.kind,
        "subject": new.subject,
        "number": new.number,
        "number_hash": new.number,
        "words": new.words,
        "token_hash": hash_of(new.token) if new.token else None,
        "call_id": new.call_id,
        "ticket_id": new.ticket_id,
        "state": "due",
        "due_at": new.due_at,
        "tries": 0,
        "created_at": at,
        "version": 1,
    }
    return await hot.add_if_new(session, Text, row)


async def due(session: AsyncSession, at: datetime, limit: int = 20) -> Sequence[Text]:
    """What is to be sent now, texts of calls still under way excepted; one that was being sent when its process died too."""
    found = await session.scalars(
        select(Text)
        .outerjoin(Call, Call.id == Text.call_id)
        .where(
            Text.state.in_(("due", "sending")),
            Text.due_at <= at,
            or_(Call.id.is_(None), Call.ended_at.is_not(None)),
        )
        .order_by(Text.due_at, Text.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def step(session: AsyncSession, text: Text, state: str, **changes: Any) -> bool:
    """Move a text read a moment ago on; False where somebody was faster."""
    which = {"id": text.id, "version": text.version}
    return bool(await hot.change(session, Text, which, {"state": state, **changes}))


async def by_token(session: AsyncSession, token: str) -> Text | None:
    """The text whose link carries this token."""
    return await hot.row(session, Text, token_hash=hash_of(token))


async def asked_of(session: AsyncSession, number: str) -> Text | None:
    """The last text that asked this citizen for a grade."""
    return await session.scalar(
        select(Text)
        .where(Text.number_hash == number, Text.kind == "grade")
        .order_by(Text.created_at.desc())
        .limit(1)
    )


async def find(
    session: AsyncSession,
    *,
    state: str = "",
    kind: str = "",
    ticket_id: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Page[Text]:
    """Texts by any of these, newest first."""
    question = select(Text)
    for column, wanted in {Text.state: state, Text.kind: kind, Text.ticket_id: ticket_id}.items():
        question = question.where(column == wanted) if wanted else question
    return await page(session, question.order_by(Text.created_at.desc(), Text.id.desc()), limit, offset)
