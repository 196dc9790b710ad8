"""Seats: who sits where and in which state; log in, get ready, pause, log out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from api.actor import Actor
from api.house import SeatChanges
from api.parts import PartsDep, only
from api.problems import documented
from api.shapes import Given, Id, Shape
from core.errors import NotAllowed
from routing.seats import SKILL, SeatKind
from store import seats
from store.tables import Seat

router = APIRouter(prefix="/seats", tags=["seats"])
Watching = Annotated[Actor, only("agent", "supervisor", "office", "admin")]
Skill = Annotated[str, Field(pattern=rf"^{SKILL.pattern}$")]
Arranging = Annotated[Actor, only("supervisor", "admin")]
Sitting = Annotated[Actor, only("agent", "supervisor")]


class SeatView(Shape):
    """A seat. `user_id`: who sits there; `call_id`: the call it rings for or talks on; `misses`: rings in a row it let pass.

    `forced`: `pause` or `logout` as ordered by `forced_by` (a user, or `routing` after too many misses) for `forced_why`.
    """

    id: str = Field(examples=["8001"])
    name: str = Field(examples=["一号座席"])
    state: str = Field(examples=["ready"])
    pause_reason: str | None = Field(examples=["小休"])
    kind: str = Field(examples=["agent"])
    region: str = Field(examples=["beihu"])
    skills: list[str] = Field(examples=[["line.12333", "lang.yue"]])
    misses: int = Field(examples=[0])
    forced: str = Field(examples=["pause"])
    forced_by: str | None = Field(examples=["routing"])
    forced_why: str | None = Field(examples=["连续 3 次振铃未接"])
    user_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    idle_since: datetime | None = Field(examples=["2026-11-21T02:00:00Z"])
    updated_at: datetime = Field(examples=["2026-11-21T02:00:00Z"], description="in this state since")


class SeatGiven(Given):
    """What a seat is called and can do; what is left out stays. `region`: the county a remote seat sits in."""

    name: str | None = Field(None, min_length=1, max_length=60, examples=["一号座席"])
    kind: SeatKind | None = Field(None, examples=["expert"])
    region: str | None = Field(None, pattern=r"^([a-z][a-z0-9_-]{0,40})?$", examples=["beihu"])
    skills: Annotated[list[Skill], Field(max_length=60)] | None = Field(None, examples=[["line.12333"]])


class PauseReasons(Shape):
    """Reasons of the city's list; after `其他：` anything may be said."""

    items: list[str] = Field(examples=[["小休", "用餐"]])


class Seats(Shape):
    """All seats, by id."""

    items: list[SeatView]


class MySeat(Shape):
    """Where one sits; null: nowhere. `wrap_up_s`: so long after a talk the seat is ready by itself."""

    seat: SeatView | None
    wrap_up_s: float = Field(examples=[120.0])


class Pause(Given):
    """Why nobody should ring here."""

    reason: str = Field(min_length=1, max_length=60, examples=["小休"])


@router.get("", summary="座席一览")
async def list_seats(actor: Watching, found: PartsDep) -> Seats:
    """Every seat and its state."""
    async with found.database.reading() as session:
        rows = await seats.all_seats(session)
    return Seats(items=[SeatView.model_validate(row) for row in rows])


@router.get("/pause-reasons", summary="示忙原因")
async def pause_reasons(actor: Watching, found: PartsDep) -> PauseReasons:
    """Why an agent may pause."""
    return PauseReasons(items=list(found.house.pause_reasons))


@router.get("/mine", summary="我的座席")
async def my_seat(actor: Annotated[Actor, only("agent", "supervisor")], found: PartsDep) -> MySeat:
    """The seat one sits at with its state and its call: what a page that was closed comes back to."""
    async with found.database.reading() as session:
        row = await seats.of_user(session, actor.id)
    seat = None if row is None else SeatView.model_validate(row)
    return MySeat(seat=seat, wrap_up_s=found.house.wrap_up_s)


@router.patch("/{seat_id}", summary="修改座席", responses=documented(404))
async def describe(seat_id: Id, given: SeatGiven, actor: Arranging, found: PartsDep) -> SeatView:
    """Kind, county and skills of a seat; the next call is chosen by them."""
    skills = None if given.skills is None else tuple(dict.fromkeys(given.skills))
    changes = SeatChanges(given.name, given.kind, given.region, skills)
    await found.house.seat_describe(actor, seat_id, changes)
    return SeatView.model_validate(await _seat(found, seat_id))


@router.post("/{seat_id}/login", summary="签入座席", responses=documented(404, 409))
async def login(seat_id: Id, actor: Sitting, found: PartsDep) -> SeatView:
    """Take a free seat."""
    await _seat(found, seat_id)
    await found.house.seat_login(actor, seat_id)
    return SeatView.model_validate(await _seat(found, seat_id))


@router.post("/{seat_id}/logout", summary="签出座席", responses=documented(404, 409))
async def logout(seat_id: Id, actor: Sitting, found: PartsDep) -> SeatView:
    """Leave the seat; a supervisor may free anybody's."""
    await _held(found, actor, seat_id)
    await found.house.seat_logout(actor, seat_id)
    return SeatView.model_validate(await _seat(found, seat_id))


@router.post("/{seat_id}/ready", summary="示闲", responses=documented(404, 409))
async def ready(seat_id: Id, actor: Sitting, found: PartsDep) -> SeatView:
    """Ready for the next citizen."""
    await _held(found, actor, seat_id)
    await found.house.seat_ready(actor, seat_id)
    return SeatView.model_validate(await _seat(found, seat_id))


@router.post("/{seat_id}/pause", summary="示忙", responses=documented(404, 409))
async def pause(seat_id: Id, given: Pause, actor: Sitting, found: PartsDep) -> SeatView:
    """No calls until ready again; the reason is kept."""
    await _held(found, actor, seat_id)
    await found.house.seat_pause(actor, seat_id, given.reason)
    return SeatView.model_validate(await _seat(found, seat_id))


@router.post("/{seat_id}/answer", summary="请话机接听", status_code=204, responses=documented(404, 409, 503))
async def answer(seat_id: Id, actor: Sitting, found: PartsDep) -> Response:
    """The seat's telephone rings and is asked to pick up. It does if it knows `Event: talk`; else it rings on."""
    await _held(found, actor, seat_id)
    await found.house.seat_answer(actor, seat_id)
    return Response(status_code=204)


async def _seat(found: PartsDep, seat_id: str) -> Seat:
    async with found.database.reading() as session:
        return await seats.get(session, seat_id)


async def _held(found: PartsDep, actor: Actor, seat_id: str) -> None:
    row = await _seat(found, seat_id)
    if actor.at_a_seat and row.user_id != actor.id:
        raise NotAllowed("这不是您签入的座席")
