"""Asterisk's call details: read line by line, torn and foreign lines kept aside, files removed only when taken."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agi.call_details import CDR, CEL, Table, import_details, read

pytestmark = pytest.mark.unit


def cel(**facts: str) -> bytes:
    given = {"eventtype": "ANSWER", "eventtime": "1763690400.123456", "channame": "PJSIP/8001-00000001",
             "uniqueid": "1763690400.1", "linkedid": "1763690400.1", "cid_num": "13812345678", "exten": "13812345678"}  # fmt: skip
    return _line(CEL, given | facts)


def cdr(**facts: str) -> bytes:
    given = {"src": "13812345678", "dst": "12345", "clid": '"张三" <13812345678>', "channel": "PJSIP/carrier-1",
             "lastdata": "PJSIP/13812345678@carrier,60", "start": "1763690400.000000", "answer": "0.000000",
             "end": "1763690430.500000", "duration": "30.500000", "billsec": "0.000000", "disposition": "NO ANSWER",
             "uniqueid": "1763690400.1", "linkedid": "1763690400.1", "sequence": "7"}  # fmt: skip
    return _line(CDR, given | facts)


def _line(names: Sequence[str] | dict[str, str], facts: dict[str, str]) -> bytes:
    return (",".join('"' + facts.get(name, "").replace('"', '""') + '"' for name in names) + "\n").encode()


class Kept:
    """Takes lines; `fail_at`: the batch at which the worker dies."""

    def __init__(self, fail_at: int = 0) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.batches = 0
        self.fail_at = fail_at

    async def take(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        self.batches += 1
        if self.batches == self.fail_at:
            raise RuntimeError("killed")
        self.rows |= {row["id"]: row for row in rows}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for table in ("cdr", "cel"):
        (tmp_path / f"{table}-custom").mkdir()
    return tmp_path


def write(log: Path, table: Table, *lines: bytes, name: str = "") -> Path:
    path = log / f"{table}-custom" / (name or f"{table}.csv")
    with path.open("ab") as file:
        file.writelines(lines)
    return path


async def whole(log: Path, kept: Kept) -> None:
    """Twice: the first round sets the file aside, the second reads it."""
    for _ in range(2):
        await import_details(log, kept.take, settled_s=0)


def test_a_record_is_read_with_its_moments_and_its_people() -> None:
    row = read("cdr", cdr())
    assert row is not None
    assert (row["start"], row["answer"]) == (datetime(2025, 11, 21, 2, 0, tzinfo=UTC), None)
    assert (row["duration"], row["sequence"], row["clid"]) == (30.5, 7, '"张三" <13812345678>')
    assert row["lastdata"] == "PJSIP/138****5678@carrier,60"


def test_an_event_keeps_its_microseconds_and_hides_the_number_dialled() -> None:
    row = read("cel", cel(extra='{"bridge_id":"76038097-40e1","extension":"13812345678","why":"a, \\"b\\""}'))
    assert row is not None
    assert row["eventtime"].microsecond == 123456
    assert (row["exten"], row["cid_num"], row["cid_ani"]) == ("138****5678", "13812345678", None)
    assert json.loads(row["extra"]) == {
        "bridge_id": "76038097-40e1",
        "extension": "138****5678",
        "why": 'a, "b"',
    }


@pytest.mark.parametrize(
    "line",
    [
        cel()[:-1],
        cel()[:40],
        b"\n",
        b"hello\n",
        b'"unclosed\n',
        cel(eventtime="soon"),
        cel(eventtime=""),
        b"\xff\n",
    ],
)
def test_torn_and_foreign_lines_are_none(line: bytes) -> None:
    assert read("cel", line) is None


def test_a_record_without_its_times_is_none() -> None:
    assert read("cdr", cdr(end="")) is None
    assert read("cdr", cdr(sequence="x")) is None


async def test_what_was_taken_is_gone_and_what_is_still_written_stays(log: Path) -> None:
    kept = Kept()
    write(log, "cel", cel(), cel(eventtime="1763690401.000000"))
    write(log, "cdr", cdr())
    await import_details(log, kept.take, settled_s=60)
    assert kept.rows == {}
    write(log, "cel", cel(eventtime="1763690402.000000"))
    await whole(log, kept)
    assert len(kept.rows) == 4
    assert not list(log.glob("*/*.csv*"))


async def test_a_worker_that_dies_at_any_batch_loses_and_doubles_nothing(log: Path) -> None:
    lines = [cel(eventtime=f"1763690400.{n:06d}") for n in range(1000)]
    for fail_at in range(1, 6):
        kept = Kept(fail_at)
        path = write(log, "cel", *lines, name=f"cel.csv.{fail_at}")
        with pytest.raises(RuntimeError):
            await import_details(log, kept.take, settled_s=0)
        assert path.exists()
        kept.fail_at = 0
        await import_details(log, kept.take, settled_s=0)
        assert len(kept.rows) == 1000
        assert not path.exists()


async def test_bad_lines_are_kept_beside_and_the_others_are_taken(log: Path) -> None:
    kept = Kept()
    write(log, "cel", cel(), b"not a line of ours\n", cel(eventtime="1763690403.000000"), cel()[:30])
    await whole(log, kept)
    assert len(kept.rows) == 2
    bad = log / "cel-custom" / "bad.csv"
    assert bad.read_bytes() == b"not a line of ours\n" + cel()[:30] + b"\n"
    assert bad.stat().st_mode & 0o077 == 0


async def test_files_somebody_else_rotated_are_read_too(log: Path) -> None:
    kept = Kept()
    write(log, "cel", cel(), name="cel.csv.1")
    write(log, "cel", cel(eventtime="1763690404.000000"), name="cel.csv.2")
    await whole(log, kept)
    assert len(kept.rows) == 2


async def test_our_taps_for_captions_are_no_calls(log: Path) -> None:
    kept = Kept()
    write(log, "cel", cel(channame="AudioSocket/127.0.0.1:4574-0001"))
    write(log, "cdr", cdr(channel="AudioSocket/127.0.0.1:4574-0001"))
    await whole(log, kept)
    assert kept.rows == {}
    assert not list(log.glob("*/*.csv*"))


async def test_without_an_asterisk_on_this_machine_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert (await import_details(tmp_path / "nowhere", Kept().take)).lines == 0


async def test_a_line_beyond_all_bounds_does_not_fill_the_memory(log: Path) -> None:
    kept = Kept()
    path = write(log, "cel", b'"' + b"x" * 100_000 + b'"\n', cel(), name="cel.csv.1")
    os.utime(path, (0, 0))
    await import_details(log, kept.take)
    assert len(kept.rows) == 1
