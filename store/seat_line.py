"""What routing asks about seats: the few in question for a call, who is at work, how long talks are."""

import functools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Integer, Select, bindparam, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from routing.seats import AT_WORK, SeatState, SeatView, skills_of
from routing.views import ALL
from store import calls
from store.hot import table_of
from store.sqlite import QUICK
from store.tables import Call, Seat, SeatSkill

_S = table_of(Seat).c
_K = table_of(SeatSkill).c
_SEEN = select(_S.id, _S.state, _S.turn_at, _S.version, _S.skills, _S.kind, _S.region, _S.updated_at)
_FREE = _SEEN.where(_S.state == "ready", _S.forced == "").order_by(_S.turn_at, _S.id)


async def snapshot(session: AsyncSession) -> tuple[SeatView, ...]:
    """Every seat somebody sits at, as routing sees it."""
    return views(await session.execute(_SEEN.where(_S.state != "logged_out")))


async def free(session: AsyncSession, most: int) -> tuple[SeatView, ...]:
    """The first `most` free seats in turn, of every kind."""
    return views(await session.execute(_FREE.limit(bindparam("most", type_=Integer)), {"most": most}))


@functools.cache
def _in_line(kinds: tuple[str, ...]) -> Select[Any]:
    """Free seats of these few kinds; written out, since IN with a list would be compiled anew each time."""
    return (
        _FREE.where(or_(false(), *(_S.kind == kind for kind in kinds)))
        .add_columns(calls.AHEAD.scalar_subquery().label("ahead"))
        .limit(calls.AHEAD.scalar_subquery() + bindparam("spare", type_=Integer))
        .execution_options(**{QUICK: True})
    )


async def in_line(
    session: AsyncSession, rank_at: datetime, call_id: str, kinds: Sequence[str], spare: int
) -> tuple[int | None, tuple[SeatView, ...]]:
    """How many calls come before this one, and the free seats of these kinds in turn: `spare` more than those may take.

    None where no seat is free: then nobody counted.
    """
    given = {"since": rank_at, "call_id": call_id, "spare": spare}
    rows = (await session.execute(_in_line(tuple(kinds)), given)).all()
    return (rows[0].ahead if rows else None), views(rows)


@functools.cache
def _with_skills(count: int) -> Select[Any]:
    """Free seats that have each of `count` skills, found by the first."""
    question = _FREE.join(table_of(SeatSkill), _K.seat_id == _S.id).where(_K.skill == bindparam("skill0"))
    for number in range(1, count):
        other = table_of(SeatSkill).alias()
        found = select(other.c.seat_id).where(other.c.skill == bindparam(f"skill{number}"))
        question = question.where(_S.id.in_(found))
    return question.limit(bindparam("most", type_=Integer))


async def with_skills(session: AsyncSession, wants: Sequence[str], most: int) -> tuple[SeatView, ...]:
    """The first `most` free seats in turn that have all of these skills, at least one."""
    given = {f"skill{number}": want for number, want in enumerate(wants)}
    return views(await session.execute(_with_skills(len(wants)), given | {"most": most}))


async def seen(session: AsyncSession, seat_id: str) -> SeatView | None:
    """One seat in whatever state, None where there is none."""
    found = views(await session.execute(_SEEN.where(_S.id == bindparam("seat")), {"seat": seat_id}))
    return found[0] if found else None


_STATES = (
    select(_S.state, _S.kind, func.count().label("seats"))
    .where(_S.state != "logged_out")
    .group_by(_S.state, _S.kind)
)
_SKILLED = (
    select(_K.skill, func.count().label("seats"))
    .join(table_of(Seat), _S.id == _K.seat_id)
    .where(_K.skill.in_(bindparam("skills", expanding=True)), _S.state.in_(sorted(AT_WORK)), _S.forced == "")
    .group_by(_K.skill)
)


_IDLE = (
    select(_K.skill, func.count().label("seats"))
    .join(table_of(Seat), _S.id == _K.seat_id)
    .where(_K.skill.in_(bindparam("skills", expanding=True)), _S.state == "ready", _S.forced == "")
    .group_by(_K.skill)
)


async def free_by_skill(session: AsyncSession, skills: Iterable[str]) -> dict[str, int]:
    """Skill -> seats with it that would take a call now."""
    wanted = sorted(skills)
    if not wanted:
        return {}
    return {row.skill: row.seats for row in await session.execute(_IDLE, {"skills": wanted})}


async def duty(session: AsyncSession, skills: Iterable[str] = ()) -> tuple[bool, dict[str, int]]:
    """Whether anybody is logged in; seats at work in all, of each kind, and with each of these skills (routing.Snapshot)."""
    rows = (await session.execute(_STATES)).all()
    found: dict[str, int] = {}
    for row in rows:
        if row.state in AT_WORK:
            for key in (ALL, f"kind:{row.kind}"):
                found[key] = found.get(key, 0) + row.seats
    if wanted := sorted(skills):
        found |= {row.skill: row.seats for row in await session.execute(_SKILLED, {"skills": wanted})}
    return bool(rows), found


_TALKS = select(func.avg(Call.talk_seconds)).where(
    Call.arrived_at > bindparam("since", type_=table_of(Call).c.arrived_at.type), Call.talk_seconds > 0
)


async def mean_talk_s(session: AsyncSession, since: datetime) -> float | None:
    """Mean length of the talks of calls that arrived since a moment, seconds; None without any."""
    found = (await session.execute(_TALKS, {"since": since})).scalar()
    return None if found is None else float(found)


def views(rows: Iterable[Any]) -> tuple[SeatView, ...]:
    """Rows with a seat's columns, as routing sees them."""
    return tuple(
        SeatView(
            row.id,
            cast(SeatState, row.state),
            row.turn_at or row.updated_at,
            row.version,
            skills_of(row.skills, row.region),
            row.kind,
        )
        for row in rows
    )
