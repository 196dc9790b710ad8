"""Messages citizens left without reaching anybody; somebody calls back and says so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries, rights
from api.actor import Actor
from api.parts import PartsDep, can
from api.problems import documented
from api.purpose import PurposeHeader, purpose_of
from api.recordings import SOUND, heard
from api.shapes import Given, Id, Page, PageQuery, Shape
from core.errors import NotFound
from core.masking import mask_number, mask_text
from core.vault import HIDDEN, redacted
from store import messages, recordings, scope
from store.tables import Message, Recording

router = APIRouter(prefix="/messages", tags=["messages"])
Reading = Annotated[Actor, can("message", "read")]
Handling = Annotated[Actor, can("message", "handle")]


class MessageSound(Shape):
    """What they said after the beep. `state`: pending, ready, failed; listen at `/messages/{id}/media`."""

    state: str = Field(examples=["ready"])
    seconds: float | None = Field(examples=[12.5])


class MessageView(Shape):
    """What a citizen left. `caller` is masked in lists and in full, with a look-up kept, when one is opened.

    `sound`: null where they left no voice.
    """

    id: str = Field(examples=["msg_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["voicemail"])
    state: str = Field(examples=["open"])
    caller: str = Field(examples=["138****5678"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    text: str | None = Field(examples=["请给我回电话"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    created_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    note: str | None = Field(description="what came of it", examples=["已回电，市民表示已恢复供水"])
    done_by: str | None = Field(description="a user's id", examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    done_at: datetime | None = Field(examples=["2026-11-21T02:30:00Z"])
    sound: MessageSound | None = None


class Messages(Page):
    """One page of messages."""

    items: list[MessageView]


class MessageQuery(PageQuery):
    """Which messages; the longest waiting first unless `direction=desc`."""

    order: Literal["created_at"] = Field("created_at", examples=["created_at"])
    direction: Literal["asc", "desc"] = Field("asc", examples=["asc"])
    search: Literal[""] = Field("", description="not searched", examples=[""])
    state: Literal["", "open", "done", "ticketed"] = Field("open", examples=["open"])
    kind: Literal["", "voicemail", "unfinished", "callback", "abandoned"] = Field("", examples=["voicemail"])


class DoneGiven(Given):
    """What came of it."""

    note: str = Field("", max_length=500, examples=["已回电，市民表示已恢复供水"])


@router.get("", summary="留言一览")
async def list_messages(query: Annotated[MessageQuery, Query()], actor: Reading, found: PartsDep) -> Messages:
    """Messages waiting for somebody, or those done."""
    async with found.database.reading() as session:
        page = await messages.find(
            session,
            within=scope.messages(actor.scope),
            state=query.state,
            kind=query.kind,
            since=query.since,
            until=query.until,
            newest_first=query.direction == "desc",
            limit=query.limit,
            offset=query.offset,
        )
        secret = await _secret(session, page.items)
        sounds = await recordings.of_stems(session, [row.recording for row in page.items if row.recording])
    items = [_with_sound(_masked(row, secret), row, sounds) for row in page.items]
    return Messages(total=page.total, items=items)


@router.get("/{message_id}", summary="一条留言", responses=documented(404))
async def one_message(
    message_id: Id, actor: Reading, found: PartsDep, purpose: PurposeHeader = ""
) -> MessageView:
    """In full for whoever will call back; kept in the look-up log."""
    async with found.database.reading() as session:
        row = await queries.message(session, actor.scope, message_id)
        secret = await _secret(session, [row])
        sounds = await recordings.of_stems(session, [row.recording] if row.recording else [])
    if secret:
        return _with_sound(_masked(row, secret), row, sounds)
    await rights.note_lookup(found, actor, "message.caller", message_id, purpose_of(purpose, "回电"))
    return _with_sound(MessageView.model_validate(row), row, sounds)


@router.get("/{message_id}/media", summary="收听留言", response_class=FileResponse, responses=SOUND)
async def media(
    message_id: Id, request: Request, actor: Handling, found: PartsDep, x_purpose: PurposeHeader = ""
) -> Response:
    """What the citizen said, for whoever may look after the message; kept in the look-up log."""
    async with found.database.reading() as session:
        row = await queries.message(session, actor.scope, message_id)
        sound = await recordings.by_stem(session, row.recording) if row.recording else None
    if sound is None:
        raise NotFound("这条留言没有录音")
    return await heard(
        found, request, actor, sound, ("message.listen", message_id, purpose_of(x_purpose, "处理留言"))
    )


@router.post("/{message_id}/done", summary="留言已处理", responses=documented(404, 409))
async def done(message_id: Id, given: DoneGiven, actor: Handling, found: PartsDep) -> MessageView:
    """Somebody has looked after it; done twice is done."""
    async with found.database.reading() as session:
        await queries.message(session, actor.scope, message_id)
    await found.house.message_done(actor, message_id, given.note)
    async with found.database.reading() as session:
        row = await messages.get(session, message_id)
        return _masked(row, await _secret(session, [row]))


async def _secret(session: AsyncSession, rows: Sequence[Message]) -> dict[str, str]:
    return await queries.confidential(session, [row.call_id for row in rows], [row.ticket_id for row in rows])


def _with_sound(view: MessageView, row: Message, sounds: Mapping[str, Recording]) -> MessageView:
    known = sounds.get(row.recording or "")
    return view.model_copy(update={"sound": known and MessageSound.model_validate(known)})


def _masked(row: Message, secret: Mapping[str, str]) -> MessageView:
    if (key := next((one for one in (row.call_id, row.ticket_id) if one in secret), None)) is not None:
        hidden = {
            n: redacted(said, secret[key]) for n in ("text", "note") if (said := getattr(row, n)) is not None
        }
        return MessageView.model_validate(row).model_copy(update={"caller": HIDDEN, **hidden})
    words = {name: mask_text(said) for name in ("text", "note") if (said := getattr(row, name)) is not None}
    return MessageView.model_validate(row).model_copy(update={"caller": mask_number(row.caller), **words})
