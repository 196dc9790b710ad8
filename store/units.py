"""Responsible units: where they belong, who stands above them, their people and numbers, and what their entries lack."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.divisions import Tree
from core.errors import BadInput, Conflict, UnknownUnit
from core.ids import new_id
from core.reachability import Kind
from core.unit_register import Lack, Person, UnitChanged, UnitEntry, check, differences, lacks
from store import hot, probes, unit_changes, users
from store.tables import Unit, UnitPerson, UnitPhone, User

DEPTH = 12
"""No unit stands further below the top; a way up that is longer is a circle."""


# --- where units belong -----------------------------------------------------------------------------------------------


async def place(session: AsyncSession, tree: Tree) -> None:
    """Units that name no place get the one the city's file says, else the city itself; what people chose stays."""
    if not tree.home:
        return
    nowhere = select(Unit.code).where(Unit.division.is_(None))
    for code in (await session.scalars(nowhere)).all():
        where = tree.units.get(code, tree.home)
        await session.execute(update(Unit).where(Unit.code == code).values(division=where))


async def get(session: AsyncSession, code: str) -> Unit:
    """Raises UnknownUnit."""
    found = await hot.row(session, Unit, code=code)
    if found is None:
        raise UnknownUnit(f"没有代码为 {code} 的承办单位")
    return found


async def above(session: AsyncSession, code: str) -> list[Unit]:
    """The units above this one, nearest first. Raises UnknownUnit, Conflict where they go in a circle."""
    found: list[Unit] = []
    at = (await get(session, code)).parent_code
    while at is not None:
        if at == code or len(found) >= DEPTH:
            raise Conflict(f"单位 {code} 的上级单位绕回自身或过深")
        found.append(await get(session, at))
        at = found[-1].parent_code
    return found


def of_places(wanted: Select[Any], within: Collection[str] | None) -> Select[Any]:
    """Only units of these places; None: of all."""
    return wanted if within is None else wanted.where(Unit.division.in_(within))


async def within(session: AsyncSession, code: str | None, places: Collection[str] | None) -> bool:
    """Whether a unit is of one of these places; None: of any. What no unit owns is of no place."""
    if places is None:
        return True
    return await session.scalar(select(Unit.division).where(Unit.code == (code or "-"))) in places


def codes_within(within: Collection[str]) -> Select[Any]:
    """The codes of the units of these places, for `column.in_(…)`."""
    return select(Unit.code).where(Unit.division.in_(within))


# --- a unit's entry ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A unit's row, its people and its numbers as they stand."""

    unit: Unit
    entry: UnitEntry
    people: Sequence[UnitPerson]
    phones: Sequence[UnitPhone]


async def kept(session: AsyncSession, code: str) -> Kept:
    """Raises UnknownUnit."""
    unit = await get(session, code)
    rows = await people(session, code)
    numbers = await probes.phones(session, code)
    logins = await _logins(session, [row.user_id for row in rows if row.user_id])
    entry = UnitEntry(
        code, unit.section, unit.division, unit.parent_code,
        tuple(as_person(row, logins.get(row.user_id or "", "")) for row in rows),
        tuple(probes.as_entry(row) for row in numbers),
    )  # fmt: skip
    return Kept(unit, entry, rows, numbers)


async def people(session: AsyncSession, code: str, duty: str = "") -> Sequence[UnitPerson]:
    """Who serves now, by duty and since when."""
    wanted = select(UnitPerson).where(UnitPerson.unit_code == code, UnitPerson.until.is_(None))
    wanted = wanted.where(UnitPerson.duty == duty) if duty else wanted
    return (await session.scalars(wanted.order_by(UnitPerson.duty, UnitPerson.since, UnitPerson.id))).all()


def as_person(row: UnitPerson, login: str = "") -> Person:
    """A row as core.unit_register knows it."""
    return Person(row.duty, row.name, row.post or "", login)  # type: ignore[arg-type]


async def serves(session: AsyncSession, code: str, duty: str, name: str) -> bool:
    """Whether somebody of that name has that duty there now."""
    wanted = select(UnitPerson.id).where(
        UnitPerson.unit_code == code, UnitPerson.duty == duty, UnitPerson.name_hash == name
    )
    return (await session.scalars(wanted.where(UnitPerson.until.is_(None)).limit(1))).first() is not None


async def numbers(session: AsyncSession, code: str, kind: Kind) -> Sequence[UnitPhone]:
    """A unit's numbers of one kind."""
    return [one for one in await probes.phones(session, code) if one.kind == kind]


async def _logins(session: AsyncSession, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = (await session.execute(select(User.id, User.login).where(User.id.in_(ids)))).all()
    return {user_id: login for user_id, login in rows}


# --- changing it ------------------------------------------------------------------------------------------------------


async def held(session: AsyncSession, code: str, version: int | None) -> Unit:
    """The unit's row, kept from others until the transaction ends. Raises UnknownUnit, Conflict (somebody was faster)."""
    row = await hot.locked(session, Unit, code=code)
    if row is None:
        raise UnknownUnit(f"没有代码为 {code} 的承办单位")
    if version is not None and row.version != version:
        raise Conflict(f"单位 {code} 已是第 {row.version} 版，您看到的是第 {version} 版")
    return row


async def put(
    session: AsyncSession,
    given: UnitEntry,
    version: int | None,
    by: str,
    at: datetime,
    tree: Tree,
    why: str = "",
) -> list[UnitChanged]:
    """Make a unit's entry what is given, keeping what changed; the same again changes nothing. `version` None: whatever it is.

    Raises UnknownUnit, UnknownDivision, BadInput, Conflict (somebody was faster).
    """
    check(given)
    if given.division is not None:
        tree.get(given.division)
    row = await held(session, given.code, version)
    was = await kept(session, given.code)
    found = differences(was.entry, given)
    if not found:
        return []
    await _set_unit(session, row, given)
    if given.people != was.entry.people:
        await _set_people(session, was, given, at)
    if given.phones != was.entry.phones:
        await _set_phones(session, was, given, at)
    return await unit_changes.note(session, given.code, found, by, at, why)


async def _set_unit(session: AsyncSession, row: Unit, given: UnitEntry) -> None:
    if given.parent:
        await get(session, given.parent)
    row.section, row.division, row.parent_code = given.section, given.division, given.parent
    row.version += 1
    await session.flush()
    await above(session, given.code)


async def _set_people(session: AsyncSession, was: Kept, given: UnitEntry, at: datetime) -> None:
    wanted = {(one.duty, one.name): one for one in given.people}
    there = {(row.duty, row.name): row for row in was.people}
    for key, row in there.items():
        if key not in wanted:
            row.until = at
    for (duty, name), one in wanted.items():
        person = there.get((duty, name))
        if person is None:
            person = UnitPerson(
                id=new_id("pers"), unit_code=given.code, duty=duty, name=name, name_hash=name, since=at
            )
            session.add(person)
        person.post = one.post or None
        person.user_id = await _user_of(session, given.code, one.login)
    await session.flush()


async def _user_of(session: AsyncSession, unit: str, login: str) -> str | None:
    if not login:
        return None
    user = await users.by_login(session, login)
    if user is None or user.unit_code != unit:
        raise BadInput(f"登录名 {login} 不是单位 {unit} 的人员")
    return user.id


async def _set_phones(session: AsyncSession, was: Kept, given: UnitEntry, at: datetime) -> None:
    wanted = {(one.kind, one.number) for one in given.phones}
    for row in was.phones:
        if (row.kind, row.number) not in wanted:
            row.active = False
    for one in given.phones:
        await probes.keep_phone(session, given.code, one, at)


# --- what entries lack ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What a unit's entry lacks; nothing: it is complete (002 附一(一)(二), 001 4(一), 25)."""

    code: str
    name: str
    division: str | None
    lacks: tuple[Lack, ...]


async def standings(
    session: AsyncSession, within: Collection[str] | None = None, codes: Sequence[str] = ()
) -> list[Standing]:
    """Every active unit, or these, by code."""
    wanted = of_places(select(Unit).where(Unit.active.is_(True)), within)
    wanted = wanted.where(Unit.code.in_(codes)) if codes else wanted
    rows = (await session.scalars(wanted.order_by(Unit.code))).all()
    duties: dict[str, set[str]] = {}
    served = select(UnitPerson.unit_code, UnitPerson.duty).where(UnitPerson.until.is_(None)).distinct()
    for unit, duty in await session.execute(served):
        duties.setdefault(unit, set()).add(duty)
    kinds: dict[str, set[str]] = {}
    rung = select(UnitPhone.unit_code, UnitPhone.kind).where(UnitPhone.active.is_(True)).distinct()
    for unit, kind in await session.execute(rung):
        kinds.setdefault(unit, set()).add(kind)
    return [
        Standing(
            row.code, row.name, row.division,
            lacks(row.section, duties.get(row.code, ()), kinds.get(row.code, ())),
        )
        for row in rows
    ]  # fmt: skip


# --- from a file -----------------------------------------------------------------------------------------------------


async def filled(session: AsyncSession, entry: UnitEntry) -> UnitEntry:
    """The entry with the section, place and parent it does not name as they stand. Raises UnknownUnit."""
    unit = await get(session, entry.code)
    return replace(
        entry,
        section=entry.section or unit.section,
        division=entry.division or unit.division,
        parent=entry.parent or unit.parent_code,
    )


async def enter(session: AsyncSession, code: str, name: str) -> bool:
    """A unit nobody knew yet, to be described later; False where it was there."""
    if await hot.row(session, Unit, code=code) is not None:
        return False
    known = {"source": "general", "clause": "单位登记", "does": name}
    session.add(Unit(code=code, name=name, aliases=[], details=known))
    await session.flush()
    return True
