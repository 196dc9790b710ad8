"""Asterisk's own call details, as it writes them line by line: which columns, and how a line is read.

cdr_custom and cel_custom open, append and close their file for each line, so a file may be renamed at any moment: we do
so and read what can't grow any more. Nothing is remembered of how far we read: a line has a digest, a file that was read is
removed, and reading one twice (after a crash at any line) adds nothing.
"""

import contextlib
import csv
import hashlib
import itertools
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import structlog

from core.masking import mask_numbers

log = structlog.get_logger(__name__)

Table = Literal["cdr", "cel"]
Take = Callable[[Table, Sequence[dict[str, Any]]], Awaitable[None]]

CDR = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags", "userfield", "uniqueid", "linkedid", "peeraccount", "sequence",
)  # fmt: skip
CEL = {
    "eventtype": "${eventtype}", "eventtime": "${eventtime}", "userdeftype": "${userdeftype}",
    "cid_name": "${CALLERID(name)}", "cid_num": "${CALLERID(num)}", "cid_ani": "${CALLERID(ANI)}",
    "cid_rdnis": "${CALLERID(RDNIS)}", "cid_dnid": "${CALLERID(DNID)}", "exten": "${CHANNEL(exten)}",
    "context": "${CHANNEL(context)}", "channame": "${CHANNEL(channame)}", "appname": "${CHANNEL(appname)}",
    "appdata": "${CHANNEL(appdata)}", "amaflags": "${CHANNEL(amaflags)}", "accountcode": "${CHANNEL(accountcode)}",
    "uniqueid": "${CHANNEL(uniqueid)}", "linkedid": "${CHANNEL(linkedid)}",
    "userfield": "${CHANNEL(userfield)}", "peer": "${BRIDGEPEER}", "extra": "${eventextra}",
}  # fmt: skip
_OPTIONS = {"start": ",u", "answer": ",u", "end": ",u", "duration": ",f", "billsec": ",f"}
_MOMENTS = frozenset({"start", "answer", "end", "eventtime"})
_SECONDS = frozenset({"duration", "billsec"})
_PEOPLE = frozenset({"src", "dst", "clid", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid"})
"""Sealed in the database; '' is kept as nothing."""
_TEXTS = frozenset({"lastdata", "appdata", "exten", "dcontext"})
"""May hold a number that was dialled: masked."""
_LONGEST = 20_000
BATCH = 50  # one transaction: on SQLite nobody else writes meanwhile, and calls come first
SETTLED_S = 2.0


def cdr_line() -> str:
    """What cdr_custom.conf writes for a record."""
    return ",".join(f"${{CSV_QUOTE(${{CDR({name}{_OPTIONS.get(name, '')})}})}}" for name in CDR)


def cel_line() -> str:
    """What cel_custom.conf writes for an event."""
    return ",".join(f"${{CSV_QUOTE({value})}}" for value in CEL.values())


@dataclass(frozen=True, slots=True)
class Imported:
    """`lines` that were handed on, `bad` ones that could not be read and are kept beside the others."""

    lines: int = 0
    bad: int = 0


async def import_details(folder: Path, take: Take, settled_s: float = SETTLED_S) -> Imported:
    """Hand what Asterisk wrote below its log `folder` to `take`, batch after batch; it must keep each line once.

    A file is renamed first and read once nobody has written to it for `settled_s` seconds; after it was taken it is gone.
    Files that others rotated (`cel.csv.1`) are read the same way. Lines that can't be read go to `bad.csv` beside it.
    """
    tables: tuple[Table, ...] = ("cdr", "cel")
    lines = bad = 0
    for table in tables:
        place = folder / f"{table}-custom"
        for path in _settled(place, table, settled_s):
            done, wrong = await _import_file(path, table, take)
            lines, bad = lines + done, bad + wrong
        _set_aside(place / f"{table}.csv")
    return Imported(lines, bad)


def _set_aside(path: Path) -> None:
    """From now on Asterisk writes a new file; the name keeps the order."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size:
            path.rename(path.with_name(f"{path.name}.{time.time_ns()}"))


def _settled(place: Path, table: Table, settled_s: float) -> list[Path]:
    """Files nobody writes to any more, oldest first."""
    before = time.time() - settled_s
    found = {path: path.stat().st_mtime for path in place.glob(f"{table}.csv.*")}
    return sorted(
        (path for path, written in found.items() if written <= before), key=lambda p: (found[p], p.name)
    )


async def _import_file(path: Path, table: Table, take: Take) -> tuple[int, int]:
    """Lines taken and lines that can't be read. The file is removed once every line is in one place or the other."""
    taken = 0
    bad: list[bytes] = []
    with path.open("rb") as file:
        while batch := list(itertools.islice(_lines(file), BATCH)):
            rows = []
            for line in batch:
                row = read(table, line)
                if row is None:
                    bad.append(line)
                elif _wanted(table, row):
                    rows.append(row)
            if rows:
                await take(table, rows)
            taken += len(rows)
    if bad:
        _keep_bad(path.with_name("bad.csv"), bad)
        log.error("call details that can't be read", file=path.name, lines=len(bad))
    path.unlink(missing_ok=True)
    return taken, len(bad)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines as they stand; one beyond all bounds comes in pieces that can't be read."""
    while line := file.readline(_LONGEST):
        yield line


def _keep_bad(path: Path, lines: Sequence[bytes]) -> None:
    """Beside the others, so that somebody can look; a file read again writes its bad lines again."""
    with path.open("ab") as file:
        os.fchmod(file.fileno(), 0o600)
        file.writelines(line if line.endswith(b"\n") else line + b"\n" for line in lines)


def _wanted(table: Table, row: Mapping[str, Any]) -> bool:
    """Our own taps for captions are no party of a call; a record for each of them would double the file."""
    return not str(row["channel" if table == "cdr" else "channame"]).startswith("AudioSocket/")


def read(table: Table, line: bytes) -> dict[str, Any] | None:
    """A line as columns, ready to be stored; None for a torn or foreign one."""
    names = CDR if table == "cdr" else tuple(CEL)
    try:
        values = next(csv.reader([line.decode("utf-8", "replace")], strict=True))
        if not line.endswith(b"\n") or len(values) != len(names):
            return None
        row = {name: _value(name, text) for name, text in zip(names, values, strict=True)}
    except (csv.Error, ValueError, StopIteration, OverflowError, OSError):
        return None
    missing = row["eventtime"] is None if table == "cel" else row["start"] is None or row["end"] is None
    return None if missing else {"id": hashlib.sha256(line).hexdigest()[:40], **row}


def _value(name: str, text: str) -> Any:
    if name in _MOMENTS:
        return _moment(text)
    if name in _SECONDS:
        return float(text or 0)
    if name == "sequence":
        return int(text)
    if name in _PEOPLE:
        return text or None
    if name == "extra":
        return _extra(text)
    return mask_numbers(text) if name in _TEXTS else text


def _extra(text: str) -> str:
    """JSON whose ids stay as they are; a transfer's extension may be somebody's number."""
    try:
        facts = json.loads(text) if text else {}
    except ValueError:
        return mask_numbers(text)
    if not isinstance(facts, dict):
        return mask_numbers(text)
    kept = {
        k: v if k.endswith("_id") or not isinstance(v, str) else mask_numbers(v) for k, v in facts.items()
    }
    return json.dumps(kept, ensure_ascii=False) if kept else ""


def _moment(text: str) -> datetime | None:
    """Seconds since 1970 with a fraction; None for the 0 of what never happened."""
    seconds, _, part = text.partition(".")
    if not seconds or not int(seconds):
        return None
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(part.ljust(6, "0")[:6] or 0))
