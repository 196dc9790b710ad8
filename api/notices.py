"""Notices: what was to be told to whom by text, call, mail or webhook, what came of it, and a person's word where we can't know."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.house import Actor
from api.parts import PartsDep, only
from api.problems import documented
from api.rights import note_lookup
from api.shapes import Given, Id, Page, Shape
from core.masking import mask_number, mask_text
from core.notices import Channel, State
from store import notices
from store.tables import NoticeRow

router = APIRouter(tags=["notices"])
Deciding = Annotated[Actor, only("supervisor", "office")]
_FOR_MACHINES = ("event",)
"""Kinds whose words are for machines: the event itself stands under its subject."""


class NoticeView(Shape):
    """One notice. `via`: who took the last try; `reason`: why it is not sent; `why`, `resolved_by`: a person's word about it."""

    id: str = Field(examples=["ntc_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["card"])
    channel: Channel = Field(examples=["sms"])
    state: State = Field(examples=["uncertain"])
    recipient: str = Field(examples=["138****5678"])
    words: str = Field(examples=["工单20261121-048315办理环节已到红牌时限，请尽快登录平台办理。"])
    subject: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    due_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    expires_at: datetime = Field(examples=["2026-11-22T02:00:00Z"])
    tries: int = Field(examples=[1])
    via: str | None = Field(examples=["smpp"])
    reason: str | None = Field(examples=["the SMSC did not answer"])
    gateway_id: str | None = Field(examples=["id-7"])
    created_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    sent_at: datetime | None = Field(examples=["2026-11-21T02:00:02Z"])
    resolved_by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    resolved_at: datetime | None = Field(examples=["2026-11-21T03:00:00Z"])
    why: str | None = Field(examples=["已电话确认收到"])


class NoticePage(Page):
    """One page of notices."""

    items: list[NoticeView]


class NoticeQuery(Given):
    """Which notices; newest first."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    state: Literal["", State] = Field("", examples=["uncertain"])
    channel: Literal["", Channel] = Field("", examples=["sms"])
    kind: Literal["", "ticket_number", "grade", "dates_moved", "card", "event", "alarm"] = Field(
        "", examples=["card"]
    )
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class VerdictGiven(Given):
    """What a person found out: it arrived, or it is to be sent (again)."""

    verdict: notices.Verdict = Field(examples=["arrived"])
    why: str = Field(min_length=2, max_length=300, examples=["已电话确认收到"])


@router.get("/notices", summary="通知一览")
async def list_notices(
    query: Annotated[NoticeQuery, Query()], actor: Deciding, found: PartsDep
) -> NoticePage:
    """Texts, spoken calls, mail and webhooks; `state=uncertain`: those a person must decide about."""
    async with found.database.reading() as session:
        page = await notices.find(
            session,
            state=query.state,
            channel=query.channel,
            kind=query.kind,
            ticket_id=query.ticket_id or "",
            limit=query.limit,
            offset=query.offset,
        )
    return NoticePage(total=page.total, items=[_view(row) for row in page.items])


@router.post("/notices/{notice_id}/resolve", summary="处理通知", responses=documented(404, 409))
async def resolve_notice(notice_id: Id, given: VerdictGiven, actor: Deciding, found: PartsDep) -> NoticeView:
    """An uncertain one arrived; one that is over is sent again (a webhook that was delivered: replayed). Kept with who and why."""
    await note_lookup(found, actor, f"notice.{given.verdict}", notice_id, given.why)
    async with found.database.session() as session:
        row = await notices.resolve(session, notice_id, given.verdict, actor.id, given.why, datetime.now(UTC))
    return _view(row)


def _view(row: NoticeRow) -> NoticeView:
    words = "" if row.kind in _FOR_MACHINES else mask_text(row.words)
    return NoticeView.model_validate(row).model_copy(
        update={"recipient": _masked(row.recipient), "words": words}
    )


def _masked(recipient: str) -> str:
    """A number's middle, or a mailbox's name but for its first letter."""
    box, at, host = recipient.partition("@")
    return f"{box[:1]}***@{host}" if at else mask_number(recipient)
