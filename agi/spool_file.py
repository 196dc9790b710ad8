"""The spool's files: what the fallback script writes while the service is away, and how it is read again.

A JSON file in the spool folder is a whole entry; its audio stands beside it under the same stem. `taking/` holds a
message still being recorded, `bad/` what could not be read. Standard library only: Asterisk starts this often.
"""

import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from core.call import EndFacts
from core.errors import BadInput

VERSION = 1
_ENDERS = ("citizen", "agent", "us", "switch")


@dataclass(frozen=True, slots=True)
class SpooledMessage:
    """A message taken while the service was away. `audio`: a WAV file that may need its header repaired, or none."""

    linkedid: str
    call_id: str
    line: str
    caller: str
    at: datetime
    audio: Path | None


@dataclass(frozen=True, slots=True)
class SpooledEnd:
    """The end of a call that the service could not be told."""

    facts: EndFacts
    line: str
    caller: str


Entry = SpooledMessage | SpooledEnd


def stem(linkedid: str, kind: Literal["message", "ended"]) -> str:
    """The same for every attempt at one call, so a repeated write replaces, never doubles."""
    return f"{re.sub(r'[^A-Za-z0-9.-]', '_', linkedid)[:80] or 'unknown'}-{kind}"


def write(folder: Path, name: str, content: dict[str, Any]) -> Path:
    """Write one entry for our user alone; it appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial, final = folder / f".{name}.part", folder / f"{name}.json"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"version": VERSION, **content}, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(final)
    return final


def promote(path: Path, folder: Path) -> None:
    """Move a taken message into the spool: audio first, so that the JSON file completes it."""
    audio = path.with_suffix(".wav")
    if audio.exists():
        audio.rename(folder / audio.name)
    path.rename(folder / path.name)


def read(path: Path) -> Entry:
    """One entry, checked field by field. Raises BadInput naming what is wrong."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name}: {type(error).__name__}") from None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise BadInput(f"{path.name}: not a spool entry of version {VERSION}")
    match content.get("kind"):
        case "message":
            return _message(path, content)
        case "ended":
            return _ended(path, content)
    raise BadInput(f"{path.name}: unknown kind")


def _message(path: Path, content: dict[str, Any]) -> SpooledMessage:
    audio = path.with_suffix(".wav")
    linkedid, call_id, line, caller = (
        _text(path, content, n) for n in ("linkedid", "call_id", "line", "caller")
    )
    return SpooledMessage(
        linkedid, call_id, line, caller, _time(path, content), audio if audio.exists() else None
    )


def _ended(path: Path, content: dict[str, Any]) -> SpooledEnd:
    text = {
        n: _text(path, content, n)
        for n in ("linkedid", "call_id", "line", "caller", "step", "status", "ended_by")
    }
    cause, seconds = content.get("cause"), content.get("answered_s")
    if text["ended_by"] not in _ENDERS or not isinstance(cause, int) or not isinstance(seconds, int | float):
        raise BadInput(f"{path.name}: impossible end")
    line, caller = text.pop("line"), text.pop("caller")
    facts = EndFacts(**text, cause=cause, answered_s=float(seconds), at=_time(path, content))
    return SpooledEnd(facts, line, caller)


def _text(path: Path, content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or len(value) > 200 or any(ord(c) < 32 for c in value):
        raise BadInput(f"{path.name}: {name} is not a short text")
    return value


def _time(path: Path, content: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(str(content.get("at")))
    except ValueError:
        raise BadInput(f"{path.name}: at is not a time") from None
    if at.tzinfo is None:
        raise BadInput(f"{path.name}: at has no zone")
    return at
