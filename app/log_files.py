"""Logs within bounds without another daemon: a file that grew too large is copied aside and emptied where it is.

Whoever writes keeps its open file (all of ours append), so nobody needs to be told. A line written between the copy and
the emptying would be lost: what came meanwhile is copied again, so that only microseconds are left.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0


def rotate(path: Path, most_bytes: int, keep: int) -> bool:
    """Move a file beyond `most_bytes` to `.1` (older ones to `.2` … `.keep`) and empty it. True where that was done.

    Raises OSError where the disk refuses; the file then stays as it is.
    """
    try:
        if path.stat().st_size <= most_bytes:
            return False
    except FileNotFoundError:
        return False
    partial = path.with_name(f".{path.name}.part")
    with path.open("rb") as source, partial.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        shutil.copyfileobj(source, target, 1 << 20)
        for number in range(keep - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number + 1}"))
        shutil.copyfileobj(source, target)  # what was written while we copied
        os.truncate(path, 0)
    partial.replace(path.with_name(f"{path.name}.1"))
    return True


async def keep_small(
    paths: Sequence[Path], most_bytes: int, keep: int, every_s: float = LOOK_EVERY_S
) -> None:
    """Until cancelled; a file that can't be rotated is told and tried again."""
    while True:
        for path in paths:
            try:
                if await asyncio.to_thread(rotate, path, most_bytes, keep):
                    log.info("log rotated", file=path.name)
            except OSError as error:
                log.warning("a log can't be rotated", file=path.name, reason=str(error))
                with contextlib.suppress(OSError):
                    path.with_name(f".{path.name}.part").unlink(missing_ok=True)
        await asyncio.sleep(every_s)
