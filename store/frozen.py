"""Frozen sheets with their rules and facts, and appeals against them. A frozen sheet never changes; the next version stands beside it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from core.assessment import AppealState, AppealStepped, SheetFrozen
from core.errors import Conflict, NotFound
from core.ids import new_id
from store import events, hot
from store.paging import Page, page
from store.tables import Appeal, AssessRules, FrozenSheet


async def keep(
    session: AsyncSession, sheet: Mapping[str, Any], facts: Sequence[Mapping[str, Any]], rules: Mapping[str, Any],
    changes: Sequence[Mapping[str, Any]], version: int, by: str, at: datetime, why: str,
) -> FrozenSheet:  # fmt: skip
    """Freeze a sheet (as JSON) as this version. Raises Conflict where somebody froze the same version meanwhile."""
    body = {"hash": sheet["policy_hash"], "name": sheet["profile"], "body": dict(rules), "since": at}
    await hot.add_unless_there(session, AssessRules, "hash", [body])
    key = {"profile": sheet["profile"], "period": sheet["period"]["name"], "unit_code": sheet["unit"]}
    row = {
        "id": new_id("asm"), "version": version, "as_of": datetime.fromisoformat(sheet["as_of"]), "formula": sheet["formula"],
        "policy_hash": sheet["policy_hash"], "facts_hash": sheet["facts_hash"], "points": sheet["points"],
        "sheet": dict(sheet), "facts": list(facts), "changes": list(changes), "frozen_by": by, "frozen_at": at, "why": why,
    }  # fmt: skip
    if not await hot.add_if_new(session, FrozenSheet, key | row):
        raise Conflict("这张考核表刚刚已由他人定稿")
    happened = SheetFrozen(
        at, row["id"], sheet["unit"], sheet["profile"], sheet["period"]["name"], version, sheet["points"],
        sheet["policy_hash"], sheet["facts_hash"],
    )  # fmt: skip
    await events.append(session, happened, by)
    return await get(session, str(row["id"]))


async def get(session: AsyncSession, sheet_id: str) -> FrozenSheet:
    """Raises NotFound."""
    found = await hot.row(session, FrozenSheet, id=sheet_id)
    if found is None:
        raise NotFound(f"没有定稿的考核表 {sheet_id}")
    return found


async def rules(session: AsyncSession, policy_hash: str) -> AssessRules:
    """The rules of this hash. Raises NotFound."""
    found = await hot.row(session, AssessRules, hash=policy_hash)
    if found is None:
        raise NotFound(f"没有留存规则 {policy_hash[:12]}")
    return found


async def latest(session: AsyncSession, profile: str, period: str, unit: str) -> FrozenSheet | None:
    """The version that stands."""
    wanted = select(FrozenSheet).where(
        FrozenSheet.profile == profile, FrozenSheet.period == period, FrozenSheet.unit_code == unit
    )
    return (await session.scalars(wanted.order_by(FrozenSheet.version.desc()).limit(1))).first()


async def standing(
    session: AsyncSession, profiles: Sequence[str], periods: Collection[str]
) -> Sequence[FrozenSheet]:
    """Of each unit and period the version that stands, without its facts; of several profiles' that of the first named."""
    newest = (
        select(
            FrozenSheet.profile, FrozenSheet.unit_code, FrozenSheet.period, func.max(FrozenSheet.version).label("version")
        )
        .where(FrozenSheet.profile.in_(profiles), FrozenSheet.period.in_(periods))
        .group_by(FrozenSheet.profile, FrozenSheet.unit_code, FrozenSheet.period)
        .subquery()
    )  # fmt: skip
    wanted = (
        select(FrozenSheet)
        .join(
            newest,
            (FrozenSheet.profile == newest.c.profile)
            & (FrozenSheet.unit_code == newest.c.unit_code)
            & (FrozenSheet.period == newest.c.period)
            & (FrozenSheet.version == newest.c.version),
        )
        .options(defer(FrozenSheet.facts, raiseload=True))
    )
    rows = (await session.scalars(wanted.order_by(FrozenSheet.period, FrozenSheet.unit_code))).all()
    latest_last = sorted(rows, key=lambda row: -profiles.index(row.profile))
    return list({(row.period, row.unit_code): row for row in latest_last}.values())


async def periods(
    session: AsyncSession, profiles: Collection[str], units: Collection[str] | None = None
) -> set[str]:
    """Those of which any sheet is frozen under any of these names."""
    wanted = select(FrozenSheet.period).where(FrozenSheet.profile.in_(profiles)).distinct()
    wanted = wanted if units is None else wanted.where(FrozenSheet.unit_code.in_(units))
    return set(await session.scalars(wanted))


async def find(
    session: AsyncSession,
    *,
    profile: str = "",
    period: str = "",
    units: Collection[str] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[FrozenSheet]:
    """Every version, newest first, without its facts."""
    wanted = select(FrozenSheet).options(defer(FrozenSheet.facts, raiseload=True))
    wanted = wanted.where(FrozenSheet.profile == profile) if profile else wanted
    wanted = wanted.where(FrozenSheet.period == period) if period else wanted
    wanted = wanted if units is None else wanted.where(FrozenSheet.unit_code.in_(units))
    return await page(
        session, wanted.order_by(FrozenSheet.frozen_at.desc(), FrozenSheet.id.desc()), limit, offset
    )


# --- appeals ----------------------------------------------------------------------------------------------------------


async def appeal(
    session: AsyncSession, sheet: FrozenSheet, key: str, reason: str, evidence: Sequence[str], due_at: datetime,
    by: str, at: datetime,
) -> Appeal:  # fmt: skip
    """Object to one deduction, once. Raises Conflict where that was done before."""
    row = {
        "id": new_id("apl"), "sheet_id": sheet.id, "profile": sheet.profile, "period": sheet.period,
        "unit_code": sheet.unit_code, "key": key, "reason": reason, "evidence": list(evidence), "state": "open", "by": by,
        "at": at, "due_at": due_at, "version": 1, "decided_by": None, "decided_at": None, "why": None,
    }  # fmt: skip
    if not await hot.add_if_new(session, Appeal, row):
        raise Conflict("这项扣分已经申诉过，每项以一次为限")
    await events.append(
        session, AppealStepped(at, str(row["id"]), sheet.unit_code, sheet.period, key, "open"), by
    )
    return await the_appeal(session, str(row["id"]))


async def decide(
    session: AsyncSession, appeal_id: str, state: AppealState, why: str, by: str, at: datetime
) -> Appeal:
    """Grant or refuse. Raises NotFound, Conflict where it was decided before."""
    row = await the_appeal(session, appeal_id)
    changes = {"state": state, "why": why, "decided_by": by, "decided_at": at}
    if not await hot.change(session, Appeal, {"id": appeal_id, "state": "open"}, changes):
        raise Conflict("这项申诉已经决定")
    await events.append(session, AppealStepped(at, row.id, row.unit_code, row.period, row.key, state), by)
    return await the_appeal(session, appeal_id)


async def the_appeal(session: AsyncSession, appeal_id: str) -> Appeal:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Appeal, id=appeal_id)
    if found is None:
        raise NotFound(f"没有申诉 {appeal_id}")
    return found


async def appeals(
    session: AsyncSession,
    *,
    profile: str = "",
    period: str = "",
    units: Collection[str] | None = None,
    state: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Page[Appeal]:
    """Oldest first, as they are to be decided."""
    wanted = select(Appeal)
    wanted = wanted.where(Appeal.profile == profile) if profile else wanted
    wanted = wanted.where(Appeal.period == period) if period else wanted
    wanted = wanted if units is None else wanted.where(Appeal.unit_code.in_(units))
    wanted = wanted.where(Appeal.state == state) if state else wanted
    return await page(session, wanted.order_by(Appeal.at, Appeal.id), limit, offset)


async def granted(
    session: AsyncSession, profiles: Collection[str], periods: Collection[str]
) -> Sequence[Appeal]:
    """Every appeal of these periods, under any of these names, that was allowed."""
    wanted = select(Appeal).where(
        Appeal.profile.in_(profiles), Appeal.period.in_(periods), Appeal.state == "granted"
    )
    return (await session.scalars(wanted.order_by(Appeal.at, Appeal.id))).all()
