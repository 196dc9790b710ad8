"""Changes of the line register: checked as a whole, versioned, each kept as an event with who and why. Live calls go on."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from core.errors import Conflict, NotAllowed
from core.events import LineChanged
from routing import Line, LineRegister
from routing.line import MAIN_LINE, LineChange, differences
from routing.lines_text import once
from store import events, lines
from store.database import Database

log = structlog.get_logger(__name__)
TOPIC = "registers"


async def load_register(database: Database) -> LineRegister:
    """The register as it stands in the store. Raises LinesInvalid."""
    async with database.reading() as session:
        return LineRegister(await lines.register(session), await lines.reasons(session))


async def put(
    session: AsyncSession, line: Line, version: int, who: str, why: str, at: datetime
) -> LineChange:
    """Add (version 0) or change one line. What is so already changes nothing, whatever the version: asked twice is once.

    Raises LinesInvalid, UnknownUnit, Conflict.
    """
    held = await lines.lock(session)
    row = held.get(line.number)
    if row is not None and lines.known(row) == line:
        return LineChange(line.number, line.name, "same", row.version)
    if (row.version if row else 0) != version:
        raise Conflict(f"线路 {line.number} 已被他人修改，现为第 {row.version if row else 0} 版")
    whole = {number: lines.known(one) for number, one in held.items()} | {line.number: line}
    LineRegister(whole.values(), await lines.reasons(session))
    return await _write(session, line, lines.known(row) if row else None, version, who, why, at)


async def take_in(
    session: AsyncSession, given: Iterable[Line], who: str, why: str, at: datetime, *, dry: bool = False
) -> list[LineChange]:
    """Put many lines at once, all or none; lines not among them stay. dry: only say what would change.

    Raises LinesInvalid, UnknownUnit.
    """
    held = await lines.lock(session)
    before = {number: lines.known(row) for number, row in held.items()}
    wanted = {line.number: line for line in once(given, "导入")}
    LineRegister((before | wanted).values(), await lines.reasons(session))
    done = []
    for number, line in wanted.items():
        if before.get(number) == line:
            done.append(LineChange(number, line.name, "same", held[number].version))
        elif dry:
            done.append(_change(before.get(number), line, held[number].version if number in held else 0))
        else:
            version = held[number].version if number in held else 0
            done.append(await _write(session, line, before.get(number), version, who, why, at))
    return done


async def withdraw(
    session: AsyncSession, number: str, version: int, who: str, why: str, at: datetime
) -> LineChange:
    """Give a number up for ever. Withdrawn twice is withdrawn once.

    Raises UnknownLine, Conflict, NotAllowed for 12345, LinesInvalid where another line leads here.
    """
    if number == MAIN_LINE:
        raise NotAllowed(f"{MAIN_LINE} 不能取消")
    gone = {row.number: row for row in await lines.withdrawn(session)}
    if number in gone:
        return LineChange(number, gone[number].name, "same")
    held = await lines.lock(session)
    row = held.get(number) or await lines.get(session, number)
    if row.version != version:
        raise Conflict(f"线路 {number} 已被他人修改，现为第 {row.version} 版")
    LineRegister(lines.known(one) for one in held.values() if one.number != number)
    before, name = lines.known(row), row.name
    await lines.withdraw(session, row, who, why, at)
    await events.append(session, LineChanged(at, number, "withdrawn", why, asdict(before), None), who)
    return LineChange(number, name, "withdrawn")


async def _write(
    session: AsyncSession, line: Line, before: Line | None, version: int, who: str, why: str, at: datetime
) -> LineChange:
    change = _change(before, line, await lines.put(session, line, version, at))
    was = asdict(before) if before else None
    await events.append(session, LineChanged(at, line.number, change.what, why, was, asdict(line)), who)
    return change


def _change(before: Line | None, line: Line, version: int) -> LineChange:
    if before is None:
        return LineChange(line.number, line.name, "added", version)
    return LineChange(line.number, line.name, "changed", version, differences(before, line))


async def tell(floor: Floor, changes: Iterable[LineChange]) -> None:
    """Every process takes up the register anew; calls under way keep what they were told."""
    numbers = [one.number for one in changes if one.what != "same"]
    if numbers:
        await take_up(floor)
        await floor.tell(TOPIC, "lines.changed", numbers=numbers)


async def take_up(floor: Floor) -> None:
    """The register as it stands now; matching keeps its index until `reload`."""
    floor.content = replace(floor.content, register=await load_register(floor.database))


async def follow(floor: Floor) -> None:
    """Until cancelled: take up what other processes changed."""
    async with floor.hints.subscribe(TOPIC) as incoming:
        async for _ in incoming:
            await take_up(floor)
            log.info("line register taken up anew")
