"""What is put beside a ticket's words: pictures made anew, and documents. Citizens add to what is not over, those who handle it until it is archived."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app.floor import Floor
from app.ways.photos import cleaned
from core.errors import BadInput, Conflict, NotFound
from core.events import Event
from store import attachments, events, tickets
from store.attachments import CITIZEN, Kind, NewAttachment
from store.tables import Ticket as Row
from tickets.ticket import OVER, UNIT_ROLES

MOST_BY_CITIZEN = 6
MOST_BY_STAFF = 20
LONGEST_NAME = 80
CLOSED = ("archived", "withdrawn", "merged")
"""Nobody adds to these: where they lead, or what was kept, is another thing."""
_AT_ONCE = 2
"""Pictures made anew at the same time: each takes a core and some 70 MB."""
_HEAD, _TAIL = 1024, 2048
"""Bytes in which a PDF says that it is one and where it ends (ISO 32000-1, annex H)."""


@dataclass(frozen=True, slots=True)
class TicketAttached(Event):
    """A picture or a document was put beside a ticket. `unit`: whose handler did it; None: the citizen, or one of the house."""

    name: ClassVar[str] = "ticket.attached"
    ticket_id: str
    attachment_id: str
    facts: dict[str, str]
    unit: str | None = None


class Attachments:
    """Over the floor's database and clock."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._drawing = asyncio.Semaphore(_AT_ONCE)

    async def by_citizen(self, ticket_id: str, body: bytes) -> None:
        """A picture to a matter that is not over. Raises BadInput, Conflict."""
        async with self._floor.database.reading() as session:
            await _citizens_room(session, ticket_id)
        new = await self._photo(body, CITIZEN)
        async with self._floor.database.session() as session:
            await attachments.hold(session, ticket_id)
            row = await _citizens_room(session, ticket_id)
            added = await self._add(session, ticket_id, new, None)
        if added:
            await self._tell(row)

    async def by_staff(self, actor: Actor, ticket_id: str, kind: Kind, name: str, body: bytes) -> str:
        """A picture or a PDF by who handles the ticket; its id ('' where it is there already). Raises NotFound, BadInput, Conflict."""
        async with self._floor.database.reading() as session:
            await _staffs_room(session, ticket_id, actor)
        new = await self._photo(body, actor.id) if kind == "photo" else _document(body, actor.id, name)
        async with self._floor.database.session() as session:
            await attachments.hold(session, ticket_id)
            row = await _staffs_room(session, ticket_id, actor)
            added = await self._add(session, ticket_id, new, actor.unit)
        if added:
            await self._tell(row)
        return added or ""

    async def _photo(self, body: bytes, by: str) -> NewAttachment:
        async with self._drawing:
            jpeg, width, height = await asyncio.to_thread(cleaned, body)
        return NewAttachment("photo", jpeg, by, width, height)

    async def _add(
        self, session: AsyncSession, ticket_id: str, new: NewAttachment, unit: str | None
    ) -> str | None:
        at = self._floor.clock()
        added = await attachments.add(session, ticket_id, new, at)
        if added:
            happened = TicketAttached(at, ticket_id, added, {"attached": new.kind}, unit)
            await events.append(session, happened, new.by)
        return added

    async def _tell(self, row: Row) -> None:
        await self._floor.tell(
            "tickets", TicketAttached.name, ticket_id=row.id, unit=row.unit_code, state=row.state
        )


async def _citizens_room(session: AsyncSession, ticket_id: str) -> Row:
    row = await tickets.get(session, ticket_id)
    if row.state in OVER:
        raise Conflict("工单已办结或撤回，不能再添加照片")
    there = [one for one in await attachments.of(session, ticket_id) if one.by == CITIZEN]
    if len(there) >= MOST_BY_CITIZEN:
        raise Conflict(f"最多添加{MOST_BY_CITIZEN}张照片")
    return row


async def _staffs_room(session: AsyncSession, ticket_id: str, actor: Actor) -> Row:
    row = await tickets.get(session, ticket_id)
    if actor.role in UNIT_ROLES and actor.unit != row.unit_code:
        raise NotFound(f"没有工单 {ticket_id}")
    if row.state in CLOSED:
        raise Conflict("工单已归档、撤回或并入他件，不能再添加附件")
    there = [one for one in await attachments.of(session, ticket_id) if one.by != CITIZEN]
    if len(there) >= MOST_BY_STAFF:
        raise Conflict(f"一张工单最多添加{MOST_BY_STAFF}个附件")
    return row


def _document(body: bytes, by: str, name: str) -> NewAttachment:
    """Kept as it is: a document's seals and signatures would not survive being made anew. Raises BadInput."""
    if b"%PDF-" not in body[:_HEAD] or b"%%EOF" not in body[-_TAIL:]:
        raise BadInput("不是完整的 PDF 文件")
    plain = "".join(one for one in name if one.isprintable() and one not in '\\/:*?"<>|').strip(" .")
    stem = plain.removesuffix(".pdf").removesuffix(".PDF")[:LONGEST_NAME].strip(" .") or "文件"
    return NewAttachment("document", body, by, name=f"{stem}.pdf")
