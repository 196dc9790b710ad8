"""What routing asks about seats, and what is ordered of them."""

from typing import Any

import pytest

from core.errors import BadInput, NotFound
from routing.seats import SeatKind, SeatState
from store import callers, calls, seats, users
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service


async def sits(
    session: Any,
    number: str,
    *skills: str,
    kind: SeatKind = "agent",
    region: str = "",
    state: SeatState = "ready",
    idle: float = 0,
) -> None:
    await seats.add(session, number, "secret", make.AT, skills=skills, kind=kind, region=region)
    await seats.set_state(session, number, state, make.later(idle))


async def test_seats_with_all_of_some_skills_are_found_in_turn(database: Database) -> None:
    async with database.session() as session:
        await sits(session, "8001", "lang.yue", idle=9)
        await sits(session, "8002", "lang.yue", region="beihu", idle=5)
        await sits(session, "8003", region="beihu")
        await sits(session, "8004", "lang.yue", state="paused")
        found = await seats.with_skills(session, ("lang.yue",), 9)
        both = await seats.with_skills(session, ("lang.yue", "region.beihu"), 9)
        first = await seats.with_skills(session, ("lang.yue",), 1)
    assert [[s.id for s in some] for some in (found, both, first)] == [["8002", "8001"], ["8002"], ["8002"]]
    assert both[0].skills == {"lang.yue", "region.beihu"}


async def test_who_is_at_work_is_counted_by_kind_and_skill(database: Database) -> None:
    async with database.session() as session:
        assert await seats.duty(session, ["lang.yue"]) == (False, {})
        await sits(session, "8001", "lang.yue")
        await sits(session, "8002", "lang.yue", kind="expert", state="paused")
        await sits(session, "8003", kind="expert")
        await seats.add(session, "8004", "secret", make.AT, skills=["lang.yue"])
        staffed, duty = await seats.duty(session, ["lang.yue", "lang.min"])
    assert (staffed, duty) == (True, {"": 2, "kind:agent": 1, "kind:expert": 1, "lang.yue": 1})


async def test_skills_change_with_what_is_said_of_a_seat(database: Database) -> None:
    async with database.session() as session:
        await sits(session, "8001", "lang.yue")
        await seats.describe(session, "8001", region="beihu", skills=["lang.min"], kind="remote")
        assert await seats.with_skills(session, ("lang.yue",), 9) == ()
        (seen,) = await seats.with_skills(session, ("lang.min", "region.beihu"), 9)
        assert (seen.kind, seen.skills) == ("remote", {"lang.min", "region.beihu"})
        with pytest.raises(BadInput, match="robot"):
            await seats.describe(session, "8001", kind="robot")  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await seats.describe(session, "8999", name="x")


async def test_the_last_agents_seat_is_where_they_sit_today(database: Database) -> None:
    async with database.session() as session:
        li = await users.add(session, "li", "李敏", "agent", "hash", make.AT)
        call = await make.call(session)
        await calls.note(session, call.id, user_id=li.id)

        async def known(number: str, since: float) -> str:
            spoke = make.later(since)
            return (await callers.known(session, number, make.AT, make.AT, make.AT, spoke)).seat

        assert await known(make.CALLER, -9) == ""
        await seats.add(session, "8002", "secret", make.AT)
        await seats.log_in(session, "8002", li.id, make.AT)
        assert await known(make.CALLER, -9) == "8002"
        assert await known(make.CALLER, 9) == ""
        assert await known("13900000000", -9) == ""
        assert await known("", -9) == ""


async def test_the_queue_ahead_is_told_by_what_it_still_insists_on(database: Database) -> None:
    async with database.session() as session:
        for number, wants, widens in ((1, "", None), (2, "lang.yue", 30), (3, "lang.yue", 10), (4, "x", 99)):
            call = await make.call(session, str(number))
            place = {"state": "queued", "rank_at": make.later(number), "wants": wants}
            widens_at = make.later(widens) if widens else None
            await calls.note(session, call.id, widens_at=widens_at, **place)  # type: ignore[typeddict-item]
        ahead = await calls.queue_ahead(session, make.later(3.5), "call_z", make.later(20))
    assert ahead == {"": 2, "lang.yue": 1}


async def test_a_forced_seat_is_given_to_nobody_and_settles_when_its_call_is_over(database: Database) -> None:
    async with database.session() as session:
        await sits(session, "8001")
        (seen,) = await seats.snapshot(session)
        assert await seats.reserve(session, "8001", seen.version, "call_1", make.later(1))
        for state in ("ringing", "talking"):
            await seats.set_state(session, "8001", state, make.later(2))  # type: ignore[arg-type]
        assert not await seats.force(session, "8001", "pause", "boss", "复核", make.later(3))
        await seats.let_go(session, "call_1", make.later(4))
        assert await seats.end_wrap_up(session, make.later(5), make.later(5)) == 1
        assert await seats.free(session, 9) == ()
        assert await seats.settle_forced(session, make.later(6)) == 1
        assert await seats.settle_forced(session, make.later(7)) == 0
    async with database.reading() as session:
        (seat,) = await seats.floor(session)
    assert (seat.state, seat.pause_reason, seat.forced_by) == ("paused", "复核", "boss")


async def test_only_the_seat_that_rang_for_a_call_can_miss_it(database: Database) -> None:
    async with database.session() as session:
        await sits(session, "8001")
        assert await seats.missed(session, "8001", "call_1", make.later(1), 2, 60) == ""
        for became in ("free", "paused"):
            seat = await seats.get(session, "8001")
            assert await seats.reserve(session, "8001", seat.version, "call_1", make.later(1))
            assert await seats.missed(session, "8001", "call_1", make.later(2), 2, 60) == became
        await seats.lift(session, "8001")
        seat = await seats.get(session, "8001")
    assert (seat.misses, seat.forced, seat.state) == (0, "", "paused")


async def test_the_mean_talk_is_that_of_recent_calls(database: Database) -> None:
    async with database.session() as session:
        assert await seats.mean_talk_s(session, make.AT) is None
        for number, talk in ((1, 60.0), (2, 120.0), (3, None)):
            call = await make.call(session, str(number), at=make.later(number))
            await calls.note(session, call.id, talk_seconds=talk)
        assert await seats.mean_talk_s(session, make.AT) == 90
        assert await seats.mean_talk_s(session, make.later(1)) == 120
