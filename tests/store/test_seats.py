"""Seats are won by exactly one, and move only along the table."""

import asyncio

import pytest

from core.errors import Conflict, NotAllowed, NotFound
from routing.seats import SeatState
from store import calls, seats, users
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service


async def test_fifty_at_once_want_one_seat_and_one_gets_it(database: Database) -> None:
    async with database.session() as session:
        await make.ready_seat(session)
        (seen,) = await seats.snapshot(session)

    async def want(number: int) -> bool:
        async with database.session() as session:
            return await seats.reserve(session, "8001", seen.version, f"call_{number}", make.later(1))

    won = await asyncio.gather(*(want(number) for number in range(50)))
    async with database.reading() as session:
        seat = await seats.get(session, "8001")
    assert won.count(True) == 1
    assert (seat.state, seat.call_id) == ("reserved", f"call_{won.index(True)}")


async def test_a_seat_that_changed_since_it_was_seen_is_not_won(database: Database) -> None:
    async with database.session() as session:
        await make.ready_seat(session)
        (seen,) = await seats.snapshot(session)
        await seats.set_state(session, "8001", "paused", make.later(1), pause_reason="用餐")
        await seats.set_state(session, "8001", "ready", make.later(2))
    async with database.session() as session:
        assert not await seats.reserve(session, "8001", seen.version, "call_1", make.later(3))


async def test_the_snapshot_shows_who_sits_and_since_when_they_are_free(database: Database) -> None:
    async with database.session() as session:
        await make.ready_seat(session, "8001", make.later(5))
        await seats.add(session, "8002", "secret", make.AT, skills=["law"])
        (seen,) = await seats.snapshot(session)
    assert (seen.id, seen.state, seen.turn_at, seen.skills) == (
        "8001",
        "ready",
        make.later(5),
        frozenset(),
    )


async def test_a_call_passes_through_a_seat(database: Database) -> None:
    async with database.session() as session:
        await make.ready_seat(session)
        (seen,) = await seats.snapshot(session)
        assert await seats.reserve(session, "8001", seen.version, "call_1", make.later(1))
        steps: tuple[SeatState, ...] = ("ringing", "talking", "wrap_up")
        for second, state in enumerate(steps, start=2):
            await seats.set_state(session, "8001", state, make.later(second), call_id="call_1")
        held = await seats.in_call(session, "call_1")
        assert [seat.id for seat in held] == ["8001"]
        await seats.set_state(session, "8001", "ready", make.later(9))
        seat = await seats.get(session, "8001")
    assert (seat.state, seat.call_id, seat.idle_since) == ("ready", None, make.later(9))


async def test_a_late_report_of_an_old_call_moves_nothing(database: Database) -> None:
    async with database.session() as session:
        await make.ready_seat(session)
        (seen,) = await seats.snapshot(session)
        await seats.reserve(session, "8001", seen.version, "call_new", make.later(1))
        assert not await seats.release(session, "8001", "call_old", make.later(2))
        with pytest.raises(Conflict):
            await seats.set_state(session, "8001", "ringing", make.later(2), call_id="call_old")
        assert (await seats.get(session, "8001")).call_id == "call_new"
        assert await seats.release(session, "8001", "call_new", make.later(3))
        assert (await seats.get(session, "8001")).state == "ready"


async def test_steps_not_in_the_table_are_refused_by_name(database: Database) -> None:
    async with database.session() as session:
        await make.ready_seat(session)
        with pytest.raises(NotAllowed, match="ready"):
            await seats.set_state(session, "8001", "talking", make.later(1))
        with pytest.raises(NotFound):
            await seats.set_state(session, "8999", "ready", make.later(1))
        await seats.set_state(session, "8001", "ready", make.later(1))


async def test_one_person_sits_at_one_seat(database: Database) -> None:
    async with database.session() as session:
        one = await users.add(session, "li", "李敏", "agent", "hash", make.AT)
        two = await users.add(session, "wang", "王强", "agent", "hash", make.AT)
        for seat_id in ("8001", "8002"):
            await seats.add(session, seat_id, "secret", make.AT)
        await seats.log_in(session, "8001", one.id, make.AT)
        await seats.log_in(session, "8001", one.id, make.AT)
        with pytest.raises(Conflict):
            await seats.log_in(session, "8001", two.id, make.AT)
        with pytest.raises(Conflict):
            await seats.log_in(session, "8002", one.id, make.AT)
        await seats.log_out(session, "8001", make.later(1))
        await seats.log_in(session, "8001", two.id, make.later(2))
    async with database.reading() as session:
        seat = await seats.of_user(session, two.id)
        assert seat is not None
        assert (seat.id, seat.state) == ("8001", "ready")
        assert await seats.of_user(session, one.id) is None


async def test_a_call_sees_who_waits_longer_and_the_seats_in_question_for_it(database: Database) -> None:
    kinds = ("agent", "remote")
    async with database.session() as session:
        mine = await make.call(session, "1")
        assert await seats.in_line(session, make.later(9), mine.id, kinds, 1) == (None, ())
        for idle, number in enumerate(("8003", "8001", "8002", "8004")):
            await make.ready_seat(session, number, make.later(idle))
        await seats.add(session, "8005", "secret", make.AT, kind="expert")
        await seats.set_state(session, "8005", "ready", make.AT)
        for linkedid, since in (("2", 5), ("3", 20)):
            other = await make.call(session, linkedid)
            queued = make.later(since)
            await calls.note(session, other.id, state="queued", queued_at=queued, rank_at=queued)
        ahead, seen = await seats.in_line(session, make.later(9), mine.id, kinds, 1)
    assert ahead == 1
    assert [seat.id for seat in seen] == ["8003", "8001"]


async def test_seats_held_for_a_call_that_is_over_are_taken_back(database: Database) -> None:
    async with database.session() as session:
        ended, _ = await calls.add_call(session, make.arrival("1"))
        open_, _ = await calls.add_call(session, make.arrival("2"))
        await calls.ended(session, ended, make.AT, "citizen")
        held = {"8001": ended, "8002": open_, "8003": "call_nobody_knows", "8004": ended}
        for number in held:
            await make.ready_seat(session, number)
        for seen in await seats.snapshot(session):
            at = make.later(5 if seen.id == "8004" else 1)
            await seats.reserve(session, seen.id, seen.version, held[seen.id], at)
        assert await seats.take_back(session, make.later(2), make.later(9)) == 2
    async with database.reading() as session:
        found = {seat.id: (seat.state, seat.call_id) for seat in await seats.all_seats(session)}
    assert found == {
        "8001": ("ready", None),
        "8002": ("reserved", open_),
        "8003": ("ready", None),
        "8004": ("reserved", ended),
    }


async def test_wrap_up_ends_after_its_time_and_not_before(database: Database) -> None:
    async with database.session() as session:
        for number, since in (("8001", 1), ("8002", 5)):
            await make.ready_seat(session, number)
            seat = await seats.get(session, number)
            assert await seats.reserve(session, number, seat.version, "call_1", make.AT)
            for state in ("ringing", "talking", "wrap_up"):
                await seats.set_state(session, number, state, make.later(since))
        assert await seats.end_wrap_up(session, make.later(2), make.later(9)) == 1
    async with database.reading() as session:
        assert {seat.id: seat.state for seat in await seats.all_seats(session)} == {
            "8001": "ready",
            "8002": "wrap_up",
        }


async def test_a_seats_secret_is_sealed_in_the_file_and_plain_to_us(database: Database) -> None:
    async with database.session() as session:
        await seats.add(session, "8001", "p4ss", make.AT)
        raw = (
            await (await session.connection()).exec_driver_sql("SELECT sip_secret FROM seats")
        ).scalar_one()
    assert raw.startswith("sm4-gcm:k1:")
    assert "p4ss" not in raw
    async with database.reading() as session:
        assert (await seats.get(session, "8001")).sip_secret == "p4ss"
