"""The line register: read by everybody, changed by the hotline office with a version and a reason, never reused."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api import queries
from api.actor import Actor
from api.call_shapes import Events, EventView
from api.line_shapes import (
    LineGiven,
    LineImport,
    LineImported,
    Lines,
    LinesQuery,
    LineStates,
    LineStateView,
    LineView,
    LineWithdrawal,
    ReachedView,
    WithdrawnLines,
    WithdrawnView,
)
from api.parts import Anybody, PartsDep, only
from api.problems import documented
from api.shapes import Id
from routing.lines import LineRegister
from store import events, line_state, lines

router = APIRouter(prefix="/lines", tags=["lines"])
Missing = documented(404)
Keeping = Annotated[Actor, only("office", "admin")]
Checking = Annotated[Actor, only("office", "admin", "supervisor", "auditor")]
Version = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"?[0-9]{0,9}"?$',
        description="version you decided on; none for a number that is new",
        examples=['"2"'],
    ),
]


@router.get("", summary="热线号码一览")
async def list_lines(query: Annotated[LinesQuery, Query()], actor: Anybody, found: PartsDep) -> Lines:
    """The register of hotline numbers, by number."""
    async with found.database.reading() as session:
        page = await queries.lines(session, query.search, query.limit, query.offset, query.mode, query.status)
    return Lines.model_validate(page)


@router.get("/withdrawn", summary="已取消的号码")
async def list_withdrawn(actor: Anybody, found: PartsDep) -> WithdrawnLines:
    """Numbers given up, newest first; none is ever used again."""
    async with found.database.reading() as session:
        return WithdrawnLines(
            items=[WithdrawnView.model_validate(row) for row in await lines.withdrawn(session)]
        )


@router.get("/states", summary="外部线路通断")
async def list_states(actor: Anybody, found: PartsDep) -> LineStates:
    """Sub-centres, emergency and utility lines that a transfer or a probe tried: do they answer?"""
    now = datetime.now(UTC)
    async with found.database.reading() as session:
        rows = await line_state.rows(session)
    return LineStates(
        items=[
            LineStateView.model_validate(row).model_copy(update={"state": line_state.standing(row, now)})
            for row in rows
        ]
    )


@router.post("/import", summary="导入线路库", responses=documented(404, 409))
async def import_lines(given: LineImport, actor: Keeping, found: PartsDep) -> LineImported:
    """All or none; lines not among them stay. `dry_run`: only what would change."""
    known = tuple(one.known() for one in given.lines)
    done = await found.house.lines_import(actor, known, given.why, given.dry_run)
    return LineImported.of(done)


@router.get("/{number}", summary="一个热线号码", responses=Missing)
async def one_line(number: Id, actor: Anybody, found: PartsDep, response: Response) -> LineView:
    """A number of the register; `ETag` is its version."""
    return await _whole(found, number, response)


@router.get("/{number}/reached", summary="拨打该号码接到哪里", responses=Missing)
async def reached(number: Id, actor: Anybody, found: PartsDep) -> ReachedView:
    """Who a caller on this number reaches in one hop, and how an agent hands a call to it."""
    async with found.database.reading() as session:
        register = LineRegister(await lines.register(session))
    line = register.get(number)
    return ReachedView.of(register.reached(line.number), register.way(line.number))


@router.get("/{number}/history", summary="号码变更记录", responses=Missing)
async def history(number: Id, actor: Checking, found: PartsDep) -> Events:
    """Every change with who, why, before and after, oldest first."""
    async with found.database.reading() as session:
        told = await events.of(session, number)
    return Events(items=[EventView.model_validate(one) for one in told if one.name == "line.changed"])


@router.put("/{number}", summary="登记或修改号码", responses=documented(404, 409))
async def put_line(
    number: Id,
    given: LineGiven,
    actor: Keeping,
    found: PartsDep,
    response: Response,
    version: Version = "",
) -> LineView:
    """Decided on the version in `If-Match`; what is so already changes nothing. Live calls are not touched."""
    decided = int(version.strip('"') or 0)
    await found.house.line_put(actor, given.known(number), decided, given.why)
    return await _whole(found, number, response)


@router.post("/{number}/withdraw", summary="取消号码", status_code=204, responses=documented(404, 409))
async def withdraw(number: Id, given: LineWithdrawal, actor: Keeping, found: PartsDep) -> Response:
    """Given up for ever (已取消的热线号码不再恢复); done twice is done."""
    await found.house.line_withdraw(actor, number, given.version, given.why)
    return Response(status_code=204)


async def _whole(found: PartsDep, number: str, response: Response) -> LineView:
    async with found.database.reading() as session:
        row = await lines.get(session, number)
    response.headers["ETag"] = f'"{row.version}"'
    return LineView.model_validate(row)
