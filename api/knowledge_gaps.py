"""Gaps and errors in what we know: reported, assigned with a term, mended, verified; and those mined from what nobody found."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import GapAsk, GapStepAsk
from api.parts import PartsDep, only
from api.problems import PreconditionRequired, documented
from api.shapes import Given, Id, Instant, Page, Shape
from core.errors import NotFound
from core.knowledge import GapKind
from core.masking import mask_numbers
from match import gap_table
from match.gap_table import Action, State
from match.governance import Who
from store import knowledge_gaps, units
from store.tables import KnowledgeGap

router = APIRouter(prefix="/knowledge", tags=["knowledge"])
Reporting = Annotated[Actor, only("agent", "supervisor", "office", "unit")]
Seeing = Annotated[Actor, only("agent", "supervisor", "office", "unit", "auditor", "admin")]
Mending = Annotated[Actor, only("office", "unit")]
Deciding = Annotated[Actor, only("office")]
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match", pattern=r'^"?[0-9]{1,9}"?$', description="version you decided on", examples=['"1"']
    ),
]
MISS = r"^miss_[0-9A-Z]{20}$"


class GapGiven(Given):
    """What is missing (gap), wrong (error) or of no use (invalid). `unit` empty: the article's owner, or for the office to say."""

    kind: GapKind = Field(examples=["error"])
    title: str = Field(min_length=2, max_length=120, examples=["参保窗口地址有误"])
    words: str = Field("", max_length=2000, examples=["市民说窗口已经搬走"])
    article: Id | None = Field(None, examples=["art_water"])
    unit: Id | None = Field(None, examples=["SW"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class GapStepGiven(Given):
    """One step. `unit`: with assign; `article` and `number`: with fix, the published version that mends it."""

    action: Action = Field(examples=["assign"])
    note: str = Field("", max_length=500, examples=["请核实地址"])
    unit: Id | None = Field(None, examples=["SW"])
    article: Id | None = Field(None, examples=["art_water"])
    number: int | None = Field(None, ge=1, lt=100_000, examples=[2])


class GapView(Shape):
    """A report. `due_at`: end of the term, with the `steps` that led there; `asked`: how often it was asked, where it was mined."""

    id: str = Field(examples=["gap_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["error"])
    article_id: str | None = Field(examples=["art_water"])
    number: int | None = Field(examples=[1])
    unit_code: str | None = Field(examples=["SW"])
    title: str = Field(examples=["参保窗口地址有误"])
    words: str = Field(examples=["市民说窗口已经搬走"])
    asked: int = Field(examples=[0])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=[None])
    state: State = Field(examples=["assigned"])
    state_name: str = Field(examples=["待补正"])
    reported_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    reported_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    assigned_at: datetime | None = Field(examples=["2026-11-20T02:00:00Z"])
    due_at: datetime | None = Field(examples=["2026-11-27T16:00:00Z"])
    steps: list[Any] = Field(examples=[[{"date": "2026-11-23", "counts": True, "why": "第1个工作日"}]])
    overdue_at: datetime | None = Field(examples=[None])
    fixed_article: str | None = Field(examples=["art_water"])
    fixed_number: int | None = Field(examples=[2])
    fixed_at: datetime | None = Field(examples=["2026-11-24T02:00:00Z"])
    fixed_late: bool | None = Field(examples=[False])
    settled_at: datetime | None = Field(examples=["2026-11-25T02:00:00Z"])
    note: str = Field(examples=[""])
    version: int = Field(examples=[2])
    actions: list[Action] = Field([], examples=[["fix"]])


class Gaps(Page):
    """One page of reports, those due soonest first."""

    items: list[GapView]


class GapQuery(Given):
    """Which reports. People of a unit see their unit's."""

    state: list[State] = Field([], max_length=5, examples=[["assigned"]])
    unit: str = Field("", max_length=64, examples=["SW"])
    article: str = Field("", max_length=64, examples=["art_water"])
    due_before: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


Miss = Annotated[str, Field(pattern=MISS, examples=["miss_01KB3V5M2R8Q4T6W9Y0A"])]


class ProposedGap(Shape):
    """Something asked `count` times and not found. `words`: what those who asked have in common, the rest left out."""

    words: str = Field(examples=["充电桩报装"])
    count: int = Field(examples=[3])
    members: list[str] = Field(examples=[["miss_01KB3V5M2R8Q4T6W9Y0A"]])


class ProposedGaps(Shape):
    """The most asked first."""

    items: list[ProposedGap]


class ProposedQuery(Given):
    """`least`: asked at least so often; never less than two."""

    least: int = Field(2, ge=2, le=1000, examples=[2])


class TakeGiven(GapGiven):
    """A report made of questions that found nothing."""

    members: list[Miss] = Field(min_length=1, max_length=1000)


class DismissGiven(Given):
    """Questions that are no gap."""

    members: list[Miss] = Field(min_length=1, max_length=1000)


class Dismissed(Shape):
    """How many questions were dismissed."""

    questions: int = Field(examples=[3])


@router.get("/gaps", summary="知识缺漏")
async def list_gaps(query: Annotated[GapQuery, Query()], actor: Seeing, found: PartsDep) -> Gaps:
    """Reports and how they stand."""
    unit = query.unit if not actor.of_a_unit else actor.unit or "-"
    if unit != query.unit and query.unit:
        return Gaps(total=0, items=[])
    async with found.database.reading() as session:
        page = await knowledge_gaps.find(
            session, states=query.state, unit=unit, article_id=query.article, due_before=query.due_before, places=actor.places,
            limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return Gaps(total=page.total, items=[_view(row, actor) for row in page.items])


@router.post("/gaps", summary="报告空缺或错误", status_code=201, responses=documented(404))
async def report(given: GapGiven, actor: Reporting, found: PartsDep) -> GapView:
    """Anybody at work may; what the office reports starts the owner's term at once."""
    made = await found.house.knowledge.gaps.report(actor, GapAsk(**given.model_dump()))
    return await _one(found, actor, made, reported=True)


@router.get("/gaps/{gap_id}", summary="一条知识缺漏", responses=documented(404))
async def one_gap(gap_id: Id, actor: Seeing, found: PartsDep, response: Response) -> GapView:
    """`ETag` is what a step is decided on."""
    view = await _one(found, actor, gap_id)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.post("/gaps/{gap_id}/actions", summary="转办、补正、核验", responses=documented(404, 409, 428))
async def act(
    gap_id: Id,
    given: GapStepGiven,
    actor: Mending,
    found: PartsDep,
    response: Response,
    version: IfMatch = "",
) -> GapView:
    """One step, decided on the version in `If-Match`; 409 where somebody was first."""
    if not version:
        raise PreconditionRequired("请在 If-Match 中给出所依据的版本")
    await _one(found, actor, gap_id)
    ask = GapStepAsk(**given.model_dump())
    await found.house.knowledge.gaps.step(actor, gap_id, int(version.strip('"')), ask)
    view = await _one(found, actor, gap_id, reported=True)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.get("/proposed-gaps", summary="问到而没有找到的")
async def proposed(
    query: Annotated[ProposedQuery, Query()], actor: Deciding, found: PartsDep
) -> ProposedGaps:
    """Searches without a hit and consults nobody could answer, grouped; what one person alone said is never shown."""
    groups = await found.house.knowledge.gaps.proposed(query.least)
    return ProposedGaps(
        items=[ProposedGap(words=one.words, count=one.count, members=list(one.members)) for one in groups]
    )


@router.post("/proposed-gaps/take", summary="列为知识缺漏", status_code=201, responses=documented(404, 409))
async def take(given: TakeGiven, actor: Deciding, found: PartsDep) -> GapView:
    """Becomes a report, assigned where a unit is named."""
    ask = GapAsk(**given.model_dump(exclude={"members"}))
    made = await found.house.knowledge.gaps.take(actor, given.members, ask)
    return await _one(found, actor, made)


@router.post("/proposed-gaps/dismiss", summary="不是知识缺漏")
async def dismiss(given: DismissGiven, actor: Deciding, found: PartsDep) -> Dismissed:
    """They are not proposed again."""
    return Dismissed(questions=await found.house.knowledge.gaps.dismiss(actor, given.members))


async def _one(found: PartsDep, actor: Actor, gap_id: str, *, reported: bool = False) -> GapView:
    """`reported`: the actor's own deed a moment ago, shown to them whosesoever it is now."""
    async with found.database.reading() as session:
        row = await knowledge_gaps.get(session, gap_id)
        shown = reported or await _visible(session, row, actor)
    if not shown:
        raise NotFound(f"没有这条知识缺漏 {gap_id}")
    return _view(row, actor)


async def _visible(session: AsyncSession, row: KnowledgeGap, actor: Actor) -> bool:
    """What the list shows them, and what they reported themselves."""
    if row.reported_by == actor.id:
        return True
    if actor.of_a_unit:
        return actor.unit is not None and row.unit_code == actor.unit
    return await units.within(session, row.unit_code, actor.places)


def _view(row: KnowledgeGap, actor: Actor) -> GapView:
    """The words in full for the office, the unit that mends it and who wrote them; masked for others."""
    who = Who(actor.id, actor.role, actor.unit)
    full = (
        actor.role == "office" or row.reported_by == actor.id or (actor.unit and actor.unit == row.unit_code)
    )
    shown = {name: getattr(row, name) for name in GapView.model_fields if hasattr(row, name)}
    state: State = row.state  # type: ignore[assignment]
    return GapView.model_validate(
        shown
        | {
            "words": row.words if full else mask_numbers(row.words),
            "state_name": gap_table.STATE_NAMES[state],
            "actions": list(gap_table.possible(state, who, row.unit_code or "")),
        }
    )
