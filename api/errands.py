"""Calls and texts we owe citizens: who is to be called back or revisited, what came of it, what was texted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.notices import reporter_of, shown_words
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Given, Id, Page, PageQuery, Shape
from core.masking import mask_number, mask_text
from core.notices import State
from core.vault import HIDDEN, redacted
from store import errands, notices, scope
from store.tables import Errand, NoticeRow

router = APIRouter(tags=["after-call"])
Reading = Annotated[Actor, can("errand", "read")]
Cancelling = Annotated[Actor, can("errand", "cancel")]
Calling = Annotated[Actor, can("message", "handle")]
Texting = Annotated[Actor, can("notice", "read")]
Signature = Annotated[
    str,
    Header(
        alias="X-Hotline-Signature",
        max_length=200,
        description="t=<unix>,v1=<hex>: HMAC-SHA256 over `<unix>.<body>` with the gateway's secret",
        examples=["t=1795310886,v1=5f0c1a2e"],
    ),
]


class ErrandView(Shape):
    """A call we owe. `place`: since when they wait; `result` and `reason`: of the last try; `words`: what they said."""

    id: str = Field(examples=["err_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["callback"])
    state: str = Field(examples=["due"])
    number: str = Field(examples=["138****5678"])
    line: str = Field(examples=["12345"])
    due_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    place: datetime | None = Field(examples=["2026-11-21T01:58:00Z"])
    tries: int = Field(examples=[1])
    most: int = Field(examples=[3])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    message_id: str | None = Field(examples=["msg_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    out_call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0B"])
    result: str | None = Field(examples=["no_answer"])
    reason: str | None = Field(examples=["诉求人正在来电"])
    words: str | None = Field(examples=["来了两次都没有修好"])
    created_at: datetime = Field(examples=["2026-11-21T01:59:00Z"])
    ended_at: datetime | None = Field(examples=["2026-11-21T02:05:00Z"])


class Errands(Page):
    """One page of errands."""

    items: list[ErrandView]


class ErrandQuery(PageQuery):
    """Which errands; newest first, with `direction=asc` the longest due first."""

    search: Literal[""] = Field("", description="not searched", examples=[""])
    kind: Literal["", "callback", "abandoned", "cut_off", "revisit"] = Field("", examples=["callback"])
    state: Literal["", "open", "due", "queued", "dialling", "talking", "done", "given_up", "cancelled"] = (
        Field("open", examples=["open"])
    )
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])


class WhyGiven(Given):
    """Why not."""

    why: str = Field(min_length=2, max_length=300, examples=["市民已到大厅办理"])


class TextView(Shape):
    """A text message. `state` not_sent: there was no gateway; `reason`: why it is not sent yet or at all."""

    id: str = Field(examples=["ntc_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["ticket_number"])
    state: str = Field(examples=["sent"])
    number: str = Field(validation_alias="recipient", examples=["138****5678"])
    words: str = Field(
        description="numbers masked, a citizen's code or link withheld",
        examples=["您的诉求已登记，工单编号20261121-048315。"],
    )
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    tries: int = Field(examples=[1])
    reason: str | None = Field(examples=["对方答复 503"])
    created_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    sent_at: datetime | None = Field(examples=["2026-11-21T02:00:02Z"])


class Texts(Page):
    """One page of texts."""

    items: list[TextView]


class TextQuery(Given):
    """Which texts; newest first."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    state: Literal["", State] = Field("", examples=["failed"])
    kind: Literal["", "ticket_number", "grade", "dates_moved", "card"] = Field("", examples=["grade"])


class ReplyGiven(Given):
    """What a citizen answered, as the gateway tells it."""

    number: str = Field(alias="from", pattern=r"^\+?[0-9]{3,20}$", examples=["13812345678"])
    text: str = Field(max_length=1000, examples=["2"])


class ReplyTaken(Shape):
    """Whether the answer was a grade."""

    graded: bool = Field(examples=[True])


@router.get("/errands", summary="待办外呼一览")
async def list_errands(query: Annotated[ErrandQuery, Query()], actor: Reading, found: PartsDep) -> Errands:
    """Call-backs and revisits; by default those not over yet."""
    async with found.database.reading() as session:
        page = await errands.find(
            session,
            within=scope.errands(actor.scope),
            kind=query.kind,
            state=query.state,
            ticket_id=query.ticket_id or "",
            call_id=query.call_id or "",
            newest_first=query.direction == "desc",
            limit=query.limit,
            offset=query.offset,
        )
        secret = await _secret(session, page.items)
    return Errands(total=page.total, items=[_masked(row, secret) for row in page.items])


@router.post("/errands/{errand_id}/cancel", summary="取消外呼", responses=documented(404, 409))
async def cancel_errand(errand_id: Id, given: WhyGiven, actor: Cancelling, found: PartsDep) -> ErrandView:
    """No longer owed; 409 where it is being placed or over."""
    async with found.database.reading() as session:
        await queries.errand(session, actor.scope, errand_id)
    await found.house.after_call.cancel(actor, errand_id, given.why)
    return await _one(found, errand_id)


@router.post(
    "/messages/{message_id}/callback", summary="安排回电", status_code=201, responses=documented(404, 409)
)
async def call_back(message_id: Id, actor: Calling, found: PartsDep) -> ErrandView:
    """The system calls the citizen and joins them with an agent; 409 where they are owed a call already."""
    async with found.database.reading() as session:
        await queries.message(session, actor.scope, message_id)
    return await _one(found, await found.house.after_call.call_back(actor, message_id))


@router.get("/texts", summary="短信一览")
async def list_texts(query: Annotated[TextQuery, Query()], actor: Texting, found: PartsDep) -> Texts:
    """What was texted to whom, and what could not be sent."""
    async with found.database.reading() as session:
        page = await notices.find(
            session,
            within=scope.notices(actor.scope),
            channel="sms",
            state=query.state,
            kind=query.kind,
            limit=query.limit,
            offset=query.offset,
        )
        secret = await _secret(session, page.items)
    return Texts(total=page.total, items=[_texted(row, secret) for row in page.items])


@router.post("/texts/replies", summary="短信上行（网关调用）", responses=documented(403, 409))
async def text_reply(given: ReplyGiven, request: Request, signed: Signature, found: PartsDep) -> ReplyTaken:
    """The gateway hands over a citizen's answer to our text; signed, for nobody else."""
    body = await request.body()
    graded = await found.house.after_call.text_reply(given.number, given.text, body, signed)
    return ReplyTaken(graded=graded)


async def _one(found: PartsDep, errand_id: str) -> ErrandView:
    async with found.database.reading() as session:
        row = await errands.get(session, errand_id)
        return _masked(row, await _secret(session, [row]))


async def _secret(session: AsyncSession, rows: Sequence[Errand | NoticeRow]) -> dict[str, str]:
    return await queries.confidential(session, [row.call_id for row in rows], [row.ticket_id for row in rows])


def _masked(row: Errand, secret: Mapping[str, str]) -> ErrandView:
    if (key := next((one for one in (row.ticket_id, row.call_id) if one in secret), None)) is not None:
        told = {"number": HIDDEN, "words": row.words and redacted(row.words, secret[key])}
        return ErrandView.model_validate(row).model_copy(update=told)
    hidden = {"number": mask_number(row.number), "words": row.words and mask_text(row.words)}
    return ErrandView.model_validate(row).model_copy(update=hidden)


def _texted(row: NoticeRow, secret: Mapping[str, str]) -> TextView:
    whose = reporter_of(row, secret)
    number = mask_number(row.recipient) if whose is None else HIDDEN
    words = shown_words(row, whose)
    return TextView.model_validate(row).model_copy(update={"number": number, "words": words})
