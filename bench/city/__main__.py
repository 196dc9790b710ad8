"""A simulated city: 60 units of mixed manners, a year of tickets through the real house on a real database, then checks.

`python -m bench.city [--tickets 50000] [--profile NAME …] [--database sqlite|postgresql|URL] [--into FOLDER [--finished]] [--no-post] [--write]` prints a table
on standard error and one JSON object on standard output; exit 1 where something is wrong. Every step is a transaction of its
own through app.flow; no time is slept. `postgresql` starts a server of its own, a URL names an empty database that exists. With
`--into` a year that was stopped goes on where it was when the command is given again (no notices are sent then: what arrived at the
gateways is not kept), one that is over is only told again; `--finished` lives nothing and tells of all that are over there.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
import uvloop
from sqlalchemy import func, select

from app import policies
from bench import machine
from bench.city import checks, house, page, points, post
from bench.city.journal import Journal, finished_in
from bench.city.mend import mended
from bench.city.people import YEAR
from bench.city.year import END, Year
from store.database import Database
from store.sealed import Keyring
from store.tables import EventRow
from tickets.clock import local

PROFILES = ("heyuan", "demo", "yanji", "chenzhou", "henan", "jiayuguan")
SEED = 12345


async def live(
    url: str, profile: str, tickets: int, seed: int, posts: bool = True, journal: Journal | None = None
) -> dict[str, Any]:
    """One year and its checks; JSON-able."""
    database = Database(url, journal.keyring() if journal else Keyring.generate(), wait_s=60)
    try:
        await database.create_or_upgrade()
        found = post.gateways(seed) if posts else {}
        year = Year(house.floor(database, profile), tickets, seed, post.senders(found))  # type: ignore[arg-type]
        since = YEAR if journal is None else await _taken_up(year, journal)
        await year.begin()
        await year.run(since)
        began = time.perf_counter()
        report = await checks.examine(year, END)
        await points.scored(year, END, report)
        if posts:
            await post.delivered(database, found, report)
    finally:
        await database.close()
    deeds = year.counted.deeds.total() + year.counted.refused.total()
    return {
        "profile": profile, "database": database.dialect, "asked": tickets, "seed": seed,
        "year_s": round(year.counted.seconds, 1), "checks_s": round(time.perf_counter() - began, 1),
        "cpu_s": round(year.counted.cpu_s, 1), "deed_ms": round(1000 * year.counted.cpu_s / deeds, 2), "sweeps": year.counted.sweeps,
        "deeds": dict(year.counted.deeds), "refused": dict(year.counted.refused), "seen": dict(report.seen),
        "wrong": checks.faults(report),
    }  # fmt: skip


async def _taken_up(year: Year, journal: Journal) -> datetime:
    """The year as its journal and its database know it, and the moment it goes on from."""
    past, began = journal.past, time.perf_counter()
    year.done, year.counted = past.done, past.counted
    before, used = past.counted.seconds, past.counted.cpu_s - time.process_time()
    for ticket, one in await mended(year):
        journal.told(ticket, one)
        year.counted.deeds[one.action] += 1
    year.acked = journal.told
    year.ticked = lambda at: journal.passed(
        at, year.counted, before + time.perf_counter() - began, used + time.process_time()
    )
    async with year.floor.database.reading() as session:
        last = await session.scalar(select(func.max(EventRow.at)))  # the journal tells midnights only
    return max(past.clock, local(last)) if last else past.clock


@contextlib.contextmanager
def place(kind: str, into: Path | None = None) -> Iterator[str]:
    """An empty database, gone afterwards; a URL is taken as it is. `into`: SQLite's file stays in this folder."""
    if kind == "sqlite" and into:
        yield f"sqlite:///{into / 'city.sqlite'}"
    elif kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="hotline-city-") as folder:
            yield f"sqlite:///{Path(folder) / 'city.sqlite'}"
    elif kind == "postgresql":
        from tests.databases import postgres  # the tests know how to start one

        with postgres() as url:
            yield url
    else:
        yield kind


def main() -> int:
    """0 where nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--profile", action="append", choices=policies.names())
    parser.add_argument("--database", action="append")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--into", type=Path, help="keep the year here, and go on with one that is there")
    parser.add_argument(
        "--finished", action="store_true", help="only tell of the years in --into that are over"
    )
    parser.add_argument("--no-post", action="store_true", help="send no notices")
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    result: dict[str, Any] = {"machine": machine.describe(), "years": []}
    if chosen.finished:
        result["years"] = finished_in(chosen.into)
        print(page.table(result), file=sys.stderr)
    else:
        for kind in chosen.database or ["sqlite"]:
            for profile in chosen.profile or PROFILES:
                result["years"].append(_year(chosen, kind, profile))
                print(page.table(result), file=sys.stderr, flush=True)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if chosen.write:
        page.write(result)
    return 1 if any(year["wrong"] for year in result["years"]) else 0


def _year(chosen: argparse.Namespace, kind: str, profile: str) -> dict[str, Any]:
    """One year as the command line wants it; one that is over already in its folder is not lived again."""
    tickets = min(200_000, max(10, chosen.tickets))
    into = chosen.into / f"{profile}-{kind.partition(':')[0]}-{tickets}" if chosen.into else None
    journal = Journal(into) if into else None
    if journal and (figures := journal.finished()):
        return figures
    posts = not chosen.no_post and journal is None
    begun = {"commit": machine.commit(), "load": machine.describe()["load at start"]}
    with place(kind, into) as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = begun | runner.run(live(url, profile, tickets, chosen.seed, posts, journal))
    figures["load"] += f" to {machine.describe()['load at start']}"
    if journal:
        journal.finish(figures)
    return figures


if __name__ == "__main__":
    sys.exit(main())
