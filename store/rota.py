"""Shifts of the duty rota: read by line and day, written one by one or a week at once, and who is on duty now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput, Conflict, NotFound
from core.events import RotaChanged
from core.ids import new_id
from routing.rota import LONGEST, NEAR, SHORTEST, LineDuty, OnDuty, standing
from routing.seats import SeatView, skills_of
from store import events, hot, lines, seats
from store.hot import table_of
from store.seat_line import views
from store.tables import DutyShift, EventRow, Seat, User
from tickets.clock import words

_LOCK = 12345_13
_D = table_of(DutyShift).c
_S = table_of(Seat).c
_MOMENT = _D.starts_at.type


@dataclass(frozen=True, slots=True)
class Given:
    """A shift as somebody asks for it; exactly one of seat_id and user_id."""

    line: str
    starts_at: datetime
    ends_at: datetime
    seat_id: str | None = None
    user_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift with the name of who is on duty."""

    id: str
    line: str
    seat_id: str | None
    user_id: str | None
    name: str
    starts_at: datetime
    ends_at: datetime
    note: str
    by: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did: how many shifts were added, were there already, were removed."""

    added: int = 0
    same: int = 0
    removed: int = 0


_NAMED = (
    select(DutyShift, Seat.name, User.name)
    .outerjoin(Seat, Seat.id == DutyShift.seat_id)
    .outerjoin(User, User.id == DutyShift.user_id)
    .order_by(DutyShift.line, DutyShift.starts_at, DutyShift.id)
    .execution_options(populate_existing=True)
)


async def find(session: AsyncSession, since: datetime, until: datetime, line: str = "") -> list[Shift]:
    """Shifts that touch [since, until), by line and time."""
    wanted = _NAMED.where(DutyShift.starts_at < until, DutyShift.ends_at > since)
    return await _shifts(session, wanted.where(DutyShift.line == line) if line else wanted)


async def mine(
    session: AsyncSession, user_id: str, seat_id: str | None, since: datetime, until: datetime
) -> list[Shift]:
    """Somebody's shifts that touch [since, until), by time: theirs, and those of the seat they sit at."""
    own = (
        or_(DutyShift.user_id == user_id, DutyShift.seat_id == seat_id)
        if seat_id
        else DutyShift.user_id == user_id
    )
    found = await _shifts(session, _NAMED.where(own, DutyShift.starts_at < until, DutyShift.ends_at > since))
    return sorted(found, key=lambda shift: (shift.starts_at, shift.line))


async def get(session: AsyncSession, shift_id: str) -> Shift:
    """Raises NotFound."""
    found = await _shifts(session, _NAMED.where(DutyShift.id == shift_id))
    if not found:
        raise NotFound(f"没有值班 {shift_id}")
    return found[0]


async def _shifts(session: AsyncSession, wanted: Select[DutyShift, str, str]) -> list[Shift]:
    return [
        Shift(
            row.id,
            row.line,
            row.seat_id,
            row.user_id,
            user or seat or row.seat_id or "",
            row.starts_at,
            row.ends_at,
            row.note,
            row.by,
            row.at,
            row.version,
        )
        for row, seat, user in await session.execute(wanted)
    ]


# --- changes ----------------------------------------------------------------------------------------------------------


async def add(session: AsyncSession, given: Given, by: str, at: datetime) -> Shift:
    """A new shift; the same one again is given back as it is.

    Raises UnknownLine, NotFound (seat, person), BadInput, Conflict where this person is on duty then already.
    """
    await _alone(session)
    return (await _put(session, given, by, at))[0]


async def change(
    session: AsyncSession, shift_id: str, version: int, given: Given, by: str, at: datetime
) -> Shift:
    """The shift decided on at `version`, as it shall be. Raises as add, NotFound, Conflict where it was changed meanwhile."""
    await _alone(session)
    before = await get(session, shift_id)
    if _asked(before) == given:
        return before
    await _checked(session, given, but=shift_id)
    changes = asdict(given) | {"by": by, "at": at}
    if not await hot.change(session, DutyShift, {"id": shift_id, "version": version}, changes):
        raise Conflict(f"值班已被他人修改，现为第 {before.version} 版")
    await _tell(session, shift_id, "changed", _asked(before), given, by, at)
    return await get(session, shift_id)


async def remove(session: AsyncSession, shift_id: str, by: str, at: datetime) -> Shift:
    """Off the rota; the events keep that it was there. Gives it as it was. Raises NotFound."""
    await _alone(session)
    before = await get(session, shift_id)
    await _drop(session, before, by, at)
    return before


async def take_in(
    session: AsyncSession, given: Sequence[Given], by: str, at: datetime, *, replace: bool = False
) -> TakenIn:
    """Many shifts at once, all or none; `replace`: what else begins in their time on their lines goes. Raises as add."""
    await _alone(session)
    removed = await _removed(session, given, by, at) if replace and given else 0
    fresh = [made for one in given if (made := await _put(session, one, by, at))[1]]
    return TakenIn(len(fresh), len(given) - len(fresh), removed)


async def _removed(session: AsyncSession, given: Sequence[Given], by: str, at: datetime) -> int:
    since, until = min(one.starts_at for one in given), max(one.ends_at for one in given)
    kept, on = set(given), {one.line for one in given}
    old = [s for s in await find(session, since, until) if s.line in on and s.starts_at >= since]
    gone = [shift for shift in old if _asked(shift) not in kept]
    for shift in gone:
        await _drop(session, shift, by, at)
    return len(gone)


async def _put(session: AsyncSession, given: Given, by: str, at: datetime) -> tuple[Shift, bool]:
    for same in await find(session, given.starts_at, given.ends_at, given.line):
        if _asked(same) == given:
            return same, False
    await _checked(session, given)
    made = new_id("shift")
    row = asdict(given) | {"id": made, "by": by, "at": at, "version": 1}
    await hot.add(session, DutyShift, [row])
    await _tell(session, made, "added", None, given, by, at)
    return await get(session, made), True


async def _drop(session: AsyncSession, shift: Shift, by: str, at: datetime) -> None:
    await session.execute(table_of(DutyShift).delete().where(_D.id == shift.id))
    await _tell(session, shift.id, "removed", _asked(shift), None, by, at)


async def _tell(
    session: AsyncSession,
    shift_id: str,
    deed: str,
    was: Given | None,
    now: Given | None,
    by: str,
    at: datetime,
) -> None:
    facts = [_plain(one) for one in (was, now)]
    await events.append(session, RotaChanged(at, shift_id, deed, *facts), by)


def _plain(given: Given | None) -> dict[str, Any] | None:
    if given is None:
        return None
    times = {"starts_at": given.starts_at.isoformat(), "ends_at": given.ends_at.isoformat()}
    return asdict(given) | times


def _asked(shift: Shift) -> Given:
    return Given(shift.line, shift.starts_at, shift.ends_at, shift.seat_id, shift.user_id, shift.note)


async def _alone(session: AsyncSession) -> None:
    """Nobody else writes the rota until this session ends: overlaps are looked for in the whole of it."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def _checked(session: AsyncSession, given: Given, but: str = "") -> None:
    if (given.seat_id is None) == (given.user_id is None):
        raise BadInput("值班的是一个座席或一个人，请填其中一项")
    if not SHORTEST <= given.ends_at - given.starts_at <= LONGEST:
        raise BadInput("一个班次从 5 分钟到 31 天，结束须晚于开始")
    line = lines.known(await lines.get(session, given.line))
    if not line.skill:
        raise BadInput(f"线路 {given.line} 没有自己的座席，不排值班")
    if given.seat_id is not None:
        await seats.get(session, given.seat_id)
    if given.user_id is not None and await session.get(User, given.user_id) is None:
        raise NotFound(f"没有用户 {given.user_id}")
    mine = DutyShift.seat_id == given.seat_id if given.seat_id else DutyShift.user_id == given.user_id
    same = _NAMED.where(mine, DutyShift.starts_at < given.ends_at, DutyShift.ends_at > given.starts_at)
    if taken := [shift for shift in await _shifts(session, same) if shift.id != but]:
        first = taken[0]
        raise Conflict(f"{first.name}在 {_span(first)} 已为 {first.line} 值班，不能重叠")


def _span(shift: Shift) -> str:
    return f"{words(shift.starts_at)} 至 {words(shift.ends_at)}"


# --- who is on duty now -----------------------------------------------------------------------------------------------

_FREE_NOW = (
    select(_D.line, _S.id, _S.state, _S.turn_at, _S.version, _S.skills, _S.kind, _S.region, _S.updated_at)
    .join(table_of(Seat), or_(_S.id == _D.seat_id, _S.user_id == _D.user_id))
    .where(
        _D.line.in_(bindparam("lines", expanding=True)),
        _D.starts_at <= bindparam("at", type_=_MOMENT),
        _D.ends_at > bindparam("at", type_=_MOMENT),
        _S.state == "ready",
        _S.forced == "",
    )
    .order_by(_S.turn_at, _S.id)
)


async def free_now(session: AsyncSession, numbers: Iterable[str], at: datetime) -> list[tuple[str, SeatView]]:
    """(line, free seat on duty for it) of these lines, in turn."""
    rows = (await session.execute(_FREE_NOW, {"lines": sorted(numbers), "at": at})).all()
    return list(zip([row.line for row in rows], views(rows), strict=True))


async def now(session: AsyncSession, at: datetime, skills: Mapping[str, str]) -> list[LineDuty]:
    """Every line with a rota: who is on duty and whether they are there. `skills`: line -> its people's skill."""
    near = select(DutyShift.line).where(DutyShift.starts_at < at + NEAR, DutyShift.ends_at > at - NEAR)
    concerned = set(await session.scalars(near.distinct()))
    seat = or_(Seat.id == DutyShift.seat_id, Seat.user_id == DutyShift.user_id)
    current = (
        select(DutyShift, Seat, User.name)
        .outerjoin(Seat, seat)
        .outerjoin(User, User.id == DutyShift.user_id)
        .where(DutyShift.starts_at <= at, DutyShift.ends_at > at)
        .order_by(DutyShift.line, DutyShift.starts_at, DutyShift.id)
        .execution_options(populate_existing=True)
    )
    people = [
        _on_duty(shift, sits, name, skills.get(shift.line, ""))
        for shift, sits, name in await session.execute(current)
    ]
    return standing(concerned, people)


def _on_duty(shift: DutyShift, seat: Seat | None, user_name: str | None, skill: str) -> OnDuty:
    name = user_name or (seat.name if seat else "") or shift.seat_id or ""
    there = seat is not None and seat.state != "logged_out"
    return OnDuty(
        shift.id, shift.line, name, seat.id if seat and there else "",
        seat.state if seat and there else "logged_out",
        bool(seat and skill in skills_of(seat.skills, seat.region)), shift.starts_at, shift.ends_at,
    )  # fmt: skip


async def skills(session: AsyncSession) -> dict[str, str]:
    """Line -> skill of its own people, of the lines that have some."""
    return {line.number: line.skill for line in await lines.register(session) if line.skill}


async def alarms(session: AsyncSession) -> dict[str, str]:
    """Line -> what its alarm says (absent, empty), of the alarms that stand."""
    newest = select(func.max(EventRow.seq)).where(EventRow.subject.like("rota.%")).group_by(EventRow.subject)
    found = await session.scalars(select(EventRow).where(EventRow.seq.in_(newest)))
    return {row.payload["line"]: row.payload["state"] for row in found if row.name == "rota.gap"}
