"""Live warnings as a list: what was out of the ordinary, sensitive or urgent, for those who must look."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.actor import Actor
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Given, Instant, Page, Shape
from api.unit_shapes import Place
from api.units import scope as places
from store import scope, warnings
from store.tables import EventRow
from store.warnings import Warning
from tickets.anomalies import KIND_NAMES, Kind

router = APIRouter(tags=["tickets"])
Reading = Annotated[Actor, can("warning", "read")]


class AnomalyQuery(Given):
    """Which warnings. `kind`: of anomalies; `division`: of one place's units."""

    name: Warning | Literal[""] = Field("", examples=["ticket.anomaly"])
    kind: Kind | Literal[""] = Field("", examples=["late_reply"])
    unit: str = Field("", max_length=64, examples=["SW"])
    division: Place | Literal[""] = Field("", examples=["431021"])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class AnomalyView(Shape):
    """One warning. `kind` and its name for anomalies; `facts`: what else is known, numbers masked."""

    id: str = Field(examples=["ev_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["ticket.anomaly"])
    kind: str = Field(examples=["late_reply"])
    kind_name: str = Field(examples=["逾期回复"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    unit: str | None = Field(examples=["SW"])
    at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    facts: dict[str, Any] = Field(examples=[{"overdue": 6}])

    @classmethod
    def of(cls, row: EventRow) -> "AnomalyView":
        told = dict(row.payload)
        kind = str(told.pop("kind", ""))
        known = {name: told.pop(name, None) for name in ("ticket_id", "unit", "at")}
        facts = {**told.pop("facts", {}), **told}
        return cls(
            id=row.id, name=row.name, kind=kind, kind_name=KIND_NAMES.get(kind, ""),  # type: ignore[call-overload]
            ticket_id=known["ticket_id"] or None, unit=known["unit"], at=row.at, facts=masked(facts),
        )  # fmt: skip


class Anomalies(Page):
    """One page of warnings, newest first."""

    items: list[AnomalyView]


@router.get("/anomalies", summary="异常、敏感、突发预警", responses=documented(404))
async def list_anomalies(
    query: Annotated[AnomalyQuery, Query()], actor: Reading, found: PartsDep
) -> Anomalies:
    """对各环节异常情况进行实时智能预警 (001 16); people of a unit see their own unit's, a county's office its county's."""
    within = places(found, actor, query.division) if query.division else None
    async with found.database.reading() as session:
        page = await warnings.find(
            session, scope.units(actor.scope, warnings.UNIT), name=query.name, kind=query.kind, unit=query.unit,
            within=within, since=query.since,
            until=query.until, limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return Anomalies(total=page.total, items=[AnomalyView.of(row) for row in page.items])
