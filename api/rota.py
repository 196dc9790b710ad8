"""值班表: who is on duty for which line and when, and who of them is there now."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.actor import Actor
from api.parts import PartsDep, only
from api.problems import documented
from api.rota_shapes import (
    DutyLine,
    DutyNow,
    DutySeat,
    DutyUser,
    LineDutyView,
    LineShifts,
    MyShifts,
    RotaChoices,
    RotaQuery,
    RotaView,
    ShiftGiven,
    ShiftView,
)
from api.shapes import YEARS, Id
from core.errors import BadInput
from core.rights import AT_A_SEAT
from routing.rota import gaps
from store import lines, rota, seats, users
from tickets.clock import CHINA

router = APIRouter(prefix="/rota", tags=["rota"])
Arranging = Annotated[Actor, only("supervisor", "admin")]
Sitting = Annotated[Actor, only("agent")]
AHEAD = timedelta(days=14)
Version = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"?[0-9]{1,9}"?$',
        description="version you decided on",
        examples=['"1"'],
    ),
]


def bounds(day: str, days: int) -> tuple[datetime, datetime]:
    """From 00:00 in China of a day (today where empty) for so many days. Raises BadInput."""
    try:
        first = date.fromisoformat(day) if day else datetime.now(CHINA).date()
    except ValueError:
        first = None
    if first is None or first.year not in YEARS:
        raise BadInput(f"没有 {day} 这一天")
    since = datetime(first.year, first.month, first.day, tzinfo=CHINA).astimezone(UTC)
    return since, since + timedelta(days=days)


@router.get("", summary="值班表")
async def list_shifts(query: Annotated[RotaQuery, Query()], actor: Arranging, found: PartsDep) -> RotaView:
    """Shifts by line and day, with the holes; the line that is asked for is shown even where it has none."""
    since, until = bounds(query.day, query.days)
    async with found.database.reading() as session:
        shifts = await rota.find(session, since, until, query.line)
    numbers = sorted({*(shift.line for shift in shifts), *filter(None, (query.line,))})
    by_line = {number: [shift for shift in shifts if shift.line == number] for number in numbers}
    lines = [
        LineShifts.of(number, mine, gaps([(s.starts_at, s.ends_at) for s in mine], since, until))
        for number, mine in by_line.items()
    ]
    return RotaView(since=since, until=until, lines=lines)


@router.get("/now", summary="当前值班")
async def now(actor: Arranging, found: PartsDep) -> DutyNow:
    """Who is on duty now, who of them is not logged in, and which lines nobody is on duty for."""
    at = datetime.now(UTC)
    async with found.database.reading() as session:
        duty = await rota.now(session, at, await rota.skills(session))
    return DutyNow(at=at, items=[LineDutyView.of(one) for one in duty])


@router.get("/choices", summary="可排班的线路与人员")
async def choices(actor: Arranging, found: PartsDep) -> RotaChoices:
    """Lines with people of their own, the seats, and who may sit at one."""
    async with found.database.reading() as session:
        skilled = await rota.skills(session)
        names = {line.number: line.name for line in await lines.register(session)}
        rows = await seats.all_seats(session)
        people = [one for one in await users.all_users(session) if one.active and one.role in AT_A_SEAT]
    return RotaChoices(
        lines=[DutyLine(number=number, name=names[number]) for number in sorted(skilled)],
        seats=[DutySeat.model_validate(row) for row in rows],
        people=[DutyUser.model_validate(row) for row in people],
    )


@router.get("/mine", summary="我的班次")
async def mine(actor: Sitting, found: PartsDep) -> MyShifts:
    """One's own shifts of two weeks, and those of the seat one sits at; the one that is now comes first."""
    at = datetime.now(UTC)
    async with found.database.reading() as session:
        seat = await seats.of_user(session, actor.id)
        shifts = await rota.mine(session, actor.id, seat.id if seat else None, at, at + AHEAD)
    return MyShifts(items=[ShiftView.model_validate(one) for one in shifts])


@router.post("", summary="排班", status_code=201, responses=documented(404, 409))
async def add(given: ShiftGiven, actor: Arranging, found: PartsDep) -> ShiftView:
    """One more shift; the same one again is the same. 409 where this person is on duty then already, whatever the line."""
    async with found.database.session() as session:
        made = await rota.add(session, given.asked(), actor.id, datetime.now(UTC))
    await _tell(found, made.line)
    return ShiftView.model_validate(made)


@router.put("/{shift_id}", summary="修改班次", responses=documented(404, 409))
async def change(
    shift_id: Id, given: ShiftGiven, actor: Arranging, found: PartsDep, version: Version
) -> ShiftView:
    """The shift as it shall be, decided on the version in `If-Match`; what is so already changes nothing."""
    decided = int(version.strip('"'))
    async with found.database.session() as session:
        made = await rota.change(session, shift_id, decided, given.asked(), actor.id, datetime.now(UTC))
    await _tell(found, made.line)
    return ShiftView.model_validate(made)


@router.delete("/{shift_id}", summary="取消班次", status_code=204, responses=documented(404))
async def remove(shift_id: Id, actor: Arranging, found: PartsDep) -> Response:
    """Off the rota; the record of events keeps that it was there and who took it off."""
    async with found.database.session() as session:
        gone = await rota.remove(session, shift_id, actor.id, datetime.now(UTC))
    await _tell(found, gone.line)
    return Response(status_code=204)


async def _tell(found: PartsDep, line: str) -> None:
    """Screens that show the floor look again."""
    await found.hints.publish("floor", {"event": "rota.changed", "line": line})
