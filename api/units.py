"""The register of units: people, numbers, places, what changed and what is missing; and the tree of places itself."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import queries
from api.actor import Actor
from api.parts import Anybody, Parts, PartsDep, can, only
from api.problems import documented
from api.rights import note_lookup
from api.shapes import Id
from api.unit_shapes import (
    ChangeQuery,
    Changes,
    ChangeView,
    DivisionQuery,
    Divisions,
    EntryGiven,
    EntryView,
    PurposeQuery,
    StandingQuery,
    Standings,
    StandingView,
)
from store import unit_changes, units

router = APIRouter(tags=["units"])
Reading = Annotated[Actor, can("unit_people", "read")]
Ruling = Annotated[Actor, only("supervisor", "office", "admin", "auditor")]
Keeping = Annotated[Actor, can("unit_people", "describe")]
Missing = documented(404)


@router.get("/units/{code}/register", summary="单位登记：人员、电话、归属", responses=Missing)
async def entry(code: Id, actor: Reading, found: PartsDep) -> EntryView:
    """Names and numbers masked."""
    return await _entry(found, actor, code, full=False)


@router.get("/units/{code}/people", summary="单位登记（明文，须说明目的）", responses=Missing)
async def entry_in_full(
    code: Id, query: Annotated[PurposeQuery, Query()], actor: Keeping, found: PartsDep
) -> EntryView:
    """经办人员信息不得外泄（001 26）: whoever looks says why, and that is kept before anything is shown."""
    await allow(found, actor, code)
    await note_lookup(found, actor, "unit.people", code, query.purpose)
    return await _entry(found, actor, code, full=True)


@router.put("/units/{code}/register", summary="修改单位登记", responses=documented(404, 409))
async def put_entry(code: Id, given: EntryGiven, actor: Keeping, found: PartsDep) -> EntryView:
    """What is not sent stays as it is; each change is kept with who and why, and reported to the hotline office at once (002 7)."""
    await allow(found, actor, code)
    await note_lookup(found, actor, "unit.register", code, given.why)
    await found.house.units.put(actor, code, given.change(), given.version, given.why)
    return await _entry(found, actor, code, full=False)


@router.get("/unit-register/lacks", summary="单位登记缺项", responses=Missing)
async def lacking(query: Annotated[StandingQuery, Query()], actor: Ruling, found: PartsDep) -> Standings:
    """Which units lack a leader, section, handler, editor or number (002 附一; 001 4(一), 25)."""
    within = scope(found, actor, query.division)
    async with found.database.reading() as session:
        all_of_them = await units.standings(session, within)
    shown = [one for one in all_of_them if query.all or one.lacks]
    complete = sum(not one.lacks for one in all_of_them)
    return Standings(total=len(all_of_them), complete=complete, items=[StandingView.of(one) for one in shown])


@router.get("/unit-register/changes", summary="单位登记变更记录")
async def changes(query: Annotated[ChangeQuery, Query()], actor: Reading, found: PartsDep) -> Changes:
    """Newest first; people of a unit see their own unit's."""
    unit = actor.unit or "-" if actor.of_a_unit else query.unit
    full = bool(query.purpose) and (actor.of_a_unit or actor.role in ("office", "admin"))
    if full:
        await note_lookup(found, actor, "unit.changes", unit or "units", query.purpose)
    async with found.database.reading() as session:
        page = await unit_changes.find(
            session, unit=unit, what=query.what, within=scope(found, actor), since=query.since,
            until=query.until, limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return Changes(total=page.total, items=[ChangeView.of(row, full) for row in page.items])


@router.get("/divisions", summary="行政区划", responses=Missing)
async def divisions(query: Annotated[DivisionQuery, Query()], actor: Anybody, found: PartsDep) -> Divisions:
    """The city's places as its file has them. Raises UnknownDivision."""
    tree = found.divisions
    inside = tree.under(query.within) if query.within else None
    if query.within:
        tree.get(query.within)
    items = [
        one
        for one in tree
        if (inside is None or one.code in inside) and (not query.level or one.level == query.level)
    ]
    return Divisions.of(tree.home, items)


def scope(found: Parts, actor: Actor, asked: str = "") -> frozenset[str] | None:
    """The places whose units an actor may see: of their own division, of the one asked for, of both; None: all.

    Raises UnknownDivision.
    """
    own = found.divisions.under(actor.division) if actor.division is not None else None
    if not asked:
        return own
    found.divisions.get(asked)
    wanted = found.divisions.under(asked)
    return wanted if own is None else wanted & own


async def allow(found: Parts, actor: Actor, code: str) -> None:
    """Whether this unit's entry is the actor's to see and keep. Raises UnknownUnit, also where it is not."""
    async with found.database.reading() as session:
        await queries.unit(session, actor.scope, code)


async def _entry(found: Parts, actor: Actor, code: str, full: bool) -> EntryView:
    async with found.database.reading() as session:
        await queries.unit(session, actor.scope, code)
        kept = await units.kept(session, code)
        standings = await units.standings(session, codes=[code])
    known = kept.unit.division in found.divisions
    place = "".join(one.name for one in found.divisions.path(kept.unit.division or "")) if known else ""
    return EntryView.of(kept, standings[0].lacks if standings else (), place, full)
