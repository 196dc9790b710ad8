"""People who log in. Passwords arrive hashed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from store import hot
from store.tables import User


async def add(
    session: AsyncSession,
    login: str,
    name: str,
    role: str,
    password_hash: str,
    at: datetime,
    unit_code: str | None = None,
) -> User:
    """A new user. Raises Conflict where the login is taken or the unit unknown."""
    user = User(
        id=new_id("user"),
        login=login,
        name=name,
        role=role,
        password_hash=password_hash,
        unit_code=unit_code,
        created_at=at,
    )
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise Conflict(f"登录名 {login} 已被使用，或承办单位 {unit_code} 不存在") from error
    return user


async def by_id(session: AsyncSession, user_id: str) -> User | None:
    return await hot.row(session, User, id=user_id)


async def by_login(session: AsyncSession, login: str) -> User | None:
    return await hot.row(session, User, login=login)


async def all_users(session: AsyncSession) -> Sequence[User]:
    return (await session.scalars(select(User).order_by(User.login))).all()


async def set_password(session: AsyncSession, user_id: str, password_hash: str) -> None:
    """Raises NotFound."""
    await _change(session, user_id, {"password_hash": password_hash})


async def set_active(session: AsyncSession, user_id: str, active: bool) -> None:
    """Raises NotFound."""
    await _change(session, user_id, {"active": active})


async def _change(session: AsyncSession, user_id: str, changes: dict[str, object]) -> None:
    if not await hot.change(session, User, {"id": user_id}, changes):
        raise NotFound(f"no user {user_id}")
