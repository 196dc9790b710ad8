"""Log-in: a password gives a short access token and a refresh token that ends with the shift."""

import time
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from pydantic import Field

from api.parts import PartsDep
from api.problems import NotAuthenticated, documented
from api.shapes import Given
from api.tokens import TokenPair, still_good
from store import users

router = APIRouter(tags=["log-in"], responses=documented(401))


class Credentials(Given):
    """Whom to log in."""

    login: str = Field(min_length=1, max_length=64, examples=["agent1"])
    password: str = Field(min_length=1, max_length=128, examples=["correct horse battery"], repr=False)


class Refresh(Given):
    """A refresh token from the last log-in or refresh."""

    refresh_token: str = Field(
        min_length=16, max_length=2048, examples=["eyJhbGciOiJIUzI1NiJ9.eyJ9.c2ln"], repr=False
    )


@router.post("/token", summary="登录", responses=documented(429))
async def log_in(given: Credentials, request: Request, found: PartsDep) -> TokenPair:
    """Trade login and password for tokens; wrong tries are limited per login and per address."""
    address = request.client.host if request.client else ""
    now = time.monotonic()
    found.address_throttle.attempt(address, now)
    found.login_throttle.attempt(given.login, now)
    async with found.database.reading() as session:
        user = await users.by_login(session, given.login)
    right = await found.passwords.matches(given.password, user.password_hash if user else None)
    if user is None or not right or not user.active:
        raise NotAuthenticated("用户名或密码不正确")
    found.address_throttle.succeeded(address)
    found.login_throttle.succeeded(given.login)
    return found.tokens.issue(user.id, user.password_hash, datetime.now(UTC))


@router.post("/token/refresh", summary="续期")
async def refresh(given: Refresh, found: PartsDep) -> TokenPair:
    """New tokens until the shift ends; a changed password or a closed account ends it at once."""
    claims = found.tokens.read(given.refresh_token, "refresh")
    async with found.database.reading() as session:
        user = await users.by_id(session, claims.sub)
    if user is None or not user.active or not still_good(claims, user.password_hash):
        raise NotAuthenticated("登录已失效，请重新登录")
    return found.tokens.issue(user.id, user.password_hash, datetime.now(UTC), claims.shift_ends)
