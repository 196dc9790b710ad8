"""Log-in without a password where the whole instance is a demonstration on this very machine, and nowhere else.

Three locks: the instance hands in its first accounts only where its operator's settings let it; who asks must sit at this machine,
with no proxy in between; and an account counts only as long as its first password was not changed.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from pydantic import Field

from api.parts import PartsDep
from api.peers import at_this_machine
from api.problems import NotAuthenticated, documented
from api.settings import DemoAccount
from api.shapes import Given, Shape
from api.tokens import TokenPair
from core.errors import NotAllowed
from core.rights import Role
from store import users

router = APIRouter(prefix="/demo", tags=["log-in"])


class DemoView(Shape):
    """Somebody one may be for a while."""

    login: str = Field(examples=["agent8001"])
    name: str = Field(examples=["8001 号话务员"])
    role: Role = Field(examples=["agent"])
    seat: str = Field(examples=["8001"])


class DemoAccounts(Shape):
    """Empty wherever this instance is no demonstration for who asks."""

    items: list[DemoView]


class Chosen(Given):
    """Whom to be."""

    login: str = Field(min_length=1, max_length=64, examples=["agent8001"])


def _open_to(found: PartsDep, request: Request) -> Sequence[DemoAccount]:
    return found.settings.demo if at_this_machine(request) else ()


@router.get("/accounts", summary="演示账户")
async def accounts(request: Request, found: PartsDep) -> DemoAccounts:
    """Accounts that may be tried without a password, at a demonstration on this machine."""
    return DemoAccounts(items=[DemoView.model_validate(one) for one in _open_to(found, request)])


class CitizenCalls(Shape):
    """Who calls."""

    caller: str = Field(examples=["13800138000"])


@router.post("/call", summary="演示：市民来电", status_code=202, responses=documented(403, 409, 503))
async def citizen_call(request: Request, found: PartsDep) -> CitizenCalls:
    """A scripted citizen dials 12345, waits for a person and tells what the matter is; one at a time, on this machine only."""
    if not _open_to(found, request):
        raise NotAllowed("此处不是演示环境")
    return CitizenCalls(caller=await found.house.demo_call())


@router.post("/token", summary="以演示账户登录", responses=documented(401, 403, 429))
async def log_in(given: Chosen, request: Request, found: PartsDep) -> TokenPair:
    """Tokens of a demonstration's account; refused anywhere else, and for an account whose password was changed."""
    account = next((one for one in _open_to(found, request) if one.login == given.login), None)
    if account is None:
        raise NotAllowed("此处不提供演示账户")
    found.login_throttle.attempt(given.login, time.monotonic())
    async with found.database.reading() as session:
        user = await users.by_login(session, given.login)
    right = await found.passwords.matches(
        account.password.get_secret_value(), user.password_hash if user else None
    )
    if user is None or not right or not user.active:
        raise NotAuthenticated("该演示账户的密码已更改，请用密码登录")
    found.login_throttle.succeeded(given.login)
    return found.tokens.issue(user.id, user.password_hash, datetime.now(UTC))
