"""Seats as rows of a register: one by its number, all, a new one, what it can do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput, NotFound
from routing.seats import SKILL, SeatKind, skills_of
from store import hot
from store.tables import Seat, SeatSkill


async def get(session: AsyncSession, seat_id: str) -> Seat:
    """As it is now, whatever this session read before. Raises NotFound."""
    found = await hot.row(session, Seat, id=seat_id)
    if found is None:
        raise NotFound(f"没有座席 {seat_id}")
    return found


async def of_user(session: AsyncSession, user_id: str) -> Seat | None:
    return await hot.row(session, Seat, user_id=user_id)


async def in_a_talk(session: AsyncSession, user_id: str) -> bool:
    """Whether a citizen is on the line of somebody's seat, or rings there."""
    seat = await of_user(session, user_id)
    return seat is not None and seat.state in ("ringing", "talking")


async def in_call(session: AsyncSession, call_id: str) -> Sequence[Seat]:
    """Seats that a call holds."""
    return await hot.rows(session, Seat, call_id=call_id)


async def all_seats(session: AsyncSession) -> Sequence[Seat]:
    return (await session.scalars(select(Seat).order_by(Seat.id))).all()


async def add(
    session: AsyncSession,
    seat_id: str,
    sip_secret: str,
    at: datetime,
    *,
    name: str = "",
    skills: Sequence[str] = (),
    kind: SeatKind = "agent",
    region: str = "",
) -> Seat:
    """A new seat, logged out; an existing one is given back as it is. Raises BadInput for an unknown kind or an odd skill."""
    found = await session.get(Seat, seat_id)
    if found is None:
        found = Seat(
            id=seat_id, name=name, sip_user=seat_id, sip_secret=sip_secret, skills=list(skills), kind=kind,
            region=region, updated_at=at,
        )  # fmt: skip
        _checked(found.kind, found.skills)
        session.add(found)
        await session.flush()
        await _write_skills(session, seat_id, found.skills, region)
    return found


async def describe(
    session: AsyncSession,
    seat_id: str,
    *,
    name: str | None = None,
    kind: SeatKind | None = None,
    region: str | None = None,
    skills: Sequence[str] | None = None,
) -> Seat:
    """What a seat is called and can do; None leaves it as it is. Raises NotFound, BadInput for an unknown kind or an odd skill."""
    given = {"name": name, "kind": kind, "region": region, "skills": None if skills is None else list(skills)}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    _checked(changes.get("kind", "agent"), changes.get("skills", ()))
    if changes and not await hot.change(session, Seat, {"id": seat_id}, changes):
        raise NotFound(f"没有座席 {seat_id}")
    seat = await get(session, seat_id)
    await session.execute(delete(SeatSkill).where(SeatSkill.seat_id == seat_id))
    await _write_skills(session, seat_id, seat.skills, seat.region)
    return seat


async def _write_skills(session: AsyncSession, seat_id: str, skills: list[str], region: str) -> None:
    rows = [{"skill": skill, "seat_id": seat_id} for skill in sorted(skills_of(skills, region))]
    await hot.add(session, SeatSkill, rows)


def _checked(kind: str, skills: Sequence[str]) -> None:
    if kind not in get_args(SeatKind):
        raise BadInput(f"没有“{kind}”这种座席；可用：{'、'.join(get_args(SeatKind))}")
    if wrong := [skill for skill in skills if not SKILL.fullmatch(skill)]:
        raise BadInput(f"技能只用小写字母、数字和 . _ -：{'、'.join(wrong)}")
