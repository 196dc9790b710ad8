"""Work read from the rows, done once whatever happened in between: seats, calls, tickets."""

import asyncio
import contextlib

import pytest

from app import flow
from app.chores import Chores
from app.filing import Order
from store import calls, messages, seats, tickets
from tests.app.invariants import broken_promises
from tests.app.place import Place
from tests.app.talks import talked

pytestmark = pytest.mark.service


async def test_wrap_up_ends_after_its_time_and_wakes_the_queue(place: Place, chores: Chores) -> None:
    await talked(place)
    place.clock.pass_(119)
    assert await chores.free_seats() == 0
    place.clock.pass_(2)
    async with place.floor.hints.subscribe("queue") as hints:
        assert await chores.free_seats() == 1
        _, told = await anext(hints)
    assert told["event"] == "seat.free"
    assert await place.seat_state("8001") == "ready"


async def test_a_seat_held_by_a_call_that_ended_is_given_back_one_that_rings_is_not(
    place: Place, chores: Chores
) -> None:
    await place.seat("8001")
    await place.seat("8002")
    gone, ringing = place.citizen(), place.citizen()
    await gone.dial()
    await ringing.dial()
    await ringing.done()
    async with place.database.session() as session:  # a process died between the call's end and its seat
        await calls.ended(session, gone.id, place.clock(), "switch")
    place.clock.pass_(11)
    assert await chores.free_seats() == 1
    assert await place.seat_state("8001") == "ready"
    assert await place.seat_state("8002") == "ringing"


async def test_a_talk_nobody_finished_becomes_a_message_after_the_grace(place: Place, chores: Chores) -> None:
    citizen = await talked(place)
    place.clock.pass_(899)
    assert await chores.unfinished_calls() == 0
    place.clock.pass_(2)
    assert await chores.unfinished_calls() == 1
    assert await chores.unfinished_calls() == 0
    async with place.database.reading() as session:
        message = await messages.of_call(session, citizen.id)
    assert message is not None
    assert message.kind == "unfinished"
    assert await broken_promises(place.database) == []


async def test_a_ticket_that_cant_be_judged_does_not_silence_the_others(place: Place, chores: Chores) -> None:
    await place.registers()
    office = await place.person("office", "office")
    units = [unit.code for unit in place.floor.content.index.content.units][:2]
    rows = [
        await flow.ticket_filed(place.floor, Order("help", "停水", "停水三天", unit=unit), office, unit)
        for unit in units
    ]
    async with place.database.session() as session:
        await tickets.change(session, rows[0].id, rows[0].version, [], "test", policy="gone")
    place.clock.pass_(90 * 86400)
    assert await chores.alarms() == 1
    async with place.database.reading() as session:
        broken, judged = [await tickets.get(session, row.id) for row in rows]
    assert judged.version > rows[1].version
    assert broken.version == rows[0].version + 1
    assert await chores.alarms() == 0  # put off, not hammered


async def test_a_chore_that_fails_does_not_stop_the_others(place: Place, chores: Chores) -> None:
    done = asyncio.Event()

    async def stumble() -> int:
        raise ValueError("a bug")

    async def refused() -> int:
        async with place.database.reading() as session:
            await seats.get(session, "nowhere")
        return 1

    async def work() -> int:
        done.set()
        return 0

    running = asyncio.create_task(chores.run([stumble, refused, work]))
    try:
        await asyncio.wait_for(done.wait(), 10)
        done.clear()
        async with asyncio.timeout(10):
            while not done.is_set():  # a hint wakes it long before its pause is over
                await place.floor.tell("chores", "call.ended")
                await asyncio.sleep(0.02)
        assert not running.done()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
