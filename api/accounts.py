"""Everybody's accounts: made, changed, locked and opened again, with the same deeds as `./hotline users`."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.parts import Parts, PartsDep, can
from api.problems import documented
from api.shapes import Given, Id, Page, Shape
from core.errors import Conflict, NotFound
from core.masking import mask_name
from core.rights import AT_A_SEAT, OF_A_UNIT, Role
from store import accounts, scope, seats, users
from store.tables import User

router = APIRouter(prefix="/users", tags=["users"])
Reading = Annotated[Actor, can("user", "read")]
Keeping = Annotated[Actor, can("user", "keep")]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{1,39}$", examples=["lihua"])]
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["李华"])]
Division = Annotated[str, Field(pattern=r"^[0-9]{6,12}$")]
_SEATED: tuple[Role, ...] = (*AT_A_SEAT, "supervisor")


class AccountView(Shape):
    """Somebody who can log in, or could (`active` false). `unit_code`: of people of a unit; `division`: the place they look after.

    name: of people of a unit in full for who keeps accounts only.
    """

    id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    login: str = Field(examples=["lihua"])
    name: str = Field(examples=["李华"])
    role: Role = Field(examples=["agent"])
    unit_code: str | None = Field(examples=[None])
    division: str | None = Field(examples=[None])
    active: bool = Field(examples=[True])
    created_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])


class Accounts(Page):
    """One page of accounts, by login."""

    items: list[AccountView]


class AccountQuery(Given):
    """Which accounts. `search`: part of a login or name."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    search: str = Field("", max_length=60, examples=["李"])
    role: Role | None = Field(None, examples=["agent"])
    unit: str = Field("", max_length=64, examples=["SW"])
    active: bool | None = Field(None, examples=[True])


class AccountGiven(Given):
    """A new account; its first password is made here."""

    login: Login
    name: Name
    role: Role = Field(examples=["agent"])
    unit: Id | None = Field(None, examples=[None])
    division: Division | None = Field(None, examples=[None])


class AccountChange(Given):
    """All that somebody is from now on, and whether they may log in."""

    name: Name
    role: Role = Field(examples=["agent"])
    unit: Id | None = Field(None, examples=[None])
    division: Division | None = Field(None, examples=[None])
    active: bool = Field(True, examples=[True])


class FreshPassword(Shape):
    """Shown this once; its owner changes it after logging in."""

    account: AccountView
    password: str = Field(examples=["q3vXk2mTzR8LwYbN"], repr=False)


@router.get("", summary="登录人员")
async def list_accounts(query: Annotated[AccountQuery, Query()], actor: Reading, found: PartsDep) -> Accounts:
    """Everybody who can log in, and who no longer can."""
    async with found.database.reading() as session:
        page = await users.find(
            session, within=scope.users(actor.scope), role=query.role or "", unit=query.unit, active=query.active, words=query.search,
            limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return Accounts(total=page.total, items=[_view(actor, row) for row in page.items])


@router.post("", summary="新增登录人员", status_code=201, responses=documented(404, 409))
async def add_account(given: AccountGiven, actor: Keeping, found: PartsDep) -> FreshPassword:
    """With a password made here and shown once. 409 where the login is taken or the unit is not in the register."""
    if given.division is not None:
        found.divisions.get(given.division)
    password, kept = await _fresh(found)
    async with found.database.session() as session:
        user = await accounts.add(
            session, actor.id, datetime.now(UTC), given.login, given.name, given.role, kept, given.unit,
            given.division,
        )  # fmt: skip
    return FreshPassword(account=_view(actor, user), password=password)


@router.put("/{user_id}", summary="修改登录人员", responses=documented(404, 409))
async def change_account(user_id: Id, given: AccountChange, actor: Keeping, found: PartsDep) -> AccountView:
    """Name, role, unit, place, locked or not: at once, in every window. Who may no longer sit at a seat leaves it after their talk.

    409 for one's own role or lock: somebody must stay who keeps accounts.
    """
    if given.division is not None:
        found.divisions.get(given.division)
    at = datetime.now(UTC)
    async with found.database.session() as session:
        user = await _account(session, user_id)
        if user.id == actor.id and (given.role != user.role or not given.active):
            raise Conflict("不能更改自己的角色或停用自己，请由另一位管理员办理")
        await accounts.describe(
            session, actor.id, at, user, given.name, given.role, given.unit, given.division
        )
        if given.active != user.active:
            await accounts.set_active(session, actor.id, at, user, given.active)
    if not given.active or given.role not in _SEATED:
        await _unseat(found, actor, user_id)
    async with found.database.reading() as session:
        return _view(actor, await _account(session, user_id))


@router.post("/{user_id}/password", summary="重设密码", responses=documented(404))
async def reset_password(user_id: Id, actor: Keeping, found: PartsDep) -> FreshPassword:
    """A new one, made here and shown once; every window of theirs must log in again."""
    password, kept = await _fresh(found)
    async with found.database.session() as session:
        user = await _account(session, user_id)
        await accounts.set_password(session, actor.id, datetime.now(UTC), user_id, kept)
    return FreshPassword(account=_view(actor, user), password=password)


async def _fresh(found: Parts) -> tuple[str, str]:
    password = secrets.token_urlsafe(12)
    return password, await found.passwords.new_hash(password)


async def _account(session: AsyncSession, user_id: str) -> User:
    user = await users.by_id(session, user_id)
    if user is None:
        raise NotFound(f"没有用户 {user_id}")
    return user


async def _unseat(found: Parts, actor: Actor, user_id: str) -> None:
    async with found.database.reading() as session:
        seat = await seats.of_user(session, user_id)
    if seat is not None:
        await found.house.supervision.force(actor, seat.id, "force_logout", "账户已停用或角色已更改")


def _view(actor: Actor, user: User) -> AccountView:
    view = AccountView.model_validate(user)
    hidden = user.role in OF_A_UNIT and actor.role != "admin"
    return view.model_copy(update={"name": mask_name(user.name)}) if hidden else view
