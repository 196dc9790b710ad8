"""大屏: figures for everybody in the hall, with a right of its own per screen: long, read-only, counted numbers only, taken back at once."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import Field

from api.actor import Actor
from api.monitor import WINDOWS, HoursView, WindowView, view
from api.pages import INDEX
from api.parts import Parts, PartsDep, only
from api.peers import address
from api.problems import NotAuthenticated, documented
from api.rota import bounds
from api.shapes import Given, Id, Shape
from api.supervision import FloorFigures
from core.divisions import UnknownDivision
from core.service_level import hours, window
from store import calls, live_floor, seat_floor, service_level, wall

router = APIRouter(prefix="/wall", tags=["wall"])
Arranging = Annotated[Actor, only("supervisor", "admin")]
Token = Annotated[
    str,
    Header(
        alias="X-Wall-Token",
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="of one screen, shown once when it was made",
        examples=["3q2-7wAAbbCCddEEffGGhhIIjjKKllMMnnOOppQQrrS"],
    ),
]


class ScreenGiven(Given):
    """A screen to be."""

    name: str = Field(min_length=1, max_length=40, examples=["大厅东墙"])
    days: int = Field(180, ge=1, le=400, examples=[180])


class ScreenView(Shape):
    """A screen. `seen_at`: when it last asked, to the minute."""

    id: str = Field(examples=["wall_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["大厅东墙"])
    made_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    made_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    expires_at: datetime = Field(examples=["2027-05-20T02:00:00Z"])
    revoked_at: datetime | None = Field(examples=[None])
    seen_at: datetime | None = Field(examples=["2026-11-21T02:10:00Z"])


class ScreenMade(ScreenView):
    """With what lets it in: shown this once and kept nowhere."""

    token: str = Field(examples=["3q2-7wAAbbCCddEEffGGhhIIjjKKllMMnnOOppQQrrS"])


class Screens(Shape):
    """Newest first."""

    items: list[ScreenView]


class Named(Shape):
    """How many of something."""

    name: str = Field(examples=["桂阳县"])
    count: int = Field(examples=[42])


class WallLine(Shape):
    """A line with calls under way."""

    line: str = Field(examples=["12345"])
    waiting: int = Field(examples=[3])
    talking: int = Field(examples=[12])


class WallTickets(Shape):
    """`cards`: open tickets by the gravest card that fell, `none` without; `steps`: how far those of the week came."""

    filed: int = Field(examples=[640])
    resolved: int = Field(examples=[512])
    cards: dict[str, int] = Field(examples=[{"none": 900, "warning": 40, "yellow": 12, "red": 3}])
    steps: list[Named]
    places: list[Named]
    units: list[Named]


class WallView(Shape):
    """What a hall may see: counts and shares, nobody's number and nobody's name. `build`: changes with the pages that are served."""

    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    build: str = Field(examples=["8c2f0f7be1"])
    waiting: int = Field(examples=[3])
    longest_s: float | None = Field(examples=[41.5], description="of those who wait now")
    seats: dict[str, int] = Field(examples=[{"ready": 12, "talking": 30}])
    lines: list[WallLine]
    today: FloorFigures
    windows: list[WindowView]
    hours: HoursView
    tickets: WallTickets


@router.get("", summary="大屏数据", responses=documented(401, 429))
async def figures(request: Request, found: PartsDep, token: Token) -> WallView:
    """For a screen with a token of its own."""
    now = datetime.now(UTC)
    async with found.database.reading() as session:
        screen = await wall.of_token(session, token, now)
    if screen is None:
        found.address_throttle.attempt(f"wall/{address(request)}", time.monotonic())
        raise NotAuthenticated("这块大屏的授权已失效，请由班长重新生成")
    if screen.seen_at is None or now - screen.seen_at >= wall.SEEN_EVERY:
        async with found.database.session() as session:
            await wall.seen(session, screen.id, token, now)
    return WallView.model_validate(await found.wall.get(lambda: _picture(found)))


@router.get("/screens", summary="大屏一览")
async def list_screens(actor: Arranging, found: PartsDep) -> Screens:
    """Newest first, with those taken back."""
    async with found.database.reading() as session:
        return Screens.model_validate({"items": await wall.screens(session)})


@router.post("/screens", summary="授权一块大屏", status_code=201)
async def add_screen(given: ScreenGiven, actor: Arranging, found: PartsDep) -> ScreenMade:
    """Its token is shown once; who loses it makes another."""
    token, at = secrets.token_urlsafe(32), datetime.now(UTC)
    async with found.database.session() as session:
        row = await wall.add(session, given.name, token, actor.id, at, at + timedelta(days=given.days))
        made = ScreenView.model_validate(row)
    return ScreenMade(**made.model_dump(), token=token)


@router.post("/screens/{screen_id}/revoke", summary="收回大屏授权", responses=documented(404))
async def revoke(screen_id: Id, actor: Arranging, found: PartsDep) -> ScreenView:
    """It goes dark within seconds."""
    async with found.database.session() as session:
        return ScreenView.model_validate(await wall.revoke(session, screen_id, actor.id, datetime.now(UTC)))


async def _picture(found: Parts) -> WallView:
    now, tickets = datetime.now(UTC), await found.wall_tickets.get(lambda: _tickets(found))
    midnight, end = bounds("", 1)
    async with found.database.reading() as session:
        under_way = await calls.under_way(session)
        seats = await seat_floor.floor(session)
        today = await live_floor.figures(session, midnight, now)
        of_day = await service_level.minutes(session, midnight, end)
    minutes = await found.counted.minutes(found.database, now)
    waits = [call for call in under_way if call.direction == "in" and call.agent_answered_at is None]
    states: dict[str, int] = {}
    for seat in seats:
        states[seat.state] = states.get(seat.state, 0) + 1
    index = found.pages.files.get(INDEX)
    lines = sorted({call.line for call in under_way})
    return WallView(
        at=now,
        build=index.tag.strip('"') if index else "",
        waiting=len(waits),
        longest_s=max(((now - call.arrived_at).total_seconds() for call in waits), default=None),
        seats=states,
        lines=[
            WallLine(
                line=line,
                waiting=sum(call.line == line for call in waits),
                talking=sum(call.line == line and call.agent_answered_at is not None for call in under_way),
            )
            for line in lines
        ],
        today=FloorFigures.model_validate(today),
        windows=[view(name, window(minutes, now, length)) for name, length in WINDOWS.items()],
        hours=HoursView(since=midnight, items=[view("1h", level) for level in hours(of_day, midnight, 24)]),
        tickets=tickets,
    )


async def _tickets(found: Parts) -> WallTickets:
    now, (midnight, _) = datetime.now(UTC), bounds("", 1)
    async with found.database.reading() as session:
        counted = await wall.tickets(session, midnight, now)
    places: dict[str, int] = {}
    for code, count in counted.places:
        name = _county(found, code)
        places[name] = places.get(name, 0) + count
    hot = sorted(places.items(), key=lambda one: (-one[1], one[0]))[:8]
    return WallTickets(
        filed=counted.filed,
        resolved=counted.resolved,
        cards={colour or "none": count for colour, count in counted.cards.items()},
        steps=[Named(name=name, count=count) for name, count in counted.steps.items()],
        places=[Named(name=name, count=count) for name, count in hot],
        units=[Named(name=name, count=count) for name, count in counted.units],
    )


def _county(found: Parts, code: str) -> str:
    """The county a place lies in, the city itself for the city's own."""
    try:
        path = found.divisions.path(code)
    except UnknownDivision:
        return code
    return next((one.name for one in path if one.level == "county"), path[-1].name if path else code)
