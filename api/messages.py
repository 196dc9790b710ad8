"""Messages citizens left without reaching anybody; somebody calls back and says so."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api import rights
from api.house import Actor
from api.parts import PartsDep, only
from api.problems import documented
from api.shapes import Given, Id, Page, PageQuery, Shape
from core.masking import mask_number, mask_text
from store import messages
from store.tables import Message

router = APIRouter(prefix="/messages", tags=["messages"])
Reading = Annotated[Actor, only("agent", "supervisor", "office")]


class MessageView(Shape):
    """What a citizen left. `caller` is masked in lists and in full, with a look-up kept, when one is opened."""

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
            state=query.state,
            kind=query.kind,
            since=query.since,
            until=query.until,
            newest_first=query.direction == "desc",
            limit=query.limit,
            offset=query.offset,
        )
    return Messages(total=page.total, items=[_masked(row) for row in page.items])


@router.get("/{message_id}", summary="一条留言", responses=documented(404))
async def one_message(message_id: Id, actor: Reading, found: PartsDep) -> MessageView:
    """In full for whoever will call back; kept in the look-up log."""
    async with found.database.reading() as session:
        row = await messages.get(session, message_id)
    await rights.note_lookup(found, actor, "message.caller", message_id, "回电")
    return MessageView.model_validate(row)


@router.post("/{message_id}/done", summary="留言已处理", responses=documented(404, 409))
async def done(message_id: Id, given: DoneGiven, actor: Reading, found: PartsDep) -> MessageView:
    """Somebody has looked after it; done twice is done."""
    await found.house.message_done(actor, message_id, given.note)
    async with found.database.reading() as session:
        return _masked(await messages.get(session, message_id))


def _masked(row: Message) -> MessageView:
    words = {name: mask_text(said) for name in ("text", "note") if (said := getattr(row, name)) is not None}
    return MessageView.model_validate(row).model_copy(update={"caller": mask_number(row.caller), **words})
