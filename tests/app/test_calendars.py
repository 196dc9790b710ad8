"""A running service takes up an imported calendar by itself, and mends what was filed while the import ran."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from app import calendars, policies
from store import tickets
from tests.app.place import Place
from tests.app.test_calendar_command import NOTICE, ticket_in

pytestmark = pytest.mark.service
OFF = date(2027, 1, 4)


@asynccontextmanager
async def following(place: Place, home: Path, *, mend: bool = True) -> AsyncIterator[None]:
    task = asyncio.create_task(calendars.follow(place.floor, home, mend=mend, every_s=0.02))
    await asyncio.sleep(0)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(place: Place, *, off: bool) -> None:
    async with asyncio.timeout(30):
        while place.floor.calendar.is_working_day(OFF).counts is off:
            await asyncio.sleep(0.02)


def lay(home: Path, text: str = NOTICE) -> None:
    folder = policies.imported_calendars(home)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".part").write_text(text, encoding="utf-8")
    (folder / ".part").replace(folder / "2027.yaml")


async def test_a_new_file_is_taken_up_and_a_withdrawn_one_too(sqlite_place: Place, tmp_path: Path) -> None:
    async with following(sqlite_place, tmp_path):
        lay(tmp_path)
        await until(sqlite_place, off=True)
        (policies.imported_calendars(tmp_path) / "2027.yaml").unlink()
        await until(sqlite_place, off=False)


async def test_a_ticket_filed_while_the_import_ran_is_mended_once(place: Place, tmp_path: Path) -> None:
    ticket_id = await ticket_in(place.database, "T1")
    lay(tmp_path)
    folders = policies.calendar_folders(tmp_path)
    assert await calendars.take_up(place.floor, folders, mend=True) == 1
    assert await calendars.take_up(place.floor, folders, mend=True) == 0
    async with place.database.reading() as session:
        row = await tickets.get(session, ticket_id)
    assert (row.clock["provisional"], row.clock["notice"]) == (False, place.floor.calendar.key)


async def test_who_is_no_worker_takes_it_up_and_leaves_tickets_alone(
    sqlite_place: Place, tmp_path: Path
) -> None:
    ticket_id = await ticket_in(sqlite_place.database, "T1")
    lay(tmp_path)
    await calendars.take_up(sqlite_place.floor, policies.calendar_folders(tmp_path), mend=False)
    async with sqlite_place.database.reading() as session:
        assert (await tickets.get(session, ticket_id)).clock["provisional"] is True
    assert not sqlite_place.floor.calendar.is_working_day(OFF).counts


async def test_a_file_that_cannot_be_read_leaves_the_calendar_as_it_was(
    sqlite_place: Place, tmp_path: Path
) -> None:
    before = sqlite_place.floor.calendar
    lay(tmp_path, "year: [")
    assert await calendars.take_up(sqlite_place.floor, policies.calendar_folders(tmp_path), mend=True) == 0
    assert sqlite_place.floor.calendar is before


def test_the_years_that_changed_are_named(tmp_path: Path) -> None:
    known = policies.load_calendar(tmp_path)
    lay(tmp_path)
    come = policies.load_calendar(policies.imported_calendars(tmp_path))
    assert calendars.why(known, come) == "2027年放假安排已公布"
    assert calendars.why(come, come) == "放假安排已更新"
    assert come.key == policies.load_calendar(policies.imported_calendars(tmp_path)).key != known.key
