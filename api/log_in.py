"""Log-in: a password gives a short access token and a refresh token that ends with the shift."""

import time
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from pydantic import Field

from api.parts import PartsDep
from api.peers import address
from api.problems import NotAuthenticated, documented
from api.shapes import Given
from api.tokens import TokenPair, still_good
from store import seats, users

ENDING = timedelta(minutes=2)
OVERTIME = timedelta(minutes=15)
"""For who talks as their shift ends; asked for anew as long as the talk goes on."""
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
    now = time.monotonic()
    found.address_throttle.attempt(address(request), now)
    found.login_throttle.attempt(given.login, now)
    async with found.database.reading() as session:
        user = await users.by_login(session, given.login)
    right = await found.passwords.matches(given.password, user.password_hash if user else None)
    if user is None or not right or not user.active:
        raise NotAuthenticated("用户名或密码不正确")
    found.address_throttle.succeeded(address(request))
    found.login_throttle.succeeded(given.login)
    return found.tokens.issue(user.id, user.password_hash, datetime.now(UTC))


@router.post("/token/refresh", summary="续期")
async def refresh(given: Refresh, found: PartsDep) -> TokenPair:
    """New tokens until the shift ends, or a little longer where a citizen is on the line then.

    A changed password or a closed account ends it at once.
    """
    claims, now = found.tokens.read(given.refresh_token, "refresh"), datetime.now(UTC)
    async with found.database.reading() as session:
        user = await users.by_id(session, claims.sub)
        late = claims.shift_ends - now < ENDING and await seats.in_a_talk(session, claims.sub)
    if user is None or not user.active or not still_good(claims, user.password_hash):
        raise NotAuthenticated("登录已失效，请重新登录")
    ends = now + OVERTIME if late else claims.shift_ends
    return found.tokens.issue(user.id, user.password_hash, now, ends)
