"""What changed of a unit's entry in the register: kept for good, each with an event that names nobody."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from core.unit_register import STAFF, Difference, Phone, UnitChanged, rung
from store import events, hot
from store.paging import Page, page
from store.tables import Unit, UnitChange


async def note(
    session: AsyncSession, unit: str, found: Sequence[Difference], by: str, at: datetime, why: str = ""
) -> list[UnitChanged]:
    """Keep these changes, in their order; gives the events that tell of them."""
    rows = [
        {
            "id": new_id("chg"), "unit_code": unit, "at": at, "by": by, "what": one.what, "action": one.action,
            "before": one.before, "after": one.after, "why": why,
        }
        for one in found
    ]  # fmt: skip
    await hot.add(session, UnitChange, rows)
    told = [UnitChanged(at, unit, one.what, one.action, one.what in STAFF) for one in found]
    await events.append_all(session, told, by)
    return told


async def note_phone(
    session: AsyncSession, unit: str, was: Phone | None, now: Phone | None, by: str, at: datetime
) -> None:
    """A number entered, changed or taken out; nothing where it is as it was."""
    if was == now:
        return
    action = "added" if was is None else "removed" if now is None else "changed"
    one = Difference("phone", action, was and rung(was), now and rung(now))  # type: ignore[arg-type]
    await note(session, unit, [one], by, at)


async def find(
    session: AsyncSession,
    *,
    unit: str = "",
    what: str = "",
    within: frozenset[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[UnitChange]:
    """Newest first. `within`: only units of these places."""
    wanted = select(UnitChange)
    if within is not None:
        wanted = wanted.join(Unit, Unit.code == UnitChange.unit_code).where(Unit.division.in_(within))
    wanted = wanted.where(UnitChange.unit_code == unit) if unit else wanted
    wanted = wanted.where(UnitChange.what == what) if what else wanted
    wanted = wanted.where(UnitChange.at >= since) if since else wanted
    wanted = wanted.where(UnitChange.at < until) if until else wanted
    return await page(session, wanted.order_by(UnitChange.at.desc(), UnitChange.id.desc()), limit, offset)
