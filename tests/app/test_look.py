"""What is read of the floor for one call is enough: the rule says the same as if it had looked at every seat there is."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.journey import Journey
from app.seat_choice import Asking, look
from routing import Snapshot, decide, kept
from routing.seats import SeatState, skills_of
from store import calls, seats
from store.tables import Call, DutyShift, Seat, SeatSkill
from tests.app.place import Place
from tests.store import make

pytestmark = pytest.mark.service
STATES: tuple[SeatState, ...] = ("ready", "ready", "ready", "paused", "talking", "wrap_up", "logged_out")
SKILLS = ("lang.yue", "lang.min", "line.12333")
LINES = ("12345", "12345", "12333", "2912345")
FLOORS = 80


async def floor_of_chance(place: Place, session: Any, dice: random.Random) -> None:
    """Some seats and some calls in line, drawn."""
    for table in (SeatSkill, DutyShift, Seat, Call):
        await session.execute(delete(table))
    for n in range(dice.randrange(9)):
        await seats.add(
            session, f"s{n}", "secret", place.clock(), skills=dice.sample(SKILLS, dice.randrange(3)),
            kind=dice.choice(["agent", "agent", "remote", "expert", "supervisor"]), region=dice.choice(["", "", "beihu"]),
        )  # fmt: skip
        turn = place.clock() - timedelta(seconds=dice.randrange(300))
        await session.execute(
            Seat.__table__.update()  # type: ignore[attr-defined]
            .where(Seat.id == f"s{n}")
            .values(state=dice.choice(STATES), turn_at=turn, forced="")
        )
    for seat in (await seats.all_seats(session))[:: dice.choice([1, 2, 9])]:
        begins = place.clock() + timedelta(minutes=dice.choice([-90, -30, 30]))
        on_duty = {"id": f"d{seat.id}", "line": dice.choice(["12333", "12348"]), "seat_id": seat.id}
        times = {"starts_at": begins, "ends_at": begins + timedelta(hours=1)}
        session.add(DutyShift(**on_duty, **times, by="user_boss", at=begins))
    for n in range(dice.choice([0, 0, 1, 2, 4])):
        await in_line(place, session, n, dice)


async def in_line(place: Place, session: Any, n: int, dice: random.Random) -> None:
    waited = place.clock() - timedelta(seconds=dice.randrange(60))
    call_id, _ = await calls.add_call(session, make.arrival(f"ahead.{n}", line=dice.choice(LINES), at=waited))
    call = await calls.get(session, call_id)
    asking = Asking.of(place.floor, call_id, call.line, Journey(skill=dice.choice(["", *SKILLS])), waited)
    route = decide(asking.view(waited), Snapshot(()), place.floor.routing)  # nobody there: it stays in line
    await calls.note(session, call_id, **asking.place(place.floor, route))


def asking_of_chance(place: Place, dice: random.Random) -> Asking:
    journey = Journey(
        skill=dice.choice(["", "", *SKILLS]),
        tried=tuple(dice.sample(["s0", "s1", "s2"], dice.randrange(3))),
        prefers=dice.choice(["", "s1", "s3"]),
        callback_offered=dice.random() < 0.5,
    )
    since = place.clock() - timedelta(seconds=dice.choice([0, 3, 9, 21, 50, 90]))
    return Asking.of(place.floor, "call_zz", dice.choice(LINES), journey, since)


async def every_seat(session: Any, asking: Asking, at: Any) -> Snapshot:
    """The whole floor, read without any of routing's own questions."""
    rows = await seats.all_seats(session)
    views = {view.id: view for view in await seats.snapshot(session)}
    assert all(views[r.id].skills == skills_of(r.skills, r.region) for r in rows if r.id in views)
    shifts = [s for s in (await session.scalars(select(DutyShift))).all() if s.starts_at <= at < s.ends_at]
    duty = {f"line.{s.line}": tuple(o.seat_id for o in shifts if o.line == s.line) for s in shifts}
    whole = Snapshot.of(views.values(), await calls.queue_ahead(session, asking.rank_at, asking.id, at))
    return replace(whole, rota=duty)


async def test_the_few_seats_read_lead_to_the_same_decision_as_all_of_them(sqlite_place: Place) -> None:
    place, dice = sqlite_place, random.Random(12345)
    seen = set()
    for _ in range(FLOORS):
        async with place.database.session() as session:
            await floor_of_chance(place, session, dice)
        async with place.database.reading() as session:
            for _ in range(3):
                asking, at = asking_of_chance(place, dice), place.clock()
                call, few = await look(place.floor, session, asking, at)
                every = await every_seat(session, asking, at)
                route, whole = (decide(call, floor, place.floor.routing) for floor in (few, every))
                assert kept.Outcome.of(route) == kept.Outcome.of(whole), (call, few, every)
                seen.add(route.reason)
    assert len(seen) >= 9, seen
    assert "on_duty" in seen
