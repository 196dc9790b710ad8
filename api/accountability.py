"""责任追究: candidates from events, verified, proposed and decided by people; units do not see what is not yet decided."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import queries, rights
from api.accountability_house import Report, Step
from api.accountability_shapes import CaseQuery, Cases, CaseView, Clause, ReportGiven, StepGiven
from api.actor import Actor
from api.parts import Parts, PartsDep, can
from api.problems import PreconditionRequired, documented
from api.shapes import Id, RequestKey, request_key
from api.tickets import Version
from store import accountability, scope
from store.tables import AccountabilityCase

router = APIRouter(prefix="/accountability", tags=["accountability"])
Reading = Annotated[Actor, can("accountability", "read")]
Judging = Annotated[Actor, can("accountability", "judge")]


@router.get("", summary="责任追究线索一览")
async def list_cases(query: Annotated[CaseQuery, Query()], actor: Reading, found: PartsDep) -> Cases:
    """Newest first, of the units within reach."""
    async with found.database.reading() as session:
        page = await accountability.find(
            session, scope.units(actor.scope, AccountabilityCase.unit_code), unit=query.unit, state=query.state or "",
            situation=query.situation or "", since=query.since, until=query.until, limit=query.limit, offset=query.offset,
        )  # fmt: skip
    items = [CaseView.model_validate(row) for row in page.items]
    house = found.house.accountability
    clauses = [Clause.model_validate(one) for one in house.open_to_people()]
    return Cases(total=page.total, items=items, authority=house.authority(), open_to_people=clauses)


@router.post("", summary="提出一条线索", status_code=201, responses=documented(404, 409))
async def report(
    given: ReportGiven, key: RequestKey, actor: Judging, found: PartsDep, response: Response
) -> CaseView:
    """What no event shows: reprisals, leaks, falsehood. A candidate like any other; the same `Idempotency-Key` reports once."""
    async with found.database.reading() as session:
        await queries.unit(session, actor.scope, given.unit)
        if given.ticket_id is not None:
            await queries.ticket(session, rights.reach(actor, "ticket", "read"), given.ticket_id)
    told = Report(
        given.unit, given.clause, given.happened_at, given.why, given.ticket_id, tuple(given.events)
    )
    case_id = await found.house.accountability.report(actor, told, request_key(actor.id, key))
    response.headers["Location"] = f"/api/v1/accountability/{case_id}"
    return await _one(found, actor, case_id, response)


@router.get("/{case_id}", summary="一条线索", responses=documented(404))
async def one_case(case_id: Id, actor: Reading, found: PartsDep, response: Response) -> CaseView:
    """`ETag` is its version."""
    return await _one(found, actor, case_id, response)


@router.post(
    "/{case_id}/steps", summary="查证、不予认定、提出、记录处理结果", responses=documented(404, 409, 428)
)
async def step(
    case_id: Id, given: StepGiven, actor: Judging, found: PartsDep, response: Response, version: Version = ""
) -> CaseView:
    """Whoever verified does not propose: two persons."""
    if not version:
        raise PreconditionRequired("请在 If-Match 中给出所依据的版本")
    await _one(found, actor, case_id, response)
    told = Step(given.action, given.words, tuple(given.evidence), given.outcome)
    await found.house.accountability.step(actor, case_id, int(version.strip('"')), told)
    return await _one(found, actor, case_id, response)


async def _one(found: Parts, actor: Actor, case_id: str, response: Response) -> CaseView:
    async with found.database.reading() as session:
        case = await accountability.get(
            session, case_id, scope.units(actor.scope, AccountabilityCase.unit_code)
        )
    response.headers["ETag"] = f'"{case.version}"'
    return CaseView.model_validate(case)
