"""What the duty-dispute board decided: units can look it up before they return, the office retires what no longer holds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can, only
from api.problems import documented
from api.shapes import Id
from api.ticket_shapes import PrecedentQuery, Precedents, PrecedentView, Retired
from store import precedents

router = APIRouter(prefix="/precedents", tags=["tickets"])
Reading = Annotated[Actor, only("agent", "supervisor", "office", "auditor", "admin", "unit")]
Retiring = Annotated[Actor, can("precedent", "retire")]


@router.get("", summary="职责审定先例")
async def list_precedents(
    query: Annotated[PrecedentQuery, Query()], actor: Reading, found: PartsDep
) -> Precedents:
    """Newest first; people of a unit see their own unit's."""
    asked = actor.unit or "-" if actor.of_a_unit else query.unit
    async with found.database.reading() as session:
        page = await precedents.find(session, asked, query.limit, query.offset)
    return Precedents(total=page.total, items=[PrecedentView.model_validate(row) for row in page.items])


@router.post("/{precedent_id}/retire", summary="停用先例", status_code=204, responses=documented(404, 409))
async def retire(precedent_id: Id, given: Retired, actor: Retiring, found: PartsDep) -> Response:
    """It stays on record and binds nobody any more; a county's office retires its county's."""
    async with found.database.reading() as session:
        await queries.precedent(session, actor.scope, precedent_id)
    await found.house.retire_precedent(actor, precedent_id, given.why)
    return Response(status_code=204)
