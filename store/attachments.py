"""Pictures and documents of a ticket: what its citizen added, and what those who handle it did."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from core.errors import NotFound
from core.ids import new_id
from store.tables import Attachment, Ticket

Kind = Literal["photo", "document"]
CITIZEN = "citizen"
"""`by` of what a citizen added."""


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """What is to be kept. width, height: pixels, 0 of a document; `name`: a document's, as its owner called it; by: a user's id or CITIZEN."""

    kind: Kind
    body: bytes
    by: str
    width: int = 0
    height: int = 0
    name: str | None = None


async def hold(session: AsyncSession, ticket_id: str) -> None:
    """Nobody else adds to this ticket until the session ends."""
    await session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())


async def add(session: AsyncSession, ticket_id: str, new: NewAttachment, at: datetime) -> str | None:
    """Keep it; its id, or None where the ticket has the very same one."""
    digest = hashlib.sha256(new.body).hexdigest()
    if digest in {one.sha256 for one in await of(session, ticket_id)}:
        return None
    made = new_id("att")
    session.add(
        Attachment(
            id=made, ticket_id=ticket_id, kind=new.kind, name=new.name, by=new.by, width=new.width, height=new.height,
            size=len(new.body), sha256=digest, body=base64.b64encode(new.body).decode(), at=at,
        )
    )  # fmt: skip
    await session.flush()
    return made


async def of(session: AsyncSession, ticket_id: str) -> Sequence[Attachment]:
    """A ticket's attachments without what is in them, oldest first."""
    wanted = select(Attachment).where(Attachment.ticket_id == ticket_id).order_by(Attachment.at)
    return (await session.scalars(wanted.options(defer(Attachment.body)))).all()


async def one(session: AsyncSession, ticket_id: str, attachment_id: str) -> tuple[Attachment, bytes]:
    """One of a ticket's, and what is in it. Raises NotFound."""
    row = await session.get(Attachment, attachment_id)
    if row is None or row.ticket_id != ticket_id:
        raise NotFound("没有这个附件")
    return row, base64.b64decode(row.body)
