"""The person who is logged in: who they are, and their password."""

import time

from fastapi import APIRouter, Response
from pydantic import Field

from api.actor import Actor
from api.parts import Anybody, PartsDep
from api.problems import documented
from api.shapes import Given, Shape
from core.errors import BadInput
from core.rights import Role
from store import users

router = APIRouter(prefix="/users", tags=["users"])


class Me(Shape):
    """Who the token belongs to. `unit`: of people of a unit; `division`: of people who look after one place's units only."""

    id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    login: str = Field(examples=["agent1"])
    name: str = Field(examples=["李敏"])
    role: Role = Field(examples=["agent"])
    unit: str | None = Field(examples=["SW"])
    division: str | None = Field(examples=["431021"])


class PasswordChange(Given):
    """The present password proves who asks."""

    old: str = Field(min_length=1, max_length=128, examples=["correct horse battery"], repr=False)
    new: str = Field(min_length=8, max_length=128, examples=["a longer and better one"], repr=False)


@router.get("/me", summary="我是谁")
async def me(actor: Anybody) -> Me:
    """The user behind the token."""
    return Me.model_validate(actor)


@router.post("/me/password", summary="修改密码", status_code=204, responses=documented(429))
async def change_password(given: PasswordChange, actor: Anybody, found: PartsDep) -> Response:
    """Change one's own password; every token given before ends, so log in again."""
    await _prove(found, actor, given.old)
    if given.new == given.old:
        raise BadInput("新密码不能与原密码相同")
    fresh = await found.passwords.new_hash(given.new)
    async with found.database.session() as session:
        await users.set_password(session, actor.id, fresh)
    return Response(status_code=204)


async def _prove(found: PartsDep, actor: Actor, password: str) -> None:
    """Raises BadInput for a wrong password, TooManyTries for guessing with somebody's open screen."""
    found.login_throttle.attempt(actor.login, time.monotonic())
    async with found.database.reading() as session:
        user = await users.by_id(session, actor.id)
    if not await found.passwords.matches(password, user.password_hash if user else None):
        raise BadInput("原密码不正确")
    found.login_throttle.succeeded(actor.login)
