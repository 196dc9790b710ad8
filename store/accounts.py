"""Accounts of people who log in: every change with the fact that tells who made it, in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core import rights
from core.errors import UnknownUnit
from core.secrecy import RightsChanged
from store import events, hot, users
from store.tables import Unit, User


async def add(
    session: AsyncSession,
    by: str,
    at: datetime,
    login: str,
    name: str,
    role: str,
    password_hash: str,
    unit: str | None = None,
    division: str | None = None,
) -> User:
    """Raises BadInput (role, unit and division don't go together), Conflict (login taken, unit unknown)."""
    rights.check_account(role, unit, division)
    user = await users.add(session, login, name, role, password_hash, at, unit, division)
    await _told(session, by, at, user.id, "added", {"role": role, "unit": unit, "division": division})
    return user


async def set_password(
    session: AsyncSession, by: str, at: datetime, user_id: str, password_hash: str
) -> None:
    """Every token given before ends. Raises NotFound."""
    await users.set_password(session, user_id, password_hash)
    await _told(session, by, at, user_id, "password", {})


async def set_active(session: AsyncSession, by: str, at: datetime, user: User, active: bool) -> None:
    """Log-in possible or not; what they did stays on record."""
    await users.set_active(session, user.id, active)
    await _told(session, by, at, user.id, "enabled" if active else "disabled", {"role": user.role})


async def describe(
    session: AsyncSession,
    by: str,
    at: datetime,
    user: User,
    name: str,
    role: str,
    unit: str | None,
    division: str | None,
) -> None:
    """What somebody is called and may do from now on; nothing is kept where nothing differs. Raises BadInput, UnknownUnit."""
    rights.check_account(role, unit, division)
    if unit is not None and await hot.row(session, Unit, code=unit) is None:
        raise UnknownUnit(f"没有代码为 {unit} 的承办单位")
    was = {"name": user.name, "role": user.role, "unit_code": user.unit_code, "division": user.division}
    now: dict[str, str | None] = {"name": name, "role": role, "unit_code": unit, "division": division}
    if was == now:
        return
    await users.describe(session, user.id, now)
    before = {f"{key}_before": value for key, value in was.items() if key != "name" and value != now[key]}
    await _told(
        session, by, at, user.id, "changed", {"role": role, "unit": unit, "division": division, **before}
    )


async def _told(
    session: AsyncSession, by: str, at: datetime, user_id: str, what: str, facts: Mapping[str, str | None]
) -> None:
    await events.append(session, RightsChanged(at, user_id, what, dict(facts)), by)
