"""Whether units can be reached: their numbers, test calls, force-majeure rulings, what it costs them in a month."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints, model_validator

from api import queries
from api.actor import Actor
from api.field_words import refused
from api.parts import PartsDep, can
from api.problems import documented
from api.rights import note_lookup
from api.shapes import Given, Id, Instant, Page, Shape
from core.errors import NotAllowed
from core.masking import mask_name, mask_number
from core.reachability import FairUse, Kind
from store import probes, scope
from store.tables import Probe, ProbeRuling, UnitPhone

router = APIRouter(tags=["units"])
Keeping = Annotated[Actor, can("unit_people", "keep")]
Reading = Annotated[Actor, can("unit_people", "read")]
Missing = documented(404)
Busy = documented(404, 409)
CHINA = timezone(timedelta(hours=8))
Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class PhoneGiven(Given):
    """A number of a unit: its fixed line, or the mobile of its leader-in-charge or handler."""

    kind: Kind = Field(examples=["fixed"])
    number: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")] = Field(examples=["07352871234"])
    holder: str = Field("", max_length=50, examples=["张三"])


class PhoneView(Shape):
    """A number of a unit, masked."""

    id: str = Field(examples=["phone_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    kind: str = Field(examples=["fixed"])
    number: str = Field(examples=["073****1234"])
    holder: str = Field(examples=["张*"])


class Phones(Shape):
    """Numbers in use."""

    items: list[PhoneView]


class ProbeView(Shape):
    """One test call. `outcome` null: waiting or under way."""

    id: str = Field(examples=["probe_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    phone_id: str = Field(examples=["phone_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["fixed"])
    at: datetime = Field(examples=["2026-11-23T01:30:00Z"])
    outcome: str | None = Field(examples=["no_answer"])
    cause: int | None = Field(examples=[19], description="ITU-T Q.850")
    seconds: float | None = Field(examples=[20.1])
    asked_by: str = Field(examples=["clock"])


class Probes(Page):
    """One page of test calls."""

    items: list[ProbeView]


class ProbeQuery(Given):
    """Which test calls."""

    unit: str = Field("", max_length=64, examples=["SW"])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class RulingGiven(Given):
    """不可抗力 for a period. `unit` empty: for all."""

    unit: str = Field("", max_length=64, examples=["SW"])
    starts_at: Instant = Field(examples=["2026-11-23T09:00:00+08:00"])
    ends_at: Instant = Field(examples=["2026-11-23T18:00:00+08:00"])
    reason: str = Field(min_length=2, max_length=500, examples=["暴雨致光缆中断"])

    @model_validator(mode="after")
    def _forward(self) -> "RulingGiven":
        if self.ends_at <= self.starts_at:
            raise refused("backward", start="starts_at", end="ends_at")
        return self


class RulingView(Shape):
    """A ruling: who, why, for when."""

    id: str = Field(examples=["rule_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str | None = Field(examples=["SW"])
    starts_at: datetime = Field(examples=["2026-11-23T01:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T10:00:00Z"])
    reason: str = Field(examples=["暴雨致光缆中断"])
    ruled_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    ruled_at: datetime = Field(examples=["2026-11-24T01:00:00Z"])


class Rulings(Shape):
    """Rulings that touch a month."""

    items: list[RulingView]


class OutageView(Shape):
    """Half an hour or longer without an answer; `excused`: by a ruling."""

    kind: str = Field(examples=["fixed"])
    phone_id: str = Field(examples=["phone_01KB3V5M2R8Q4T6W9Y0A"])
    began: datetime = Field(examples=["2026-11-23T01:30:00Z"])
    ended: datetime = Field(examples=["2026-11-23T02:00:00Z"])
    tries: int = Field(examples=[3])
    excused: bool = Field(examples=[False])


class ReachView(Shape):
    """A unit's month."""

    unit: str = Field(examples=["SW"])
    calls: int = Field(examples=[66])
    answered: int = Field(examples=[61])
    outages: list[OutageView]
    points_off: float = Field(examples=[0.5], description="002 附三(二)(三)")


class Reachability(Shape):
    """Every unit that was called in the month."""

    month: str = Field(examples=["2026-11"])
    items: list[ReachView]


class MonthQuery(Given):
    """Which month, in China's calendar; empty is this one."""

    month: Month | Literal[""] = Field("", examples=["2026-11"])
    unit: str = Field("", max_length=64, examples=["SW"])


@router.get("/units/{code}/phones", summary="单位联络号码", responses=Missing)
async def list_phones(code: Id, actor: Reading, found: PartsDep) -> Phones:
    """Numbers in use, masked."""
    async with found.database.reading() as session:
        await queries.unit(session, actor.scope, code)
        return Phones(items=[_phone(one) for one in await probes.phones(session, code)])


@router.post("/units/{code}/phones", status_code=201, summary="登记单位联络号码", responses=Missing)
async def add_phone(code: Id, given: PhoneGiven, actor: Keeping, found: PartsDep) -> PhoneView:
    """The same number again is the same entry, in use once more."""
    async with found.database.reading() as session:
        await queries.unit(session, actor.scope, code)
    await note_lookup(found, actor, "unit.phone", code, given.kind)
    async with found.database.session() as session:
        row = await probes.add_phone(
            session, code, given.kind, given.number, given.holder, datetime.now(UTC), actor.id
        )
    return _phone(row)


@router.delete("/unit-phones/{phone_id}", status_code=204, summary="停用单位联络号码", responses=Missing)
async def drop_phone(phone_id: Id, actor: Keeping, found: PartsDep) -> None:
    """It is no longer rung; what was measured stays."""
    async with found.database.reading() as session:
        await queries.phone(session, actor.scope, phone_id)
    await note_lookup(found, actor, "unit.phone.drop", phone_id, "")
    async with found.database.session() as session:
        await probes.drop_phone(session, phone_id, datetime.now(UTC), actor.id)


@router.post("/unit-phones/{phone_id}/probes", status_code=201, summary="测试一个号码", responses=Busy)
async def ask_probe(phone_id: Id, actor: Keeping, found: PartsDep) -> ProbeView:
    """Placed within seconds by the process that holds the switch; 409 where fair use forbids one more."""
    async with found.database.reading() as session:
        await queries.phone(session, actor.scope, phone_id)
    async with found.database.session() as session:
        probe = await probes.ask(session, phone_id, actor.id, datetime.now(UTC), FairUse())
    return ProbeView.model_validate(probe)


@router.get("/probes", summary="测试呼叫记录")
async def list_probes(query: Annotated[ProbeQuery, Query()], actor: Reading, found: PartsDep) -> Probes:
    """Newest first; people of a unit see their own unit's."""
    there = scope.units(actor.scope, Probe.unit_code)
    async with found.database.reading() as session:
        page = await probes.find(
            session,
            within=there,
            unit=query.unit,
            since=query.since,
            until=query.until,
            limit=query.limit,
            offset=query.offset,
        )
    return Probes.model_validate(page)


@router.post("/probe-rulings", status_code=201, summary="认定不可抗力", responses=Missing)
async def add_ruling(given: RulingGiven, actor: Keeping, found: PartsDep) -> RulingView:
    """Failures of mobiles in the period do not count (002 附三(三)); who ruled and why is kept. For all units: whoever works for the whole house."""
    async with found.database.reading() as session:
        if given.unit:
            await queries.unit(session, actor.scope, given.unit)
        elif not actor.scope.everything:
            raise NotAllowed("只能认定本辖区单位")
    async with found.database.session() as session:
        row = await probes.rule(
            session, given.unit, given.starts_at, given.ends_at, given.reason, actor.id, datetime.now(UTC)
        )
    return RulingView.model_validate(row)


@router.get("/probe-rulings", summary="不可抗力认定一览")
async def list_rulings(query: Annotated[MonthQuery, Query()], actor: Reading, found: PartsDep) -> Rulings:
    """Those that touch the month."""
    there = scope.units(actor.scope, ProbeRuling.unit_code)
    async with found.database.reading() as session:
        made = await probes.rulings(session, *bounds(query.month), query.unit, there)
    return Rulings.model_validate({"items": made})


@router.get("/reachability", summary="单位联络畅通月度汇总")
async def reachability(
    query: Annotated[MonthQuery, Query()], actor: Reading, found: PartsDep
) -> Reachability:
    """Outages of each unit and what they cost: half a point each. Fixed lines in office hours; of mobiles force majeure is excepted."""
    since, until = bounds(query.month)
    there = scope.units(actor.scope, Probe.unit_code)
    async with found.database.reading() as session:
        reached = await probes.summary(
            session, since, until, found.house.open_hours, query.unit, within=there
        )
    return Reachability(
        month=since.astimezone(CHINA).strftime("%Y-%m"), items=[_reach(one) for one in reached]
    )


def bounds(month: str, today: date | None = None) -> tuple[datetime, datetime]:
    """The first moment of a month and of the next one, in China."""
    day = today or datetime.now(CHINA).date()
    year, number = (int(part) for part in month.split("-")) if month else (day.year, day.month)
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=CHINA), datetime(*after, 1, tzinfo=CHINA)


def _phone(row: UnitPhone) -> PhoneView:
    return PhoneView(
        id=row.id,
        unit_code=row.unit_code,
        kind=row.kind,
        number=mask_number(row.number),
        holder=mask_name(row.holder),
    )


def _reach(one: probes.Reach) -> ReachView:
    out = [
        OutageView(
            kind=kind, phone_id=o.phone_id, began=o.began, ended=o.ended, tries=o.tries, excused=o.excused
        )
        for kind, o in one.outages
    ]
    return ReachView(
        unit=one.unit, calls=one.calls, answered=one.answered, outages=out, points_off=one.points_off
    )
