"""Recordings become whole files, and words, once."""

import asyncio
import threading
import wave
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from app.chores import Chores
from core.ports import Capabilities, RecogniserStream, Utterance
from store import messages, utterances
from store.tables import Recording
from tests.app.invariants import broken_promises
from tests.app.place import Place
from tests.app.talks import RATE, talked, the_recording, write_raw, write_wav

pytestmark = pytest.mark.service


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
    capabilities = Capabilities(False, False, False, False, ("zh",), (RATE,))

    def __init__(self, stumbles: bool = False) -> None:
        self.stumbles = stumbles

    def load(self) -> "Parrot":
        return self

    def know(self, terms: Iterable[str]) -> None:
        self.terms = tuple(terms)

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
    claimed = (await the_recording(place, citizen)).claimed_until
    place.clock.pass_(80)
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
