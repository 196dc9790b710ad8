"""Invitations: the calls one's own seat was called into, what was asked there, and what was said while one was in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.call_shapes import UtteranceView
from api.parts import PartsDep, only
from api.problems import documented
from api.shapes import Given, Id, Page, Shape
from core.errors import NotFound
from core.masking import mask_text
from core.vault import redacted
from store import tickets, transfers, utterances
from store.tables import Call, Ticket, Transfer, User

router = APIRouter(prefix="/invitations", tags=["transfers"])
Sitting = Annotated[Actor, only("agent")]


class InvitationView(Shape):
    """One of them. `asked_by`, `seat_id`: who asked; `ask`: what, in their words; the ticket is what came of the call first.

    `state`, `place`, `reason` as of a transfer. Numbers are masked, a confidential matter's words are hidden.
    """

    id: str = Field(examples=["tr_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    how: str = Field(examples=["three_way"])
    state: str = Field(examples=["talking"])
    place: str = Field(examples=["room"])
    reason: str | None = Field(examples=["no_answer"])
    ask: str = Field(examples=["试用期未签合同能否主张双倍工资"])
    asked_by: str = Field(examples=["李敏"])
    seat_id: str | None = Field(examples=["8001"])
    line: str = Field(examples=["12345"])
    requested_at: datetime = Field(examples=["2026-11-22T02:01:10Z"])
    answered_at: datetime | None = Field(examples=["2026-11-22T02:01:14Z"])
    ended_at: datetime | None = Field(examples=["2026-11-22T02:03:00Z"])
    ticket_number: str = Field(examples=["20261122000123"])
    ticket_title: str = Field(examples=["公司拖欠两个月工资"])


class Invitations(Page):
    """One page, newest first."""

    items: list[InvitationView]


class InvitationWhole(InvitationView):
    """With what was said while one was in the call, oldest first."""

    said: list[UtteranceView]


class InvitationQuery(Given):
    """Which page."""

    limit: int = Field(20, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


@router.get("", summary="我受邀的通话")
async def list_invitations(
    query: Annotated[InvitationQuery, Query()], actor: Sitting, found: PartsDep
) -> Invitations:
    """Whoever sits at a seat sees what that seat was called into while they sat there; the one that rings is among them."""
    async with found.database.reading() as session:
        page = await transfers.invitations(session, actor.id, query.limit, query.offset)
        secret = await queries.confidential(session, [row.call_id for row in page.items])
        items = [await _view(session, row, secret) for row in page.items]
    return Invitations(total=page.total, items=items)


@router.get("/{transfer_id}", summary="一次受邀通话", responses=documented(404))
async def one_invitation(transfer_id: Id, actor: Sitting, found: PartsDep) -> InvitationWhole:
    """What one heard and said oneself can be read again; the rest of the call is not theirs."""
    async with found.database.reading() as session:
        row = await transfers.get(session, transfer_id)
        if row.third_user != actor.id:
            raise NotFound(f"没有受邀通话 {transfer_id}")
        secret = await queries.confidential(session, [row.call_id])
        view = await _view(session, row, secret)
        said = [] if row.call_id in secret else await _said(session, row)
    return InvitationWhole(**view.model_dump(), said=said)


async def _view(session: AsyncSession, row: Transfer, secret: Mapping[str, str]) -> InvitationView:
    call = await session.get_one(Call, row.call_id)
    asked_by = await session.scalar(select(User.name).where(User.id == row.user_id)) if row.user_id else None
    filed = await tickets.of_call(session, row.call_id)
    ticket = filed[0] if filed else None

    def shown(text: str) -> str:
        return redacted(text, secret[row.call_id]) if row.call_id in secret else mask_text(text)

    columns = {name: getattr(row, name) for name in InvitationView.model_fields if hasattr(row, name)}
    return InvitationView.model_validate(
        columns
        | {"ask": shown(row.ask or ""), "asked_by": asked_by or "", "line": call.line}
        | {
            "ticket_number": ticket.number if ticket else "",
            "ticket_title": _title(ticket, shown(ticket.title) if ticket else ""),
        }
    )


def _title(ticket: Ticket | None, shown: str) -> str:
    return shown if ticket and not ticket.confidential else ""


async def _said(session: AsyncSession, row: Transfer) -> list[UtteranceView]:
    """Between their answer and their leaving; numbers masked, for the citizen is no longer theirs."""
    call = await session.get_one(Call, row.call_id)
    if row.answered_at is None or call.agent_answered_at is None:
        return []
    since = (row.answered_at - call.agent_answered_at).total_seconds()
    until = (row.ended_at - call.agent_answered_at).total_seconds() if row.ended_at else float("inf")
    heard = [
        one
        for one in await utterances.of_call(session, row.call_id)
        if since <= one.end_s and one.start_s <= until
    ]
    views = [UtteranceView.model_validate(one) for one in heard]
    return [one.model_copy(update={"text": mask_text(one.text)}) for one in views]
