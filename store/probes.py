"""Numbers of units, test calls to them and rulings on those. Two who ask at once never ring a telephone twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput, Conflict, NotFound
from core.events import ProbesRuled, UnitProbed
from core.ids import new_id
from core.reachability import (
    EXCEPTED,
    KINDS,
    MEASURED,
    FairUse,
    Outage,
    Result,
    Rule,
    Ruling,
    may_call,
    outages,
    points_off,
)
from core.unit_register import Phone
from store import events, hot, unit_changes
from store.paging import Page, page
from store.tables import Probe, ProbeRuling, Unit, UnitPhone
from tickets.open_hours import OpenHours

LOST_AFTER = timedelta(minutes=3)
"""A test call that has no result by then was cut short with the process that placed it."""
_DAY = timedelta(days=1)
_IN_USE = (
    select(UnitPhone)
    .where(UnitPhone.active.is_(True))
    .order_by(UnitPhone.unit_code, UnitPhone.kind, UnitPhone.id)
)
_OF_UNIT = hot.quick(_IN_USE.where(UnitPhone.unit_code == bindparam("unit")))


# --- numbers ----------------------------------------------------------------------------------------------------------


async def add_phone(
    session: AsyncSession, unit: str, kind: str, number: str, holder: str, at: datetime, by: str = "house"
) -> UnitPhone:
    """Enter a number, or take an old one up again; the change is kept, and the unit's entry is another version.

    Raises NotFound (no such unit), BadInput.
    """
    if kind not in KINDS:
        raise BadInput(f"没有“{kind}”这种号码；可用：{'、'.join(KINDS)}")
    row = await hot.locked(session, Unit, code=unit)
    if row is None:
        raise NotFound(f"没有代码为 {unit} 的承办单位")
    found, was = await keep_phone(session, unit, Phone(kind, number, holder), at)
    await _changed(session, row, was, as_entry(found), by, at)
    return found


async def keep_phone(
    session: AsyncSession, unit: str, phone: Phone, at: datetime
) -> tuple[UnitPhone, Phone | None]:
    """The number in use, and what it was before (None: not in use); whoever calls keeps the change."""
    same = select(UnitPhone).where(
        UnitPhone.unit_code == unit, UnitPhone.kind == phone.kind, UnitPhone.number_hash == phone.number
    )
    found = (await session.scalars(same)).first()
    was = as_entry(found) if found is not None and found.active else None
    if found is None:
        found = UnitPhone(
            id=new_id("phone"), unit_code=unit, kind=phone.kind, number=phone.number,
            number_hash=phone.number, added_at=at,
        )  # fmt: skip
        session.add(found)
    found.holder, found.active = phone.holder or None, True
    await session.flush()
    return found, was


async def drop_phone(session: AsyncSession, phone_id: str, at: datetime, by: str = "house") -> None:
    """No longer rung; its past test calls stay, the change is kept, and the unit's entry is another version. Raises NotFound."""
    row = await hot.locked(session, Unit, code=(await _phone(session, phone_id)).unit_code)
    found = await _phone(session, phone_id)  # as it is now that nobody else changes the unit's
    if row is not None and found.active:
        found.active = False
        await _changed(session, row, as_entry(found), None, by, at)


async def _changed(
    session: AsyncSession, unit: Unit, was: Phone | None, now: Phone | None, by: str, at: datetime
) -> None:
    """Who decides on the entry as it was before, their numbers among it, is told that it is another one now."""
    if was != now:
        unit.version += 1
        await session.flush()
    await unit_changes.note_phone(session, unit.code, was, now, by, at)


def as_entry(row: UnitPhone) -> Phone:
    """A number as core.unit_register knows it."""
    return Phone(row.kind, row.number, row.holder or "")  # type: ignore[arg-type]


async def phones(session: AsyncSession, unit: str = "") -> Sequence[UnitPhone]:
    """Numbers in use, by unit and kind."""
    if unit:
        return await hot.found(session, _OF_UNIT, {"unit": unit})
    return (await session.scalars(_IN_USE)).all()


async def _phone(session: AsyncSession, phone_id: str) -> UnitPhone:
    found = await hot.row(session, UnitPhone, id=phone_id)
    if found is None:
        raise NotFound(f"没有号码 {phone_id}")
    return found


# --- test calls -------------------------------------------------------------------------------------------------------


async def ask(session: AsyncSession, phone_id: str, by: str, at: datetime, limits: FairUse) -> Probe:
    """Want a test call now. Raises NotFound, Conflict where one waits already or the limits of fair use forbid it."""
    phone = await hot.locked(session, UnitPhone, id=phone_id)
    if phone is None or not phone.active:
        raise NotFound(f"没有号码 {phone_id}")
    await give_up_lost(session, at)
    recent = await _recent(session, phone_id, at)
    if any(one.outcome is None for one in recent):
        raise Conflict("这个号码正在测试")
    if not may_call([_result(one) for one in recent], at, limits):
        raise Conflict("这个号码今天已测试多次，请稍后再试")
    probe = Probe(
        id=new_id("probe"), phone_id=phone.id, unit_code=phone.unit_code, kind=phone.kind, at=at, asked_by=by
    )
    session.add(probe)
    await session.flush()
    return probe


async def unsettled(session: AsyncSession) -> bool:
    """Whether any test call waits or is under way."""
    return (
        await session.scalars(select(Probe.id).where(Probe.outcome.is_(None)).limit(1))
    ).first() is not None


async def claim(session: AsyncSession, at: datetime) -> tuple[Probe, UnitPhone] | None:
    """The test call that waits longest, to be placed by whoever gets it here; None where none waits."""
    waiting = (
        select(Probe.id)
        .where(Probe.outcome.is_(None), Probe.claimed_at.is_(None))
        .order_by(Probe.at)
        .limit(20)
    )
    for probe_id in (await session.scalars(waiting)).all():
        mine = update(Probe).where(Probe.id == probe_id, Probe.claimed_at.is_(None))
        taken = await session.execute(mine.values(claimed_at=at, at=at).returning(Probe.id))
        if taken.first() is not None:
            probe = await hot.row(session, Probe, id=probe_id)
            assert probe is not None
            return probe, await _phone(session, probe.phone_id)
    return None


async def settle(
    session: AsyncSession, probe_id: str, outcome: str, cause: int, seconds: float, at: datetime
) -> UnitProbed | None:
    """What came of it, with its event; None where that was settled before."""
    probe = await hot.row(session, Probe, id=probe_id)
    if probe is None or probe.outcome is not None:
        return None
    probe.outcome, probe.cause, probe.seconds = outcome, cause, round(seconds, 2)
    happened = UnitProbed(at, probe.unit_code, probe.phone_id, probe.kind, outcome)
    await events.append(session, happened, probe.asked_by)
    return happened


async def give_up_lost(session: AsyncSession, at: datetime) -> int:
    """Test calls whose placer is gone prove nothing; gives how many."""
    lost = update(Probe).where(Probe.outcome.is_(None), Probe.at < at - LOST_AFTER)
    gone = await session.execute(lost.values(outcome="not_placed").returning(Probe.id))
    return len(gone.all())


async def _recent(session: AsyncSession, phone_id: str, at: datetime) -> Sequence[Probe]:
    mine = select(Probe).where(Probe.phone_id == phone_id, Probe.at > at - _DAY).order_by(Probe.at)
    return (await session.scalars(mine)).all()


async def history(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    unit: str = "",
    within: ColumnElement[bool] | None = None,
) -> dict[str, list[Result]]:
    """Phone -> its test calls of a period, oldest first."""
    wanted = select(Probe).where(Probe.at >= since, Probe.at < until)
    wanted = wanted if within is None else wanted.where(within)
    wanted = wanted.where(Probe.unit_code == unit) if unit else wanted
    found: dict[str, list[Result]] = {}
    for probe in await session.scalars(wanted.order_by(Probe.at)):
        found.setdefault(probe.phone_id, []).append(_result(probe))
    return found


def _result(probe: Probe) -> Result:
    return Result(probe.phone_id, probe.at, probe.outcome or "")


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    unit: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[Probe]:
    """Newest first."""
    wanted = select(Probe) if within is None else select(Probe).where(within)
    wanted = wanted.where(Probe.unit_code == unit) if unit else wanted
    wanted = wanted.where(Probe.at >= since) if since else wanted
    wanted = wanted.where(Probe.at < until) if until else wanted
    return await page(session, wanted.order_by(Probe.at.desc(), Probe.id.desc()), limit, offset)


async def by_id(session: AsyncSession, probe_ids: Iterable[str]) -> Sequence[Probe]:
    """As they are now."""
    wanted = select(Probe).where(Probe.id.in_(list(probe_ids))).order_by(Probe.id)
    return (await session.scalars(wanted, execution_options={"populate_existing": True})).all()


# --- rulings ----------------------------------------------------------------------------------------------------------


async def rule(
    session: AsyncSession,
    unit: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: str,
    at: datetime,
) -> ProbeRuling:
    """不可抗力 for a unit ('' for all) from then to then. Raises BadInput, NotFound."""
    if ends_at <= starts_at:
        raise BadInput("结束时间须晚于开始时间")
    if unit and await session.get(Unit, unit) is None:
        raise NotFound(f"没有代码为 {unit} 的承办单位")
    made = ProbeRuling(
        id=new_id("rule"), unit_code=unit or None, starts_at=starts_at, ends_at=ends_at,
        reason=reason, ruled_by=by, ruled_at=at,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await events.append(session, ProbesRuled(at, made.id, unit, starts_at, ends_at, reason), by)
    return made


async def rulings(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    unit: str = "",
    within: ColumnElement[bool] | None = None,
) -> Sequence[ProbeRuling]:
    """Those that touch a period, for this unit or for all."""
    wanted = select(ProbeRuling).where(ProbeRuling.starts_at < until, ProbeRuling.ends_at >= since)
    wanted = wanted if within is None else wanted.where(ProbeRuling.unit_code.is_(None) | within)
    if unit:
        wanted = wanted.where(ProbeRuling.unit_code.is_(None) | (ProbeRuling.unit_code == unit))
    return (await session.scalars(wanted.order_by(ProbeRuling.starts_at, ProbeRuling.id))).all()


def as_rules(found: Iterable[ProbeRuling]) -> list[Ruling]:
    """For core.reachability."""
    return [Ruling(one.unit_code or "", one.starts_at, one.ends_at) for one in found]


# --- what it comes to -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """How a unit was reached in a period. `outages` by kind of number; `points_off` for the assessment (002 附三).

    Calls to a fixed line while the unit was closed are not among them.
    """

    unit: str
    calls: int
    answered: int
    outages: tuple[tuple[str, Outage], ...]
    points_off: float


async def summary(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    hours: OpenHours,
    unit: str = "",
    rule: Rule | None = None,
    within: ColumnElement[bool] | None = None,
) -> list[Reach]:
    """Every unit that was called in the period, by code; numbers given up since then count for when they were in use.

    hours: when fixed lines must be answered.
    """
    kinds = {one.id: (one.unit_code, one.kind) for one in await session.scalars(select(UnitPhone))}
    excused = as_rules(await rulings(session, since, until, unit))
    by_unit: dict[str, list[tuple[str, list[Result]]]] = {}
    for phone, results in (await history(session, since, until, unit, within)).items():
        code, kind = kinds[phone]
        if kind in MEASURED:
            by_unit.setdefault(code, []).extend((kind, part) for part in counting(kind, results, hours))
    return [_reach(code, found, rule or Rule(), excused) for code, found in sorted(by_unit.items())]


def counting(kind: str, results: Sequence[Result], hours: OpenHours) -> list[list[Result]]:
    """The results of one number (oldest first) that count, in runs that may be one outage.

    A fixed line's in office hours only (002 附三(二): 工作时间内), each morning and afternoon by itself; a mobile's always.
    """
    if kind != "fixed":
        return [list(results)]
    spells = groupby(results, key=lambda one: hours.spell(one.at))
    return [list(part) for spell, part in spells if spell is not None]


async def unit_names(session: AsyncSession) -> dict[str, str]:
    """Code -> name of every unit that has, or had, a number here."""
    asked = select(Unit.code, Unit.name).where(Unit.code.in_(select(UnitPhone.unit_code)))
    return {code: name for code, name in await session.execute(asked)}


def _reach(
    unit: str, found: Sequence[tuple[str, list[Result]]], rule: Rule, excused: Sequence[Ruling]
) -> Reach:
    out = [
        (kind, outage)
        for kind, results in found
        for outage in outages(results, rule, excused if kind in EXCEPTED else (), unit)
    ]
    outcomes = [one.outcome for _, results in found for one in results]
    return Reach(
        unit, len(outcomes), outcomes.count("answered"),
        tuple(sorted(out, key=lambda one: one[1].began)), points_off(outage for _, outage in out),
    )  # fmt: skip
