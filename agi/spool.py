"""Bring what the fallback script kept back into the house: an entry leaves the spool only after it was taken over."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from agi.spool_file import Entry, promote, read
from core.errors import BadInput

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SpoolReport:
    """What one pass did. `waiting`: entries whose takeover failed and that stay for the next pass."""

    taken: int
    waiting: int
    bad: int


async def import_spool(
    folder: Path, take: Callable[[Entry], Awaitable[None]], stale_s: float = 900.0
) -> SpoolReport:
    """Hand every entry to `take`, oldest first; remove it once `take` returned.

    `take` may see an entry again after a crash, so it must do no harm twice (key: kind and linkedid); it copies the
    audio. Unreadable files go to `bad/`, never away. stale_s: a message left half-taken this long counts as whole.
    """
    _rescue(folder, stale_s)
    for done in folder.glob("*.done"):
        _remove(done)
    taken = waiting = bad = 0
    for path in sorted(folder.glob("*.json"), key=lambda p: p.stat().st_mtime):
        try:
            entry = read(path)
        except BadInput as error:
            log.error("spool entry set aside", file=path.name, error=str(error))
            _set_aside(path)
            bad += 1
            continue
        if await _take(take, entry, path):
            _remove(path.rename(path.with_suffix(".done")))
            taken += 1
        else:
            waiting += 1
    return SpoolReport(taken, waiting, bad)


async def _take(take: Callable[[Entry], Awaitable[None]], entry: Entry, path: Path) -> bool:
    try:
        async with asyncio.timeout(30.0):
            await take(entry)
    except Exception as error:
        log.error("spool entry not taken yet", file=path.name, error=type(error).__name__, exc_info=error)
        return False
    return True


def _remove(done: Path) -> None:
    """`.done` says the entry was taken: a crash in here is finished by the next pass."""
    done.with_suffix(".wav").unlink(missing_ok=True)
    done.unlink()


def _set_aside(path: Path) -> None:
    target = path.parent / "bad"
    target.mkdir(exist_ok=True, mode=0o700)
    stamp = time.time_ns()
    for part in (path.with_suffix(".wav"), path):
        if part.exists():
            part.rename(target / f"{stamp}-{part.name}")


def _rescue(folder: Path, stale_s: float) -> None:
    """A message whose taker died (power cut, kill): its audio up to then is worth keeping."""
    limit = time.time() - stale_s
    for path in (folder / "taking").glob("*.json"):
        audio = path.with_suffix(".wav")
        if max(p.stat().st_mtime for p in (path, audio) if p.exists()) < limit:
            promote(path, folder)
