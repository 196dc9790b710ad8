"""What the routes work with, injected once by `create_api`, and how a route says who may use it."""

from dataclasses import dataclass, field
from typing import Annotated, Any, get_args

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from api.counted import Counted
from api.health import Health
from api.house import Actor, House, Role
from api.metrics import Metrics
from api.passwords import Passwords
from api.problems import NotAuthenticated
from api.settings import ApiSettings
from api.throttle import Throttle
from api.tokens import Tokens, still_good
from core.errors import NotAllowed
from core.ports import Hints
from store import users
from store.database import Database
from store.tables import User

ROLES: tuple[Role, ...] = get_args(Role)
ROLE_NAMES: dict[str, str] = {
    "admin": "管理员", "supervisor": "班长", "agent": "话务员", "unit": "承办单位", "office": "热线办", "auditor": "审计员",
}  # fmt: skip

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="access token from POST /token")
_header = APIKeyHeader(name="X-Auth-Token", auto_error=False, description="the same access token")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a route may reach."""

    database: Database
    hints: Hints
    house: House
    settings: ApiSettings
    metrics: Metrics
    health: Health
    tokens: Tokens
    passwords: Passwords
    login_throttle: Throttle
    address_throttle: Throttle
    screens: set[object] = field(default_factory=set)
    counted: Counted = field(default_factory=Counted)


def parts(connection: HTTPConnection) -> Parts:
    """The injected parts, for HTTP requests and WebSockets alike."""
    found: Parts = connection.app.state.parts
    return found


PartsDep = Annotated[Parts, Depends(parts)]


async def actor_of(found: Parts, token: str) -> Actor:
    """Who holds this access token, as the register knows them now. Raises NotAuthenticated."""
    claims = found.tokens.read(token, "access")
    async with found.database.reading() as session:
        user = await users.by_id(session, claims.sub)
    if user is None or not user.active or not still_good(claims, user.password_hash):
        raise NotAuthenticated("登录已失效，请重新登录")
    return as_actor(user)


def as_actor(user: User) -> Actor:
    """Raises NotAllowed for a role this program does not know."""
    for role in ROLES:
        if role == user.role:
            return Actor(user.id, user.login, user.name, role, user.unit_code)
    raise NotAllowed(f"未知的角色：{user.role}")


async def anybody(
    request: Request,
    found: PartsDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> Actor:
    """Somebody who is logged in, whatever their role."""
    token = bearer.credentials if bearer else header
    if not token:
        raise NotAuthenticated("请先登录")
    actor = await actor_of(found, token)
    request.scope["hotline.user"] = actor.id
    return actor


Anybody = Annotated[Actor, Depends(anybody)]


def only(*roles: Role) -> Any:
    """A dependency that lets these roles pass and states them for the OpenAPI text."""

    async def allowed(actor: Anybody) -> Actor:
        if actor.role not in roles:
            raise NotAllowed("需要的角色：" + "、".join(ROLE_NAMES[role] for role in roles))
        return actor

    allowed.roles = roles  # type: ignore[attr-defined]
    return Depends(allowed)
