"""What the fallback took down while we were away."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from agi.spool_file import Entry, SpooledEnd, SpooledMessage
from app.chores import Chores, import_entry
from core.call import EndFacts
from store.tables import Call, Message, Recording
from tests.app.invariants import broken_promises
from tests.app.place import START, Place
from tests.app.talks import talked, write_wav

pytestmark = pytest.mark.service


async def everything(place: Place) -> tuple[list[Call], list[Message], list[Recording]]:
    async with place.database.reading() as session:
        return (
            list(await session.scalars(select(Call))),
            list(await session.scalars(select(Message))),
            list(await session.scalars(select(Recording))),
        )


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
