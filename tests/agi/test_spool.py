"""What the fallback script kept comes home once, and nothing is lost on the way."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.spool import SpoolReport, import_spool
from agi.spool_file import Entry, SpooledEnd, SpooledMessage, read, stem, write
from agi.tones import tone, write_wav
from core.errors import BadInput

pytestmark = pytest.mark.unit

CALL = {
    "linkedid": "17.1",
    "call_id": "c-1",
    "line": "12345",
    "caller": "13800138000",
    "at": "2026-11-21T08:00:00+00:00",
}
END = {
    **CALL,
    "kind": "ended",
    "step": "ring",
    "status": "ANSWER",
    "ended_by": "agent",
    "cause": 16,
    "answered_s": 3.5,
}
MESSAGE = {**CALL, "kind": "message"}


class Home:
    def __init__(self) -> None:
        self.taken: list[Entry] = []
        self.fail = False

    async def take(self, entry: Entry) -> None:
        if self.fail:
            raise RuntimeError("database away")
        if isinstance(entry, SpooledMessage) and entry.audio is not None:
            assert entry.audio.exists()
        self.taken.append(entry)


def message(folder: Path, linkedid: str = "17.1") -> Path:
    path = write(folder, stem(linkedid, "message"), {**MESSAGE, "linkedid": linkedid})
    write_wav(path.with_suffix(".wav"), tone([(400, 0.2)]))
    return path


def left(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


async def test_entries_come_home_and_leave_the_spool(tmp_path: Path) -> None:
    message(tmp_path)
    write(tmp_path, stem("17.1", "ended"), END)
    home = Home()
    assert await import_spool(tmp_path, home.take) == SpoolReport(taken=2, waiting=0, bad=0)
    first, second = home.taken
    assert isinstance(first, SpooledMessage)
    assert first.caller == "13800138000"
    assert isinstance(second, SpooledEnd)
    assert second.facts.answered_s == 3.5
    assert left(tmp_path) == []


async def test_entry_stays_until_it_was_taken(tmp_path: Path) -> None:
    message(tmp_path)
    home = Home()
    home.fail = True
    assert await import_spool(tmp_path, home.take) == SpoolReport(taken=0, waiting=1, bad=0)
    assert left(tmp_path) == ["17.1-message.json", "17.1-message.wav"]
    home.fail = False
    assert (await import_spool(tmp_path, home.take)).taken == 1


async def test_crash_after_the_takeover_is_cleaned_up_without_taking_twice(tmp_path: Path) -> None:
    path = message(tmp_path)
    path.rename(path.with_suffix(".done"))
    home = Home()
    await import_spool(tmp_path, home.take)
    assert home.taken == []
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", json.dumps({"version": 2, **END}), json.dumps({"version": 1, **END, "kind": "other"}),
        json.dumps({"version": 1, **END, "ended_by": "nobody"}), json.dumps({"version": 1, **END, "cause": "16"}),
        json.dumps({"version": 1, **END, "at": "2026-11-21T08:00:00"}), json.dumps({"version": 1, **END, "at": "soon"}),
        json.dumps({"version": 1, **MESSAGE, "caller": 138}), json.dumps({"version": 1, **MESSAGE, "line": "1\n2"}),
    ],
)  # fmt: skip
async def test_bad_entry_is_set_aside_whole_and_stops_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad-one.json").write_text(content)
    (tmp_path / "bad-one.wav").write_bytes(b"voice")
    message(tmp_path)
    home = Home()
    assert await import_spool(tmp_path, home.take) == SpoolReport(taken=1, waiting=0, bad=1)
    assert [Path(name).name.partition("-")[2] for name in left(tmp_path)] == ["bad-one.json", "bad-one.wav"]
    assert all(name.startswith("bad/") for name in left(tmp_path))


async def test_message_whose_taker_died_comes_home_later(tmp_path: Path) -> None:
    message(tmp_path / "taking")
    home = Home()
    assert (await import_spool(tmp_path, home.take)).taken == 0
    for path in (tmp_path / "taking").iterdir():
        os.utime(path, (1000, 1000))
    assert (await import_spool(tmp_path, home.take)).taken == 1
    assert left(tmp_path) == []


async def test_no_spool_folder_is_an_empty_spool(tmp_path: Path) -> None:
    assert await import_spool(tmp_path / "none", Home().take) == SpoolReport(0, 0, 0)


async def test_half_written_entry_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / ".17.1-message.part").write_text('{"version": 1')
    assert await import_spool(tmp_path, Home().take) == SpoolReport(0, 0, 0)


@given(linkedid=st.text(max_size=300))
def test_any_linkedid_gives_a_plain_file_name(linkedid: str) -> None:
    name = stem(linkedid, "ended")
    assert len(name) < 100
    assert "/" not in name
    assert Path(name).name == name


def test_entry_read_is_entry_written(tmp_path: Path) -> None:
    entry = read(write(tmp_path, "x", END))
    assert isinstance(entry, SpooledEnd)
    assert entry.facts.ended_by == "agent"
    assert (tmp_path / "x.json").stat().st_mode & 0o077 == 0


def test_missing_entry_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read(tmp_path / "none.json")
