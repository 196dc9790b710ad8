"""考核 over HTTP: sheets, frozen versions, findings with their review, rulings, appeals. A unit sees itself, a county its own units."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from api.actor import Actor
from api.assess_house import Asked, FindingAsk, RulingAsk
from api.assess_shapes import (
    AgainView,
    AppealGiven,
    AppealQuery,
    Appeals,
    AppealView,
    AssessRulingGiven,
    AssessRulings,
    AssessRulingView,
    DecisionGiven,
    DuePeriods,
    FreezeGiven,
    FrozenIds,
    FrozenPage,
    FrozenQuery,
    FrozenSheetView,
    ReviewGiven,
    RulingQuery,
    SeatQuery,
    SeatSheet,
    SheetQuery,
    Sheets,
    UnitFindingGiven,
    UnitFindingQuery,
    UnitFindings,
    UnitFindingView,
)
from api.parts import Parts, PartsDep, can, only
from api.problems import documented
from api.rights import note_lookup
from api.shapes import Id
from core.errors import NotFound
from store import findings, frozen
from tickets.assessment.fact import period

router = APIRouter(tags=["assessment"])
Reading = Annotated[Actor, only("office", "supervisor", "auditor", "admin", "unit")]
Measuring = Annotated[Actor, can("call", "measure")]
Office = Annotated[Actor, only("office")]
OfUnit = Annotated[Actor, only("unit")]
Missing = documented(404)
Bad = documented(404, 422)
Busy = documented(404, 409, 422)


@router.get("/assessments", summary="考核表（按现有事实计算）", responses=Bad)
async def list_sheets(query: Annotated[SheetQuery, Query()], actor: Reading, found: PartsDep) -> Sheets:
    """Scored now: every deduction with its clause and the events that prove it."""
    await note_lookup(found, actor, "assessment.sheets", query.unit or "all", query.period)
    asked = Asked(query.period, query.profile, query.unit, query.as_of)
    return Sheets(items=await found.house.assessment.sheets(actor, asked))


@router.get("/assessments/due", summary="待定稿的考核期")
async def list_due(actor: Reading, found: PartsDep) -> DuePeriods:
    """By the rules' rhythm: months, quarters and years that are over, and none of their sheets frozen."""
    return DuePeriods.model_validate({"items": await found.house.assessment.due(actor)})


@router.get("/assessments/seats", summary="座席与外包服务商考核", responses=documented(422))
async def list_seats(query: Annotated[SeatQuery, Query()], actor: Measuring, found: PartsDep) -> SeatSheet:
    """Service quality, ability and efficiency, each number with the calls it came from; no clause gives points."""
    await note_lookup(found, actor, "assessment.seats", "all", query.period)
    return SeatSheet.model_validate(await found.house.assessment.seats(actor, query.period, query.as_of))


@router.post("/assessments/freeze", summary="考核表定稿", responses=Busy)
async def freeze(given: FreezeGiven, actor: Office, found: PartsDep) -> FrozenIds:
    """Keeps sheets with their rules and facts; where nothing moved since the last version, that one stands."""
    asked = Asked(given.period, given.profile, given.unit)
    return FrozenIds(items=await found.house.assessment.freeze(actor, asked, given.why))


@router.get("/assessments/frozen", summary="定稿的考核表", responses=Missing)
async def list_frozen(query: Annotated[FrozenQuery, Query()], actor: Reading, found: PartsDep) -> FrozenPage:
    """Every version, newest first."""
    units = await _units(found, actor, query.unit)
    async with found.database.reading() as session:
        page = await frozen.find(
            session, profile=query.profile, period=query.period, units=units, limit=query.limit, offset=query.offset
        )  # fmt: skip
    return FrozenPage.model_validate(page)


@router.get("/assessments/frozen/{sheet_id}", summary="一张定稿的考核表", responses=Missing)
async def one_frozen(sheet_id: Id, actor: Reading, found: PartsDep) -> FrozenSheetView:
    """As it was signed."""
    await note_lookup(found, actor, "assessment.sheet", sheet_id, "")
    async with found.database.reading() as session:
        row = await frozen.get(session, sheet_id)
    await _must_see(found, actor, row.unit_code, f"没有定稿的考核表 {sheet_id}")
    return FrozenSheetView.model_validate(row)


@router.get("/assessments/frozen/{sheet_id}/again", summary="按定稿时的事实和规则重算", responses=Missing)
async def again(sheet_id: Id, actor: Reading, found: PartsDep) -> AgainView:
    """It must come out the same to the half point."""
    return AgainView.model_validate(await found.house.assessment.again(actor, sheet_id))


# --- findings and rulings ---------------------------------------------------------------------------------------------


@router.get("/unit-findings", summary="考核认定一览", responses=Missing)
async def list_findings(
    query: Annotated[UnitFindingQuery, Query()], actor: Reading, found: PartsDep
) -> UnitFindings:
    """A unit sees those that were confirmed."""
    units = await _units(found, actor, query.unit)
    state = "confirmed" if actor.unit is not None or actor.of_a_unit else query.state
    async with found.database.reading() as session:
        page = await findings.find(
            session, units=units, state=state, kind=query.kind, since=query.since, until=query.until,
            limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return UnitFindings.model_validate(page)


@router.post("/unit-findings", status_code=201, summary="提出考核认定", responses=Bad)
async def add_finding(given: UnitFindingGiven, actor: Office, found: PartsDep) -> UnitFindingView:
    """Counts once a second person has confirmed it."""
    ask = FindingAsk(
        given.unit, given.kind, given.happened_at, given.what, tuple(given.evidence), given.ticket_id
    )
    return await _finding(found, await found.house.assessment.enter(actor, ask))


@router.post("/unit-findings/{finding_id}/review", summary="复核考核认定", responses=Busy)
async def review_finding(
    finding_id: Id, given: ReviewGiven, actor: Office, found: PartsDep
) -> UnitFindingView:
    """By somebody else than who proposed it."""
    await found.house.assessment.review(actor, finding_id, given.state, given.note)
    return await _finding(found, finding_id)


async def _finding(found: Parts, finding_id: str) -> UnitFindingView:
    async with found.database.reading() as session:
        return UnitFindingView.model_validate(await findings.get(session, finding_id))


@router.post("/assessment-rulings", status_code=201, summary="认定系统故障或不可抗力", responses=Bad)
async def add_ruling(given: AssessRulingGiven, actor: Office, found: PartsDep) -> AssessRulingView:
    """What it excuses is shown on the sheet, and costs nothing."""
    ask = RulingAsk(given.unit, tuple(given.scopes), given.starts_at, given.ends_at, given.reason)
    made = await found.house.assessment.rule(actor, ask)
    async with found.database.reading() as session:
        return AssessRulingView.model_validate(await findings.ruling(session, made))


@router.get("/assessment-rulings", summary="系统故障与不可抗力认定一览", responses=Missing)
async def list_rulings(
    query: Annotated[RulingQuery, Query()], actor: Reading, found: PartsDep
) -> AssessRulings:
    """Those that touch the period."""
    units, span = await _units(found, actor, query.unit), period(query.period)
    async with found.database.reading() as session:
        rows = await findings.rulings(session, span.start, span.end, units)
    return AssessRulings.model_validate({"items": rows})


# --- appeals ----------------------------------------------------------------------------------------------------------


@router.get("/appeals", summary="申诉一览", responses=Missing)
async def list_appeals(query: Annotated[AppealQuery, Query()], actor: Reading, found: PartsDep) -> Appeals:
    """Oldest first, as they are to be decided."""
    units = await _units(found, actor, query.unit)
    async with found.database.reading() as session:
        page = await frozen.appeals(
            session,
            period=query.period,
            units=units,
            state=query.state,
            limit=query.limit,
            offset=query.offset,
        )
    return Appeals.model_validate(page)


@router.post("/appeals", status_code=201, summary="对一项扣分提出申诉", responses=Busy)
async def add_appeal(given: AppealGiven, actor: OfUnit, found: PartsDep) -> AppealView:
    """Within the window the hotline office set, once for each deduction."""
    made = await found.house.assessment.appeal(actor, given.sheet_id, given.key, given.reason, given.evidence)
    return await _appeal(found, made)


@router.post("/appeals/{appeal_id}/decision", summary="决定申诉", responses=Busy)
async def decide_appeal(appeal_id: Id, given: DecisionGiven, actor: Office, found: PartsDep) -> AppealView:
    """Granted: struck when the sheet is frozen anew, which makes its next version."""
    await found.house.assessment.decide(actor, appeal_id, given.state, given.why)
    return await _appeal(found, appeal_id)


async def _appeal(found: Parts, appeal_id: str) -> AppealView:
    async with found.database.reading() as session:
        return AppealView.model_validate(await frozen.the_appeal(session, appeal_id))


async def _units(found: Parts, actor: Actor, unit: str) -> Sequence[str] | None:
    """The units a list is about: the one asked for, where the actor may see it, else all in their charge."""
    scope = await found.house.assessment.scope(actor)
    if not unit:
        return scope
    return [unit] if scope is None or unit in scope else ["-"]


async def _must_see(found: Parts, actor: Actor, unit: str, otherwise: str) -> None:
    scope = await found.house.assessment.scope(actor)
    if scope is not None and unit not in scope:
        raise NotFound(otherwise)
