"""A long year in pieces: what was stopped goes on where its database was, not where its journal last told."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bench.city import __main__ as command
from bench.city import house
from bench.city.journal import Journal
from bench.city.people import YEAR
from bench.city.year import Year
from core.assessment import PeriodOver
from store import events
from store.database import Database
from tickets.clock import CHINA

pytestmark = pytest.mark.service
MIDNIGHT = datetime(2026, 8, 11, tzinfo=CHINA)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=14, minutes=24)])
async def test_a_year_that_is_taken_up_never_goes_back_behind_what_it_did(
    sqlite_database: Database, tmp_path: Path, ahead: timedelta
) -> None:
    told = {"clock": MIDNIGHT.isoformat(), "seconds": 1.0, "cpu_s": 1.0, "sweeps": 1, "refused": {}}
    (tmp_path / "deeds.jsonl").write_text(f"{json.dumps(told)}\n", encoding="utf-8")
    async with sqlite_database.session() as session:
        last = PeriodOver(MIDNIGHT + ahead, "demo", "2026-07", "2026年7月")
        await events.append(session, last, "clock")
    year = Year(house.floor(sqlite_database, "demo"), 10, 1, {})
    journal = Journal(tmp_path)
    try:
        assert await command._taken_up(year, journal) == MIDNIGHT + ahead
    finally:
        journal.close()


async def test_a_year_that_has_not_begun_begins_at_its_beginning(
    sqlite_database: Database, tmp_path: Path
) -> None:
    year = Year(house.floor(sqlite_database, "demo"), 10, 1, {})
    journal = Journal(tmp_path)
    try:
        assert await command._taken_up(year, journal) == YEAR
    finally:
        journal.close()
