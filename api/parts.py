"""What the routes work with, injected once by `create_api`, and how a route says who may use it."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, NoReturn, Protocol

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from api.actor import Actor
from api.audience import Audience
from api.counted import Counted
from api.health import Health
from api.house import House
from api.kept import Kept
from api.metrics import Metrics
from api.pages import Pages
from api.passwords import Passwords
from api.problems import NotAuthenticated
from api.settings import ApiSettings
from api.throttle import Throttle
from api.tokens import Tokens, still_good
from core.divisions import Tree
from core.errors import NotAllowed, PartMissing
from core.ports import Hints
from core.rights import ROLE_NAMES, ROLES, TABLE, Role, passes, scope
from store import users
from store.audit import Head, Proof, Prove
from store.between_keys import spoken_with
from store.database import Database
from store.tables import User

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="access token from POST /token")
_header = APIKeyHeader(name="X-Auth-Token", auto_error=False, description="the same access token")


class Displaced(Protocol):
    """A page's phone, that another window of the same seat may take over."""

    def displace(self) -> None: ...


async def no_key(_after: Head | None) -> Proof:
    raise PartMissing("本进程没有审计密钥")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a route may reach."""

    database: Database
    hints: Hints
    audience: Audience
    house: House
    settings: ApiSettings
    metrics: Metrics
    health: Health
    tokens: Tokens
    passwords: Passwords
    login_throttle: Throttle
    address_throttle: Throttle
    public_throttle: Throttle = field(default_factory=lambda: Throttle(30, 600.0))  # by ticket
    crowd_throttle: Throttle = field(
        default_factory=lambda: Throttle(600, 600.0)
    )  # by address: perhaps a whole page's
    text_throttle: Throttle = field(
        default_factory=lambda: Throttle(30, 600.0)
    )  # codes asked for from an address
    texts_throttle: Throttle = field(
        default_factory=lambda: Throttle(600, 3600.0)
    )  # and from everywhere: a text costs money
    screens: set[object] = field(default_factory=set)
    lines: dict[str, Displaced] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)
    divisions: Tree = field(default_factory=Tree)
    pages: Pages = field(default_factory=Pages)
    prove: Prove = no_key
    wall: Kept = field(default_factory=lambda: Kept(2.0))
    wall_tickets: Kept = field(default_factory=lambda: Kept(30.0))


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
        actor = as_actor(user, found.divisions)
        return replace(actor, callers=await spoken_with(session, user.id)) if actor.at_a_seat else actor


def as_actor(user: User, divisions: Tree) -> Actor:
    """Raises NotAllowed for a role this program does not know."""
    for role in ROLES:
        if role == user.role:
            places = None if user.division is None else divisions.under(user.division)
            return Actor(user.id, user.login, user.name, role, user.unit_code, user.division, places)
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
        _require(actor, roles)
        return actor

    allowed.roles = roles  # type: ignore[attr-defined]
    return Depends(allowed)


def can(thing: str, deed: str) -> Any:
    """A dependency that lets those pass whom core.rights lets do `deed` on `thing`; the actor carries how far that reaches."""
    right = (thing, deed)
    roles = tuple(TABLE[right])

    async def allowed(actor: Anybody) -> Actor:
        if actor.role not in roles:
            _refuse(roles)
        reach = scope(right, actor.role, actor.id, actor.unit, actor.places, actor.callers)
        return replace(actor, scope=reach)

    allowed.right = right  # type: ignore[attr-defined]
    return Depends(allowed)


def _require(actor: Actor, roles: tuple[Role, ...]) -> None:
    if not passes(actor.role, roles):
        _refuse(roles)


def _refuse(roles: tuple[Role, ...]) -> NoReturn:
    raise NotAllowed("需要的角色：" + "、".join(ROLE_NAMES[role] for role in roles))
