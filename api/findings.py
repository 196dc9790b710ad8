"""What the office finds of units' knowledge work: citizens misled (001 19(九)), bulletins not sent (002 附四(二))."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.actor import Actor
from api.knowledge_house import FindingAsk
from api.parts import PartsDep, only
from api.problems import documented
from api.shapes import Given, Id, Instant, Page, Shape
from core.knowledge import FindingKind
from core.masking import mask_numbers
from store import knowledge_findings
from store.tables import KnowledgeFinding

router = APIRouter(prefix="/knowledge", tags=["knowledge"])
Finding = Annotated[Actor, only("office")]
Seeing = Annotated[Actor, only("office", "supervisor", "auditor", "unit")]


class MisledGiven(Given):
    """The complaint, the article, and where it was told: the call, or the moment."""

    article: Id = Field(examples=["art_water"])
    ticket_id: Id = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    told_at: Instant | None = Field(None, examples=["2026-11-20T10:00:00+08:00"])
    title: str = Field(min_length=2, max_length=120, examples=["地址过时，市民白跑一趟"])
    words: str = Field("", max_length=2000, examples=["窗口8月已迁走"])


class MissedGiven(Given):
    """Which unit did not send a bulletin about what."""

    unit: Id = Field(examples=["SW"])
    happened_at: Instant = Field(examples=["2026-11-20T08:00:00+08:00"])
    title: str = Field(min_length=2, max_length=120, examples=["计划停水未公告"])
    words: str = Field("", max_length=2000, examples=["市民来电后方知"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class LiftGiven(Given):
    """Why it stands no more."""

    why: str = Field(min_length=2, max_length=500, examples=["单位已在前一日上传"])


class FindingView(Shape):
    """A finding. Misled: `number` is the version that was served at `happened_at`."""

    id: str = Field(examples=["find_01KB3V5M2R8Q4T6W9Y0A"])
    kind: FindingKind = Field(examples=["misled"])
    unit_code: str | None = Field(examples=["SW"])
    article_id: str | None = Field(examples=["art_water"])
    number: int | None = Field(examples=[1])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    happened_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    title: str = Field(examples=["地址过时，市民白跑一趟"])
    words: str = Field(examples=["窗口8月已迁走"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    state: Literal["found", "lifted"] = Field(examples=["found"])
    lifted_at: datetime | None = Field(examples=[None])
    lifted_why: str | None = Field(examples=[None])


class Findings(Page):
    """One page of findings, newest first."""

    items: list[FindingView]


class FindingQuery(Given):
    """Which findings. People of a unit see their unit's."""

    kind: FindingKind | None = Field(None, examples=["misled"])
    state: Literal["", "found", "lifted"] = Field("", examples=["found"])
    unit: str = Field("", max_length=64, examples=["SW"])
    article: str = Field("", max_length=64, examples=["art_water"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class MisledCount(Shape):
    """How many complaints show that one version misled."""

    article_id: str = Field(examples=["art_water"])
    title: str = Field(examples=["停水怎么办"])
    unit_code: str | None = Field(examples=["SW"])
    number: int = Field(examples=[1])
    citizens: int = Field(examples=[3])
    last_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])


class MisledCounts(Shape):
    """The most first."""

    items: list[MisledCount]


class UnitQuery(Given):
    """Whose."""

    unit: str = Field("", max_length=64, examples=["SW"])


@router.get("/findings", summary="误导市民、漏发公告的认定")
async def list_findings(query: Annotated[FindingQuery, Query()], actor: Seeing, found: PartsDep) -> Findings:
    """Newest first."""
    unit = _whose(actor, query.unit)
    if query.unit and unit != query.unit:
        return Findings(total=0, items=[])
    async with found.database.reading() as session:
        page = await knowledge_findings.find(
            session, kind=query.kind or "", state=query.state, unit=unit, article_id=query.article, places=actor.places,
            limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return Findings(total=page.total, items=[_view(row, actor) for row in page.items])


@router.post(
    "/findings/misled", summary="认定知识库误导市民", status_code=201, responses=documented(404, 409)
)
async def misled(given: MisledGiven, actor: Finding, found: PartsDep) -> FindingView:
    """The version is the one that was served then; the same complaint and article are found once."""
    facts = given.model_dump(exclude={"told_at"})
    made = await found.house.knowledge.findings.misled(actor, FindingAsk(**facts, happened_at=given.told_at))
    return await _one(found, actor, made)


@router.post(
    "/findings/notice-missed", summary="认定漏发公告", status_code=201, responses=documented(404, 409)
)
async def notice_missed(given: MissedGiven, actor: Finding, found: PartsDep) -> FindingView:
    """A fact for assessment."""
    made = await found.house.knowledge.findings.notice_missed(actor, FindingAsk(**given.model_dump()))
    return await _one(found, actor, made)


@router.post("/findings/{finding_id}/lift", summary="撤销认定", responses=documented(404, 409))
async def lift(finding_id: Id, given: LiftGiven, actor: Finding, found: PartsDep) -> FindingView:
    """It counts no more; what was found stays on record."""
    await found.house.knowledge.findings.lift(actor, finding_id, given.why)
    return await _one(found, actor, finding_id)


@router.get("/misled", summary="按知识点计：误导市民的次数")
async def misled_counts(query: Annotated[UnitQuery, Query()], actor: Seeing, found: PartsDep) -> MisledCounts:
    """Per article and version; lifted findings do not count."""
    unit = _whose(actor, query.unit)
    async with found.database.reading() as session:
        counts = await knowledge_findings.misled(session, unit, actor.places)
    return MisledCounts(items=[MisledCount.model_validate(one) for one in counts])


def _whose(actor: Actor, unit: str) -> str:
    return unit if not actor.of_a_unit else actor.unit or "-"


async def _one(found: PartsDep, actor: Actor, finding_id: str) -> FindingView:
    async with found.database.reading() as session:
        return _view(await knowledge_findings.get(session, finding_id), actor)


def _view(row: KnowledgeFinding, actor: Actor) -> FindingView:
    """The office's words in full for the office, masked for others."""
    view = FindingView.model_validate(row)
    return view if actor.role == "office" else view.model_copy(update={"words": mask_numbers(row.words)})
