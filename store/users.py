"""People who log in. Passwords arrive hashed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import hot
from store.paging import Page, page
from store.tables import Unit, User


async def add(
    session: AsyncSession,
    login: str,
    name: str,
    role: str,
    password_hash: str,
    at: datetime,
    unit_code: str | None = None,
    division: str | None = None,
) -> User:
    """A new user. Raises Conflict where the login is taken or the unit unknown."""
    user = User(
        id=new_id("user"),
        login=login,
        name=name,
        role=role,
        password_hash=password_hash,
        unit_code=unit_code,
        division=division,
        created_at=at,
    )
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        if unit_code is not None and await hot.row(session, Unit, code=unit_code) is None:
            raise Conflict(f"承办单位 {unit_code} 不存在") from error
        raise Conflict(f"登录名 {login} 已被使用") from error
    return user


async def by_id(session: AsyncSession, user_id: str) -> User | None:
    return await hot.row(session, User, id=user_id)


async def by_login(session: AsyncSession, login: str) -> User | None:
    return await hot.row(session, User, login=login)


async def names(session: AsyncSession, ids: Collection[str], unit: str | None) -> dict[str, str]:
    """What these people are called, by id; of a unit's people only those of `unit`: who handles a matter is told to nobody else (001 26)."""
    if not ids:
        return {}
    seen = or_(User.unit_code.is_(None), User.unit_code == unit)
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(ids), seen))
    return {user_id: name for user_id, name in rows}


async def people(session: AsyncSession, ids: Collection[str]) -> dict[str, User]:
    """Those of these ids who log in here, by id."""
    if not ids:
        return {}
    return {user.id: user for user in await session.scalars(select(User).where(User.id.in_(ids)))}


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    role: str = "",
    unit: str = "",
    active: bool | None = None,
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Page[User]:
    """By login. `words`: part of a login or name."""
    question = select(User) if within is None else select(User).where(within)
    question = question.where(User.role == role) if role else question
    question = question.where(User.unit_code == unit) if unit else question
    question = question.where(User.active == active) if active is not None else question
    if words:
        part = [column.contains(words, autoescape=True) for column in (User.login, User.name)]
        question = question.where(or_(*part))
    return await page(session, question.order_by(User.login), limit, offset)


async def leads(session: AsyncSession, unit: str, but: Collection[str]) -> bool:
    """Whether somebody with a leader's account of this unit is there, none of those in `but` (ids)."""
    question = select(User.id).where(User.role == "leader", User.unit_code == unit, User.active)
    return any(one not in but for one in await session.scalars(question))


async def all_users(session: AsyncSession) -> Sequence[User]:
    return (await session.scalars(select(User).order_by(User.login))).all()


async def set_password(session: AsyncSession, user_id: str, password_hash: str) -> None:
    """Raises NotFound."""
    await _change(session, user_id, {"password_hash": password_hash})


async def set_active(session: AsyncSession, user_id: str, active: bool) -> None:
    """Raises NotFound."""
    await _change(session, user_id, {"active": active})


async def describe(session: AsyncSession, user_id: str, changes: Mapping[str, object]) -> None:
    """Name, role, unit_code, division. Raises NotFound."""
    await _change(session, user_id, dict(changes))


async def _change(session: AsyncSession, user_id: str, changes: dict[str, object]) -> None:
    if not await hot.change(session, User, {"id": user_id}, changes):
        raise NotFound(f"没有用户 {user_id}")
