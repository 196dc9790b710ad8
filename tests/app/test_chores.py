"""Work read from the rows, done once whatever happened in between: seats, calls, tickets."""

import asyncio
import contextlib
from typing import Any

import pytest

from app import flow
from app.chores import BEGIN_AT_ONCE, Chores
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


@pytest.mark.parametrize("broken_by", [{"policy": "gone"}, {"clock": {"started_at": "no moment"}}])
async def test_a_ticket_that_cant_be_judged_does_not_silence_the_others(
    place: Place, chores: Chores, broken_by: Any
) -> None:
    await place.registers()
    office = await place.person("office", "office")
    units = [unit.code for unit in place.floor.content.index.content.units][:2]
    rows = [
        await flow.ticket_filed(place.floor, Order("help", "停水", "停水三天", unit=unit), office, unit)
        for unit in units
    ]
    async with place.database.session() as session:
        await tickets.change(session, rows[0].id, rows[0].version, [], "test", **broken_by)
    place.clock.pass_(90 * 86400)
    assert await chores.alarms() == 1
    async with place.database.reading() as session:
        broken, judged = [await tickets.get(session, row.id) for row in rows]
    assert judged.version > rows[1].version
    assert broken.version == rows[0].version + 1
    assert await chores.alarms() == 0  # put off, not hammered


async def test_an_alarm_no_rule_knows_any_more_is_looked_at_once(place: Place, chores: Chores) -> None:
    await place.registers()
    office = await place.person("office", "office")
    row = await flow.ticket_filed(place.floor, Order("help", "停水", "停水三天", exit="file"), office, "k1")
    async with place.database.session() as session:
        await tickets.change(
            session, row.id, row.version, [], "test", state="replied", next_alarm_at=place.clock()
        )
    assert await chores.alarms() == 1
    async with place.database.reading() as session:
        assert (await tickets.get(session, row.id)).next_alarm_at is None
        assert await tickets.due_for_alarm(session, place.clock()) == []


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
        async with asyncio.timeout(10):
            await done.wait()
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


async def test_thousands_at_midnight_are_one_round_and_those_that_cant_be_judged_hide_nobody(
    place: Place, chores: Chores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chores.ALARMS", 2)
    await place.registers()
    office = await place.person("office", "office")
    unit = place.floor.content.index.content.units[0].code
    rows = []
    for number in range(7):
        place.clock.pass_(1)  # the first ones are the most overdue
        order = Order("help", "停水", "停水三天", unit=unit)
        rows.append(await flow.ticket_filed(place.floor, order, office, f"key-{number}"))
    async with place.database.session() as session:
        for row in rows[:3]:
            await tickets.change(session, row.id, row.version, [], "test", policy="gone")
    place.clock.pass_(90 * 86400)
    assert await chores.alarms() == 4
    async with place.database.reading() as session:
        left = await tickets.due_for_alarm(session, place.clock())
    assert {row.id for row in rows[:3]} <= set(left)
    assert not {row.id for row in rows[3:]} & set(left)


async def test_a_start_does_not_begin_all_chores_at_one_moment(place: Place, chores: Chores) -> None:
    now, most, begun, go_on = 0, 0, 0, asyncio.Event()

    async def long() -> int:
        nonlocal now, most, begun
        now, begun = now + 1, begun + 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        if begun >= 12:
            go_on.set()
        return 0

    running = asyncio.create_task(chores.run([long] * 12))
    try:
        async with asyncio.timeout(10):
            await go_on.wait()
        assert most == BEGIN_AT_ONCE
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("turns", range(12))
async def test_work_ended_while_it_begins_ends_whatever_moment_it_is(chores: Chores, turns: int) -> None:
    done = asyncio.Event()

    async def first_round() -> int:
        await done.wait()
        return 0

    work = asyncio.create_task(chores.run([first_round] * (2 * BEGIN_AT_ONCE)))
    await asyncio.sleep(0.01)
    done.set()
    for _ in range(turns):  # the first ones hand on their turn in just these turns of the loop
        await asyncio.sleep(0)
    work.cancel()
    ended, _ = await asyncio.wait({work}, timeout=10)
    assert ended == {work}
