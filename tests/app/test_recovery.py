"""After a lost link: what Asterisk has is compared with what we have, then calls go on or end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agi.facts import ChannelSeen
from agi.spool_file import SpooledEnd
from app import recovery
from app.chores import Chores, import_entry
from core.call import EndFacts, Ring
from core.errors import SwitchSilent
from store import recordings
from store.errors import StoreUnavailable
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place
from tests.app.talks import write_raw

pytestmark = pytest.mark.service


def seen(citizen: Citizen, seat: str = "") -> list[ChannelSeen]:
    """Its channels as AMI lists them, bridged with `seat` where one is given."""
    bridge = "b-1" if seat else ""
    channels = [ChannelSeen(citizen.channel, citizen.linkedid, citizen.id, "", "citizen", True, bridge)]
    if seat:
        agent = ChannelSeen(f"PJSIP/{seat}-1", citizen.linkedid, citizen.id, seat, "agent", True, bridge)
        channels.append(agent)
    return channels


async def test_calls_whose_channel_is_gone_end_living_ones_go_on(place: Place) -> None:
    await place.seat("8001")
    gone, living = place.citizen(), place.citizen()
    await gone.dial()
    await gone.done()
    await living.dial()
    place.clock.pass_(60)
    assert await recovery.reconcile(place.floor, seen(living), place.clock()) == 1
    row = await gone.row()
    assert (row.state, row.ended_by) == ("ended", "switch")
    assert (await living.row()).ended_at is None
    assert await place.seat_state("8001") == "ready"
    assert isinstance(await living.done(), Ring)
    assert await broken_promises(place.database) == []


async def test_a_call_that_has_just_come_is_not_taken_for_gone(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    place.clock.pass_(5)
    assert await recovery.reconcile(place.floor, [], place.clock()) == 0


async def test_an_answer_that_was_missed_is_noted(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    place.clock.pass_(30)
    assert await recovery.reconcile(place.floor, seen(citizen, "8001"), place.clock()) == 0
    assert await place.seat_state("8001") == "talking"
    assert (await citizen.row()).agent_answered_at == place.clock()
    await citizen.agent_hangs_up(60)
    await citizen.gone(by="us")
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_the_length_of_a_talk_whose_end_nobody_saw_comes_from_its_sound(
    place: Place, tmp_path: Path
) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    place.clock.pass_(3600)
    await recovery.reconcile(place.floor, [], place.clock())
    assert (await citizen.row()).talk_seconds is None  # not an hour: we were away
    write_raw(tmp_path / f"{citizen.id}-1.raw", 7.0)
    await Chores(place.floor, tmp_path, tmp_path / "spool").finish_recordings()
    assert (await citizen.row()).talk_seconds == 7.0
    async with place.database.reading() as session:
        (recording,) = await recordings.of_call(session, citizen.id)
    assert recording.state == "ready"
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_what_the_fallback_counted_corrects_what_recovery_did_not_know(
    place: Place, tmp_path: Path
) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    ended = place.clock()
    place.clock.pass_(600)
    await recovery.reconcile(place.floor, [], place.clock())
    facts = EndFacts(citizen.id, citizen.linkedid, "ring", "ANSWER", "citizen", 16, 44.0, ended)
    await import_entry(place.floor, SpooledEnd(facts, "12345", "13812345678"), tmp_path)
    assert (await citizen.row()).talk_seconds == 44.0


async def test_an_end_that_got_lost_is_found_while_the_link_stands_at_the_second_look(place: Place) -> None:
    lost, living = place.citizen(), place.citizen()
    await lost.dial()
    await living.dial()
    place.clock.pass_(60)
    looks = 0

    async def channels() -> list[ChannelSeen]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise SwitchSilent("no answer")
        assert looks > 3 or (await lost.row()).ended_at is None
        return seen(living)

    task = asyncio.create_task(recovery.keep_comparing(place.floor, channels, every_s=0.01))
    try:
        async with asyncio.timeout(10):
            while (await lost.row()).ended_at is None:
                await asyncio.sleep(0.01)
        assert looks >= 3
        assert (await living.row()).ended_at is None
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def waking(place: Place) -> AsyncIterator[None]:
    task = asyncio.create_task(recovery.wake_waiting(place.floor, place.switch))
    await asyncio.sleep(0)
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def asked(place: Place, count: int) -> list[tuple[str, ...]]:
    async with asyncio.timeout(10):
        while len(place.switch.asked) < count:
            await asyncio.sleep(0.01)
    return place.switch.asked


async def test_a_freed_seat_wakes_the_head_of_the_queue_and_nobody_else(place: Place) -> None:
    agent = await place.seat("8001", "paused")
    first, second = place.citizen(), place.citizen()
    for citizen in (first, second):
        await citizen.dial()
        await citizen.done()
        place.clock.pass_(1)
    async with waking(place):
        await place.house.seat_ready(agent, "8001")
        assert await asked(place, 1) == [("redirect", first.channel, "hl-ask")]
        assert isinstance(await first.done("WOKEN"), Ring)


async def test_waking_goes_on_after_a_silent_switch_and_a_database_that_did_not_answer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await place.seat("8001", "paused")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    tried = asyncio.Event()

    async def unavailable(floor: object) -> list[str]:
        tried.set()
        raise StoreUnavailable("locked")

    async with waking(place):
        with monkeypatch.context() as patched:
            patched.setattr(recovery, "_next_in_line", unavailable)
            await place.house.seat_ready(agent, "8001")
            async with asyncio.timeout(10):
                await tried.wait()
        place.switch.silent = True
        for count in (1, 2):
            await place.floor.tell("queue", "seat.free")
            await asked(place, count)
