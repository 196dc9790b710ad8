"""A running service takes up a calendar that was imported, in every process that sees the run folder, without being told."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from app import policies
from app.floor import Floor
from app.rescheduling import News, reschedule
from core.calendar import Calendar
from core.errors import HotlineError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 10.0
Seen = tuple[tuple[str, int, int], ...]


async def follow(floor: Floor, home: Path, *, mend: bool, every_s: float = LOOK_EVERY_S) -> None:
    """Until cancelled. mend: compute tickets anew that were filed under the old calendar while the import ran (a worker does)."""
    folders = policies.calendar_folders(home)
    seen = _seen(folders)
    while True:
        await asyncio.sleep(every_s)
        if (now := _seen(folders)) != seen:
            seen = now
            await take_up(floor, folders, mend=mend)


async def take_up(floor: Floor, folders: Sequence[Path], *, mend: bool) -> int:
    """The calendar as it is in the folders now; gives how many tickets had to be mended. One that can't be read leaves the old."""
    try:
        calendar = policies.load_calendar(*folders)
    except (
        HotlineError,
        OSError,
    ) as error:  # a slip of the pen must not end a service that is answering calls
        log.error("the calendar was not taken up", reason=str(error))
        return 0
    known, floor.calendar = floor.calendar, calendar
    log.info("calendar taken up", key=calendar.key)
    if not mend:
        return 0
    came = news(known, calendar, floor)
    moved = [one async for one in reschedule(floor.database, floor.policy.name, came)]
    for one in moved:
        if one.failed:
            log.error("dates not computed anew", ticket=one.number, reason=one.failed)
    return len(moved)


def news(known: Calendar, calendar: Calendar, floor: Floor) -> News:
    """What the new calendar is about, in people's words."""
    return News(known, calendar, floor.clock(), why(known, calendar), calendar.key)


def why(known: Calendar, calendar: Calendar) -> str:
    """`2027年放假安排已公布`: the years whose plan differs."""
    years = sorted(year for year in known.years | calendar.years if known.plan(year) != calendar.plan(year))
    return f"{'、'.join(map(str, years))}年放假安排已公布" if years else "放假安排已更新"


def _seen(folders: Sequence[Path]) -> Seen:
    """Which files there are, by name, age and size."""
    files = sorted(path for folder in folders for path in folder.glob("*.yaml"))
    found = []
    for path in files:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
