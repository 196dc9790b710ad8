"""Work read from the rows, done once whatever happened in between."""

import asyncio
import contextlib
import threading
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from agi.spool_file import Entry, SpooledEnd, SpooledMessage
from app import flow
from app.chores import Chores, import_entry
from app.filing import Order
from core.call import EndFacts
from core.ports import Capabilities, RecogniserStream, Utterance
from store import calls, messages, recordings, seats, tickets, utterances
from store.tables import Call, Message, Recording
from tests.app.invariants import broken_promises
from tests.app.place import START, Citizen, Place

pytestmark = pytest.mark.service
RATE = 8000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path / "recordings"


@pytest.fixture
def chores(place: Place, folder: Path, tmp_path: Path) -> Chores:
    return Chores(place.floor, folder, tmp_path / "spool")


def write_raw(path: Path, seconds: float) -> None:
    """Two channels as MixMonitor leaves them."""
    path.write_bytes(np.full(int(seconds * RATE) * 2, 1000, "<i2").tobytes())


def write_wav(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as audio:
        audio.setparams((1, 2, RATE, 0, "NONE", ""))
        audio.writeframes(np.full(int(seconds * RATE), 1000, "<i2").tobytes())


async def talked(place: Place, talk_s: float = 30) -> Citizen:
    """A call that was answered and has ended."""
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    await citizen.agent_hangs_up(talk_s)
    await citizen.gone(by="us")
    return citizen


async def the_recording(place: Place, citizen: Citizen) -> Recording:
    async with place.database.reading() as session:
        (found,) = await recordings.of_call(session, citizen.id)
    return found


async def everything(place: Place) -> tuple[list[Call], list[Message], list[Recording]]:
    async with place.database.reading() as session:
        return (
            list(await session.scalars(select(Call))),
            list(await session.scalars(select(Message))),
            list(await session.scalars(select(Recording))),
        )


# --- seats ------------------------------------------------------------------------------------------------------------


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


# --- recordings -------------------------------------------------------------------------------------------------------


async def test_a_talk_becomes_a_whole_file_with_its_checksum_once(
    place: Place, chores: Chores, folder: Path
) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 2.0)
    assert await chores.finish_recordings() == 1
    done = await the_recording(place, citizen)
    assert (done.state, done.channels, done.seconds, done.path) == ("ready", 2, 2.0, f"{citizen.id}-1.wav")
    assert done.sha256 is not None
    assert await chores.finish_recordings() == 0
    assert [path.name for path in folder.iterdir()] == [f"{citizen.id}-1.wav"]


async def test_a_process_that_died_before_noting_a_finished_talk_loses_nothing(
    place: Place, chores: Chores, folder: Path
) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 2.0)
    await chores.finish_recordings()
    async with place.database.session() as session:
        table = Recording.__table__
        await session.execute(table.update().values(state="pending", path=""))  # type: ignore[attr-defined]
    assert await chores.finish_recordings() == 1
    done = await the_recording(place, citizen)
    assert (done.state, done.seconds) == ("ready", 2.0)
    assert (folder / done.path).exists()


async def test_a_message_keeps_its_sound(place: Place, chores: Chores, folder: Path) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    await citizen.done(digits="2")
    place.clock.pass_(5)
    await citizen.gone()
    write_wav(folder / f"{citizen.id}-message.wav", 4.0)
    assert await chores.finish_recordings() == 1
    done = await the_recording(place, citizen)
    assert (done.state, done.channels, done.seconds) == ("ready", 1, 4.0)
    with wave.open(str(folder / done.path)) as audio:
        assert audio.getnframes() == 4 * RATE
    assert await broken_promises(place.database) == []


async def test_a_recording_that_never_was_is_marked_as_such_once(place: Place, chores: Chores) -> None:
    citizen = await talked(place)
    assert await chores.finish_recordings() == 1
    assert (await the_recording(place, citizen)).state == "failed"
    assert await chores.finish_recordings() == 0


async def test_an_empty_recording_is_marked_as_such(place: Place, chores: Chores, folder: Path) -> None:
    citizen = await talked(place)
    (folder / f"{citizen.id}-1.raw").touch()
    await chores.finish_recordings()
    failed = await the_recording(place, citizen)
    assert (failed.state, failed.problem) == ("failed", "nothing was recorded")


async def test_a_disk_that_refuses_is_tried_again(
    place: Place, chores: Chores, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 1.0)

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("app.chores.finish", full)
        assert await chores.finish_recordings() == 0
    assert (await the_recording(place, citizen)).state == "pending"
    assert await chores.finish_recordings() == 1
    assert (await the_recording(place, citizen)).state == "ready"


async def test_a_talk_under_way_is_left_alone(place: Place, chores: Chores, folder: Path) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    write_raw(folder / f"{citizen.id}-1.raw", 1.0)
    place.clock.pass_(60)
    assert await chores.finish_recordings() == 0
    assert (folder / f"{citizen.id}-1.raw").exists()


class Parrot:
    """core.ports.Recogniser that hears the same in everything, or stumbles."""

    name, model = "parrot", "1"
    capabilities = Capabilities(False, False, False, ("zh",), (RATE,))

    def __init__(self, stumbles: bool = False) -> None:
        self.stumbles = stumbles

    def load(self) -> "Parrot":
        return self

    def stream(self) -> RecogniserStream:
        raise NotImplementedError

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        if self.stumbles:
            raise ValueError("no idea")
        return [Utterance("小区停水了", 0.5, 1.5, True)]


async def test_a_message_gets_its_words(place: Place, folder: Path, tmp_path: Path) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    await citizen.done(digits="2")
    place.clock.pass_(5)
    await citizen.gone()
    write_wav(folder / f"{citizen.id}-message.wav", 2.0)
    chores = Chores(place.floor, folder, tmp_path / "spool", Parrot())
    await chores.finish_recordings()
    assert await chores.transcribe() == 1
    assert await chores.transcribe() == 0
    async with place.database.reading() as session:
        (said,) = await utterances.of_call(session, citizen.id)
        message = await messages.of_call(session, citizen.id)
    assert (said.source, said.text) == ("after_call", "小区停水了")
    assert message is not None
    assert message.text == "小区停水了"


class SlowParrot(Parrot):
    """Takes as long as it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.begun, self.go_on = threading.Event(), threading.Event()

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        self.asked += 1
        self.begun.set()
        assert self.go_on.wait(30)
        return super().transcribe(pcm, rate)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_two_processes_do_not_transcribe_one_recording_twice(
    place: Place, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chores.RENEW_S", 0.01)
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 1.0)
    slow, quick = SlowParrot(), Parrot()
    first = Chores(place.floor, folder, tmp_path / "spool", slow)
    second = Chores(place.floor, folder, tmp_path / "spool", quick)
    await first.finish_recordings()
    work = asyncio.create_task(first.transcribe())
    await until(slow.begun.is_set)
    assert await second.transcribe() == 0
    place.clock.pass_(80)
    claimed = (await the_recording(place, citizen)).claimed_until
    async with asyncio.timeout(30):
        while (await the_recording(place, citizen)).claimed_until == claimed:
            await asyncio.sleep(0.01)
    place.clock.pass_(80)  # long past the first claim
    assert await second.transcribe() == 0
    slow.go_on.set()
    assert await work == 1
    assert slow.asked == 2  # two channels, once each
    async with place.database.reading() as session:
        assert len(await utterances.of_call(session, citizen.id)) == 2


async def test_a_recording_whose_process_died_is_taken_over_and_written_once(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 1.0)
    slow = SlowParrot()
    dead = Chores(place.floor, folder, tmp_path / "spool", slow)
    await dead.finish_recordings()
    work = asyncio.create_task(dead.transcribe())
    await until(slow.begun.is_set)
    place.clock.pass_(91)
    alive = Chores(place.floor, folder, tmp_path / "spool", Parrot())
    assert await alive.transcribe() == 1
    at = (await the_recording(place, citizen)).transcribed_at
    place.clock.pass_(5)
    slow.go_on.set()
    await work  # it was not dead, only slow: what it brings comes too late
    assert (await the_recording(place, citizen)).transcribed_at == at
    async with place.database.reading() as session:
        assert len(await utterances.of_call(session, citizen.id)) == 2


async def test_a_recording_the_recogniser_stumbles_over_stays_and_is_passed_by(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 1.0)
    chores = Chores(place.floor, folder, tmp_path / "spool", Parrot(stumbles=True))
    await chores.finish_recordings()
    assert await chores.transcribe() == 1
    assert await chores.transcribe() == 0
    assert (await the_recording(place, citizen)).state == "ready"


# --- calls, tickets ---------------------------------------------------------------------------------------------------


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


# --- the spool --------------------------------------------------------------------------------------------------------


def spooled(folder: Path, linkedid: str, call_id: str = "") -> tuple[SpooledMessage, SpooledEnd]:
    """What the fallback script leaves of one call: a message with sound, and the call's end."""
    audio = folder / "spooled.wav"
    write_wav(audio, 3.0)
    whole = audio.read_bytes()  # Asterisk died while it wrote: the header says nothing of the length
    audio.write_bytes(whole[:4] + bytes(4) + whole[8:40] + bytes(4) + whole[44:])
    facts = EndFacts(call_id, linkedid, "fallback", "DONE", "us", 16, 0.0, START)
    return (
        SpooledMessage(linkedid, call_id, "12345", "13800000000", START, audio),
        SpooledEnd(facts, "12345", "13800000000"),
    )


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("order", ["message first", "end first", "message, end, message, end"])
async def test_what_the_fallback_kept_is_imported_once_in_any_order(
    place: Place, chores: Chores, folder: Path, tmp_path: Path, known: bool, order: str
) -> None:
    citizen = place.citizen()
    if known:
        await citizen.dial()
    place.clock.pass_(5)
    message, end = spooled(tmp_path, citizen.linkedid, citizen.id)
    end = replace(end, facts=replace(end.facts, at=place.clock()))
    orders: dict[str, tuple[Entry, ...]] = {
        "message first": (message, end),
        "end first": (end, message),
        "message, end, message, end": (message, end, message, end),
    }
    for entry in orders[order]:
        await import_entry(place.floor, entry, folder)
    await chores.finish_recordings()
    (call,), (kept,), (recording,) = await everything(place)
    assert (kept.kind, kept.recording, kept.call_id) == ("voicemail", recording.stem, call.id)
    assert (call.ended_by, recording.state, recording.seconds) == ("us", "ready", 3.0)
    assert (folder / recording.path).exists()
    assert await broken_promises(place.database) == []


@pytest.mark.parametrize("linkedid", ["", "1763699999.7"], ids=["same name", "another name"])
async def test_a_late_message_belongs_to_the_call_the_dialplan_remembers(
    place: Place, chores: Chores, folder: Path, tmp_path: Path, linkedid: str
) -> None:
    citizen = await talked(place)
    place.clock.pass_(901)
    assert await chores.unfinished_calls() == 1
    message, end = spooled(tmp_path, linkedid or citizen.linkedid, citizen.id)
    for entry in (message, end, message):
        await import_entry(place.floor, entry, folder)
    (call,), (kept,), found = await everything(place)
    assert (kept.call_id, kept.kind, kept.recording) == (call.id, "voicemail", f"{call.id}-spooled")
    assert {one.stem for one in found} == {f"{call.id}-1", f"{call.id}-spooled"}
    assert await broken_promises(place.database) == []


async def test_an_entry_taken_again_after_a_crash_leaves_the_finished_sound_alone(
    place: Place, chores: Chores, folder: Path, tmp_path: Path
) -> None:
    message, end = spooled(tmp_path, "1763600001.1")
    for entry in (message, end):
        await import_entry(place.floor, entry, folder)
    place.clock.pass_(60)
    assert await chores.finish_recordings() == 1
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for entry in (message, end):
        await import_entry(place.floor, entry, folder)
    assert await chores.finish_recordings() == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


async def test_the_end_of_a_talk_that_only_the_fallback_saw_frees_the_seat(
    place: Place, folder: Path, chores: Chores
) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    place.clock.pass_(60)
    facts = EndFacts(citizen.id, citizen.linkedid, "ring", "ANSWER", "citizen", 16, 60.0, place.clock())
    for _ in range(2):
        await import_entry(place.floor, SpooledEnd(facts, "12345", "13800000000"), folder)
    row = await citizen.row()
    assert (row.ended_by, row.talk_seconds) == ("citizen", 60)
    assert await place.seat_state("8001") == "wrap_up"


# --- the loops --------------------------------------------------------------------------------------------------------


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
