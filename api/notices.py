"""Notices: what was to be told to whom by text, call, mail or webhook, what came of it, and a person's word where we can't know."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can
from api.problems import documented
from api.rights import note_lookup
from api.shapes import Given, Id, Page, Shape
from core.masking import mask_number, mask_text
from core.notices import Channel, State, without_keys
from core.vault import HIDDEN, redacted
from store import notices, scope
from store.tables import NoticeRow

router = APIRouter(tags=["notices"])
Reading = Annotated[Actor, can("notice", "read")]
Deciding = Annotated[Actor, can("notice", "resolve")]
_FOR_MACHINES = ("event",)
"""Kinds whose words are for machines: the event itself stands under its subject."""


class NoticeView(Shape):
    """One notice. `via`: who took the last try; `reason`: why it is not sent; `why`, `resolved_by`: a person's word about it."""

    id: str = Field(examples=["ntc_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["card"])
    channel: Channel = Field(examples=["sms"])
    state: State = Field(examples=["uncertain"])
    recipient: str = Field(examples=["138****5678"])
    words: str = Field(
        description="numbers masked, a citizen's code or link withheld",
        examples=["工单20261121-048315办理环节已到红牌时限，请尽快登录平台办理。"],
    )
    subject: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    due_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    expires_at: datetime = Field(examples=["2026-11-22T02:00:00Z"])
    tries: int = Field(examples=[1])
    via: str | None = Field(examples=["smpp"])
    reason: str | None = Field(examples=["短信中心没有应答（TimeoutError）"])
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
async def list_notices(query: Annotated[NoticeQuery, Query()], actor: Reading, found: PartsDep) -> NoticePage:
    """Texts, spoken calls, mail and webhooks; `state=uncertain`: those a person must decide about."""
    async with found.database.reading() as session:
        page = await notices.find(
            session,
            within=scope.notices(actor.scope),
            state=query.state,
            channel=query.channel,
            kind=query.kind,
            ticket_id=query.ticket_id or "",
            limit=query.limit,
            offset=query.offset,
        )
        secret = await _secret(session, page.items)
    return NoticePage(total=page.total, items=[_view(row, secret) for row in page.items])


@router.post("/notices/{notice_id}/resolve", summary="处理通知", responses=documented(404, 409))
async def resolve_notice(notice_id: Id, given: VerdictGiven, actor: Deciding, found: PartsDep) -> NoticeView:
    """An uncertain one arrived; one that is over is sent again (a webhook that was delivered: replayed). Kept with who and why."""
    async with found.database.reading() as session:
        await queries.notice(session, actor.scope, notice_id)
    await note_lookup(found, actor, f"notice.{given.verdict}", notice_id, given.why)
    async with found.database.session() as session:
        row = await notices.resolve(session, notice_id, given.verdict, actor.id, given.why, datetime.now(UTC))
    async with found.database.reading() as session:
        return _view(row, await _secret(session, [row]))


async def _secret(session: AsyncSession, rows: Sequence[NoticeRow]) -> dict[str, str]:
    return await queries.confidential(session, [row.call_id for row in rows], [row.ticket_id for row in rows])


def _view(row: NoticeRow, secret: Mapping[str, str]) -> NoticeView:
    whose = reporter_of(row, secret)
    recipient = _masked(row.recipient) if whose is None else HIDDEN
    words = shown_words(row, whose)
    return NoticeView.model_validate(row).model_copy(update={"recipient": recipient, "words": words})


def reporter_of(row: NoticeRow, secret: Mapping[str, str]) -> str | None:
    """Whose confidential matter a notice is about ('' unknown); None: nobody's."""
    return next((secret[one] for one in (row.ticket_id, row.call_id) if one and one in secret), None)


def shown_words(row: NoticeRow, reporter: str | None) -> str:
    """What may be shown of a notice's words: no number, no code or link of the citizen's; of a confidential matter nothing that tells who."""
    if row.kind in _FOR_MACHINES:
        return ""
    words = without_keys(row.kind, row.words, row.token_hash is not None)
    return mask_text(words) if reporter is None else redacted(words, reporter)


def _masked(recipient: str) -> str:
    """A number's middle, or a mailbox's name but for its first letter."""
    box, at, host = recipient.partition("@")
    return f"{box[:1]}***@{host}" if at else mask_number(recipient)
