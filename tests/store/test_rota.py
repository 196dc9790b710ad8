"""Shifts in the store: overlaps are refused, weeks come in whole or not at all, and who is on duty is told with where they sit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.errors import BadInput, Conflict, NotFound, UnknownLine
from routing import Line
from store import events, lines, rota, seats, users
from store.database import Database
from store.rota import Given
from tests.store.make import AT

pytestmark = pytest.mark.service
HOUR = timedelta(hours=1)


def shift(
    begin: float, end: float, line: str = "12333", seat: str | None = "8001", user: str | None = None
) -> Given:
    """From `begin` to `end` hours after AT."""
    return Given(line, AT + begin * HOUR, AT + end * HOUR, seat if user is None else None, user)


@pytest.fixture
async def town(database: Database) -> Database:
    async with database.session() as session:
        known = [
            Line("12345", "热线", "", "host", "一"),
            Line("12333", "人社", "", "dual_number", "附件二.2"),
            Line("12348", "法律", "", "dual_number", "附件二.1"),
            Line("12331", "食药", "", "merged", "附件一.10", target="12345"),
        ]
        await lines.seed(session, known, AT)
        for seat in ("8001", "8002"):
            await seats.add(
                session, seat, "secret", AT, name=f"{seat}席", skills=["line.12333"], kind="expert"
            )
    return database


async def kept(town: Database, *given: Given) -> list[rota.Shift]:
    async with town.session() as session:
        return [await rota.add(session, one, "user_boss", AT) for one in given]


async def all_shifts(town: Database) -> Sequence[rota.Shift]:
    async with town.reading() as session:
        return await rota.find(session, AT - 99 * HOUR, AT + 99 * HOUR)


async def test_one_person_is_never_on_duty_twice_at_once_whatever_the_line(town: Database) -> None:
    await kept(town, shift(0, 4), shift(4, 8))
    for wrong in (shift(3, 5, "12348"), shift(-1, 1), shift(5, 6)):
        with pytest.raises(Conflict, match=r"8001席.*不能重叠"):
            await kept(town, wrong)
    await kept(town, shift(0, 8, seat="8002"), shift(8, 9, "12348"))
    assert len(await all_shifts(town)) == 4


async def test_a_shift_asked_for_twice_is_one_and_its_history_is_kept(town: Database) -> None:
    (first,), (again,) = await kept(town, shift(0, 4)), await kept(town, shift(0, 4))
    assert (first.id, again.version) == (again.id, 1)
    async with town.session() as session:
        moved = await rota.change(session, first.id, 1, shift(1, 5), "user_boss", AT)
        assert (moved.starts_at, moved.version) == (AT + HOUR, 2)
    async with town.session() as session:
        with pytest.raises(Conflict, match="第 2 版"):
            await rota.change(session, first.id, 1, shift(2, 5), "user_boss", AT)
    async with town.session() as session:
        await rota.remove(session, first.id, "user_boss", AT)
        with pytest.raises(NotFound):
            await rota.get(session, first.id)
    async with town.reading() as session:
        deeds = [(one.actor, one.payload["deed"]) for one in await events.of(session, first.id)]
    assert deeds == [("user_boss", "added"), ("user_boss", "changed"), ("user_boss", "removed")]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (shift(0, 4, "12399"), UnknownLine),
        (shift(0, 4, "12331"), BadInput),  # merged: it has no seats of its own
        (shift(4, 0), BadInput),
        (shift(0, 24 * 32), BadInput),
        (shift(0, 4, seat="9999"), NotFound),
        (shift(0, 4, user="user_nobody"), NotFound),
        (Given("12333", AT, AT + HOUR), BadInput),
        (Given("12333", AT, AT + HOUR, "8001", "user_boss"), BadInput),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    town: Database, given: Given, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await kept(town, given)
    assert await all_shifts(town) == []


async def test_a_week_comes_in_whole_or_not_at_all_and_may_replace_what_was_there(town: Database) -> None:
    async def take(*given: Given, **how: Any) -> rota.TakenIn:
        async with town.session() as session:
            return await rota.take_in(session, given, "cli:op", AT, **how)

    with pytest.raises(Conflict):
        await take(shift(0, 4), shift(3, 6))
    assert await all_shifts(town) == []
    assert await take(shift(0, 4), shift(4, 6)) == rota.TakenIn(2, 0, 0)
    assert await take(shift(0, 4), shift(4, 6)) == rota.TakenIn(0, 2, 0)
    other = (await kept(town, shift(0, 4, "12348", "8002")))[0]
    with pytest.raises(Conflict):
        await take(shift(0, 5))
    assert await take(shift(0, 5), shift(5, 6, seat="8002"), replace=True) == rota.TakenIn(2, 0, 2)
    assert other.id in {one.id for one in await all_shifts(town)}


async def test_who_is_on_duty_is_told_with_where_they_sit_and_what_their_seat_lacks(town: Database) -> None:
    async with town.session() as session:
        wang = await users.add(session, "wang", "王专家", "agent", "-", AT)
    await kept(town, shift(-1, 4), shift(-1, 4, "12348", user=wang.id), shift(30, 31, seat="8002"))
    moment = AT + timedelta(minutes=30)
    assert await now(town, moment) == {"12333": ("absent", ["8001席"]), "12348": ("absent", ["王专家"])}
    async with town.session() as session:
        await seats.log_in(session, "8002", wang.id, AT, state="ready")
        await seats.set_state(session, "8001", "ready", AT)
    assert await now(town, moment) == {"12333": ("covered", []), "12348": ("covered", [])}
    async with town.reading() as session:
        free = await rota.free_now(session, ["12333", "12348"], moment)
        found = await rota.now(session, moment, await rota.skills(session))
    assert {(line, seat.id) for line, seat in free} == {("12333", "8001"), ("12348", "8002")}
    assert {one.line: [(p.seat, p.skilled) for p in one.people] for one in found} == {
        "12333": [("8001", True)], "12348": [("8002", False)],
    }  # fmt: skip
    assert await now(town, AT + 5 * HOUR) == {"12333": ("empty", []), "12348": ("empty", [])}
    assert await now(town, AT + timedelta(days=30)) == {}


async def now(town: Database, at: datetime) -> dict[str, tuple[str, list[str]]]:
    """Line -> how it is covered, and who of those on duty is not there."""
    async with town.reading() as session:
        found = await rota.now(session, at, await rota.skills(session))
    return {one.line: (one.state, [p.name for p in one.people if not p.logged_in]) for one in found}
