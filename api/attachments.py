"""Pictures and documents beside a ticket: the citizen's, and those of who handles it. Every look at one is kept."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import queries
from api.actor import Actor
from api.parts import Parts, PartsDep, can
from api.problems import WrongKind, documented
from api.public import PICTURES
from api.purpose import PurposeHeader, purpose_of
from api.rights import note_lookup
from api.shapes import Id, Shape
from core.errors import NotAllowed
from store import attachments, users

DOCUMENT = "application/pdf"
MOST_BYTES = 5 << 20
"""A letter of some scanned pages; other requests are held to the service's own limit."""


router = APIRouter(prefix="/tickets/{ticket_id}/attachments", tags=["tickets"])
Reading = Annotated[Actor, can("ticket", "read")]
Handling = Annotated[Actor, can("ticket", "act")]
FileName = Annotated[str, Query(max_length=200, description="of a document", examples=["整改通知书.pdf"])]
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/jpeg": {"example": "…"}, DOCUMENT: {"example": "%PDF-…"}},
        "description": "a picture to be shown, a document to be saved",
    },
    **documented(404),
}


class AttachmentView(Shape):
    """What was attached, without what is in it. width, height: pixels of a photo."""

    id: str = Field(examples=["att_01KB3V5M2R8Q4T6W9Y0A"])
    kind: Literal["photo", "document"] = Field(examples=["photo"])
    name: str | None = Field(examples=["整改通知书.pdf"], description="of a document")
    by: str = Field(examples=["citizen"], description="`citizen`, or the id of who attached it")
    by_name: str = Field(
        examples=["王主任"], description="'' for a citizen, and for a unit's people elsewhere"
    )
    width: int = Field(examples=[1600])
    height: int = Field(examples=[1200])
    size: int = Field(examples=[240133], description="bytes")
    at: datetime = Field(examples=["2026-11-21T02:05:00Z"])


class AttachmentList(Shape):
    """Oldest first."""

    items: list[AttachmentView]


class AttachmentAdded(Shape):
    """`fresh`: false where the very same one was there already."""

    fresh: bool = Field(examples=[True])


@router.get("", summary="工单附件", responses=documented(404))
async def list_attachments(ticket_id: Id, actor: Reading, found: PartsDep) -> AttachmentList:
    """What the citizen and those who handle it added; of a confidential matter none is shown."""
    await _shown(found, actor, ticket_id)
    async with found.database.reading() as session:
        rows = await attachments.of(session, ticket_id)
        names = await users.names(session, {row.by for row in rows}, actor.unit)
    items = [
        AttachmentView(
            id=row.id, kind=row.kind, name=row.name, by=row.by, by_name=names.get(row.by, ""), width=row.width,
            height=row.height, size=row.size, at=row.at,
        )
        for row in rows
    ]  # fmt: skip
    return AttachmentList(items=items)


@router.post(
    "",
    summary="添加附件",
    status_code=201,
    max_body_size=MOST_BYTES,
    responses=documented(404, 409, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}, "example": "…"}
                for kind in (*PICTURES, DOCUMENT)
            },
        }
    },
)
async def attach(
    ticket_id: Id, request: Request, actor: Handling, found: PartsDep, name: FileName = ""
) -> AttachmentAdded:
    """The file itself as the body. A picture is made anew, what it tells of place, time and camera is not kept; a PDF is kept as it is."""
    async with found.database.reading() as session:
        await queries.ticket(session, actor.scope, ticket_id)
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in (*PICTURES, DOCUMENT):
        raise WrongKind("附件应为 JPEG、PNG、WebP 照片或 PDF 文件")
    kind: Literal["photo", "document"] = "document" if given == DOCUMENT else "photo"
    added = await found.house.ways.attach(actor, ticket_id, kind, name, await request.body())
    return AttachmentAdded(fresh=bool(added))


@router.get("/{attachment_id}", summary="一个附件", response_class=Response, responses=FILE)
async def one_attachment(
    ticket_id: Id, attachment_id: Id, actor: Reading, found: PartsDep, purpose: PurposeHeader = ""
) -> Response:
    """What is in it; kept in the look-up log. A document is never opened under our own address."""
    await _shown(found, actor, ticket_id)
    async with found.database.reading() as session:
        row, body = await attachments.one(session, ticket_id, attachment_id)
    await note_lookup(found, actor, "ticket.attachment", ticket_id, purpose_of(purpose, "办理工单"))
    photo = row.kind == "photo"
    place = "inline" if photo else "attachment"
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f"{place}; filename*=UTF-8''{quote(row.name or f'{row.id}.jpg')}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type="image/jpeg" if photo else DOCUMENT, headers=headers)


async def _shown(found: Parts, actor: Actor, ticket_id: str) -> None:
    """Raises NotFound, NotAllowed: a picture may tell who took it."""
    async with found.database.reading() as session:
        row = await queries.ticket(session, actor.scope, ticket_id)
    if row.confidential:
        raise NotAllowed("保密件的附件须经两人批准放行（/releases）")
