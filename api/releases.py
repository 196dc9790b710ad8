"""放行: what may leave the house, asked for with purpose and receiver, approved by two persons, handed over marked (001 26)."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can
from api.problems import documented
from api.release_house import ReleaseAsk
from api.shapes import Given, Id, Page, Shape
from core.release import Format, Kind, State, Verdict
from core.rights import Scope
from store import releases, scope
from store.tables import Release, ReleaseVote

router = APIRouter(prefix="/releases", tags=["releases"])
Asking = Annotated[Actor, can("release", "ask")]
Reading = Annotated[Actor, can("release", "read")]
Deciding = Annotated[Actor, can("release", "decide")]
Taking = Annotated[Actor, can("release", "take")]
Missing = documented(404)


class ReleaseGiven(Given):
    """`object_id`: of the recording, ticket or article; for statistics and the audit record a month (2026-11), for an assessment a frozen sheet; for an evidence pack one of the caller's calls."""

    kind: Kind = Field(examples=["ticket"])
    object_id: Id = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    recipient: str = Field(min_length=2, max_length=100, examples=["市政府督查室"])
    purpose: str = Field(min_length=2, max_length=300, examples=["专项督查调阅"])
    days: int = Field(
        7, ge=1, le=30, examples=[7], description="so long after the request it may be taken out"
    )


class VoteGiven(Given):
    """One of the two words; a refusal says why."""

    verdict: Verdict = Field(examples=["approve"])
    why: str = Field("", max_length=300, examples=["用途属实"])


class VoteView(Shape):
    """Who said what."""

    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    verdict: str = Field(examples=["approve"])
    why: str = Field(examples=["用途属实"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])


class ReleaseView(Shape):
    """A request and what was said about it. `state`: asked, approved (by two), refused, withdrawn."""

    id: str = Field(examples=["rel_01KB3V5M2R8Q4T6W9Y0A"])
    kind: Kind = Field(examples=["ticket"])
    object_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str | None = Field(examples=["SW"])
    recipient: str = Field(examples=["市政府督查室"])
    purpose: str = Field(examples=["专项督查调阅"])
    state: State = Field(examples=["asked"])
    asked_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    asked_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    expires_at: datetime = Field(examples=["2026-11-28T02:00:00Z"])
    votes: list[VoteView] = Field([], validation_alias="said")


class Releases(Page):
    """One page of requests."""

    items: list[ReleaseView]


class ReleaseQuery(Given):
    """Which requests; newest first."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    state: Literal["", State] = Field("", examples=["asked"])
    kind: Literal["", Kind] = Field("", examples=["recording"])
    object_id: str = Field("", max_length=64, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class FormatQuery(Given):
    """How; the kind's first format unless said otherwise."""

    format: Format | None = Field(None, examples=["json"])


@router.post("", summary="申请放行", status_code=201, responses=documented(404))
async def ask(given: ReleaseGiven, actor: Asking, found: PartsDep) -> ReleaseView:
    """What is to leave, to whom and why; two persons of the hotline office (knowledge: or its unit) decide, never who asked."""
    asked = ReleaseAsk(given.kind, given.object_id, given.recipient, given.purpose, given.days)
    return await _one(found, await found.house.releases.ask(actor, asked))


@router.get("", summary="放行申请一览")
async def list_releases(query: Annotated[ReleaseQuery, Query()], actor: Reading, found: PartsDep) -> Releases:
    """One's own; the hotline office and the auditor see all, or their county's; a unit those about its knowledge."""
    async with found.database.reading() as session:
        page = await releases.find(
            session, scope.releases(actor.scope), state=query.state, kind=query.kind, object_id=query.object_id,
            limit=query.limit, offset=query.offset,
        )  # fmt: skip
        return Releases(total=page.total, items=await _views(session, page.items))


@router.get("/{release_id}", summary="一张放行单", responses=Missing)
async def one_release(release_id: Id, actor: Reading, found: PartsDep) -> ReleaseView:
    """With what was said about it."""
    await _within(found, actor.scope, release_id)
    return await _one(found, release_id)


@router.post("/{release_id}/votes", summary="审批放行", responses=documented(404, 409))
async def vote(release_id: Id, given: VoteGiven, actor: Deciding, found: PartsDep) -> ReleaseView:
    """Two different persons' approval makes it good, one refusal ends it; who asked can't decide."""
    await _within(found, actor.scope, release_id)
    await found.house.releases.vote(actor, release_id, given.verdict, given.why)
    return await _one(found, release_id)


@router.post("/{release_id}/withdraw", summary="撤回申请", responses=documented(404, 409))
async def withdraw(release_id: Id, actor: Asking, found: PartsDep) -> ReleaseView:
    """By who asked, while it has not ended."""
    await _within(found, actor.scope, release_id)
    await found.house.releases.withdraw(actor, release_id)
    return await _one(found, release_id)


@router.get(
    "/{release_id}/file",
    summary="导出（带水印，每次留痕）",
    response_class=Response,
    responses={
        200: {
            "content": {"application/octet-stream": {"example": "RIFF…"}},
            "description": "the marked file",
        },
        **documented(404, 409),
    },
)
async def take(
    release_id: Id, query: Annotated[FormatQuery, Query()], actor: Taking, found: PartsDep
) -> Response:
    """Recordings carry tones and who took them out, papers a visible mark and a hash; kept before a byte leaves. 409 where it is not approved or its time is over."""
    await _within(found, actor.scope, release_id)
    made = await found.house.releases.file(actor, release_id, query.format)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
        "X-Content-SHA256": made.sha256,
    }
    return Response(made.body, media_type=made.media, headers=headers)


async def _within(found: PartsDep, reach: Scope, release_id: str) -> None:
    async with found.database.reading() as session:
        await queries.release(session, reach, release_id)


async def _one(found: PartsDep, release_id: str) -> ReleaseView:
    async with found.database.reading() as session:
        (view,) = await _views(session, [await releases.get(session, release_id)])
    return view


async def _views(session: AsyncSession, rows: list[Release]) -> list[ReleaseView]:
    said: list[ReleaseVote] = list(await releases.votes(session, *(row.id for row in rows)))
    return [
        ReleaseView.model_validate(row).model_copy(
            update={"votes": [VoteView.model_validate(one) for one in said if one.release_id == row.id]}
        )
        for row in rows
    ]
