"""Filings, transitions and card sweeps per second with many open tickets, through the real house; and the lists people open.

`python -m bench.tickets [--open 10000 --open 1000000] [--database sqlite|postgresql|URL] [--write]` prints a table on standard error
and one JSON object on standard output. Peers in the same run: one plain insert of the same rows per transaction as the floor of a
filing's cost, and a look at every open ticket as the naive sweep.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
import uvloop
from sqlalchemy import select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, Executable

from api import queries
from app import filing, flow
from app.chores import Chores
from app.floor import Floor
from bench import machine, tickets_page, tickets_rows
from bench.city import house
from bench.city.__main__ import place
from bench.city.choices import REPLY
from bench.city.people import AGENT, BOSS, LEADS, YEAR, found_city, handler
from core.ids import new_id
from core.rights import EVERYTHING
from store import hot, tickets
from store.database import Database
from store.sealed import Keyring
from store.tables import EventRow, Ticket
from tickets.alarms import fallen

COUNT = 300
NAIVE = 10_000
STEPS = ("sign", "contact", "reply", "review", "resolve")
OPEN = (
    "filed",
    "dispatched",
    "deemed",
    "signed",
    "extension_asked",
    "returned",
    "disputed",
    "replied",
    "reviewed",
    "redoing",
)


class Explained(Executable, ClauseElement):
    """A question to be explained, not answered."""

    inherit_cache = False

    def __init__(self, question: Any) -> None:
        self.question = question


@compiles(Explained)
def _explain(element: Explained, compiler: Any, **more: Any) -> str:
    word = "EXPLAIN QUERY PLAN" if compiler.dialect.name == "sqlite" else "EXPLAIN"
    return f"{word} {compiler.process(element.question, **more)}"


class Run:
    """One database with so many open tickets. `now`: the clock, moved by hand."""

    def __init__(self, database: Database, count: int = COUNT) -> None:
        self.database, self.now, self._count = database, YEAR + timedelta(hours=10), count
        self.floor: Floor = house.floor(database, "heyuan")
        self.floor.clock = lambda: self.now
        self.chores = Chores(self.floor, Path("/nonexistent"), Path("/nonexistent"))
        self._keys = 0

    async def figures(self, many: int) -> dict[str, Any]:
        """JSON-able."""
        await tickets_rows.fill(self.database, many)
        filed, filings = await self._filings()
        plain = await self._plain(filed[0])
        idle = await self._idle()
        swept = await self._sweep(filed)
        transitions = await self._transitions(filed)
        naive = await self._naive(many)
        return {
            "database": self.database.dialect, "open": many, "filings": filings, "plain": plain,
            "filing_to_plain": round(filings / plain, 2), "transitions": transitions, "swept": swept, "idle_ms": idle,
            "naive_ms": naive, "naive_to_idle": round(naive / idle), "lists": await self._lists(),
        }  # fmt: skip

    # --- rates --------------------------------------------------------------------------------------------------------

    async def _filings(self) -> tuple[list[str], float]:
        """Filed and dispatched, one transaction each."""
        ids: list[str] = []
        began = time.perf_counter()
        for _ in range(self._count):
            self._keys += 1
            order = filing.Order(
                "help",
                "路灯不亮",
                "东门路灯三天不亮",
                unit=LEADS[self._keys % len(LEADS)],
                caller=f"136{self._keys:08d}",
            )
            ids.append(
                (await flow.ticket_filed(self.floor, order, AGENT, f"bench/{self.now}/{self._keys}")).id
            )
        return ids, _rate(self._count, began)

    async def _plain(self, like: str) -> float:
        """The floor of a filing's cost: its ticket and its events inserted as they are, sealed, one transaction each."""
        async with self.database.reading() as session:
            row = await tickets.get(session, like)
            events = (await session.scalars(select(EventRow).where(EventRow.subject == like))).all()
        columns = [column.name for column in hot.table_of(Ticket).columns]
        ticket = {name: getattr(row, name) for name in columns} | {
            "next_alarm_at": None,
            "state": "archived",
            "title_marks": row.title,
        }
        facts = [{n: getattr(one, n) for n in ("name", "at", "actor", "payload")} for one in events]
        began = time.perf_counter()
        for number in range(self._count):
            name = new_id("tkt")
            async with self.database.session() as session:
                await hot.add(
                    session,
                    Ticket,
                    [ticket | {"id": name, "number": f"p{self.now:%j}-{number}", "request_key": name}],
                )
                await hot.add(
                    session, EventRow, [fact | {"id": new_id("ev"), "subject": name} for fact in facts]
                )
        return _rate(self._count, began)

    async def _transitions(self, ids: list[str]) -> float:
        """A ticket's way from signing to the end, step by step."""
        began = time.perf_counter()
        for one in ids:
            async with self.database.reading() as session:
                row = await tickets.get(session, one)
            assert row.unit_code is not None
            who, version = handler(row.unit_code), row.version
            for deed in STEPS:
                actor = BOSS if deed in ("review", "resolve") else who
                facts: dict[str, Any] = {
                    "reply": dict(REPLY, result="已修复"),
                    "contact": {"talk": "已联系"},
                }.get(deed, {})
                done = await flow.ticket_step(self.floor, one, deed, actor, version, **facts)  # type: ignore[arg-type]
                version = done.ticket.version
        return _rate(len(ids) * len(STEPS), began)

    # --- sweeps -------------------------------------------------------------------------------------------------------

    async def _idle(self) -> float:
        """A look of the chore where nothing is due, milliseconds: what must not grow with the number of open tickets."""
        began = time.perf_counter()
        for _ in range(50):
            assert await self.chores.alarms() == 0
        return round((time.perf_counter() - began) / 50 * 1000, 3)

    async def _sweep(self, ids: list[str]) -> float:
        """Every ticket just filed has its first cards fall at one moment; no other is touched."""
        before = await self._touched()
        async with self.database.reading() as session:
            alarm = (await tickets.get(session, ids[0])).next_alarm_at
        assert alarm is not None
        self.now = alarm + timedelta(seconds=5)
        began, done = time.perf_counter(), 0
        while found := await self.chores.alarms():
            done += found
        assert done == len(ids) == await self._touched() - before, (done, len(ids))
        return _rate(done, began)

    async def _touched(self) -> int:
        async with self.database.reading() as session:
            question = text("SELECT count(*) FROM tickets WHERE version > 1 AND state <> 'archived'")
            return int((await session.execute(question)).scalar_one())

    async def _naive(self, many: int) -> float:
        """Looking at every open ticket, on at most 10,000 of them and then in proportion, milliseconds."""
        looked, after = 0, ""
        began = time.perf_counter()
        while looked < min(many, NAIVE):
            async with self.database.reading() as session:
                rows = await tickets.open_after(session, OPEN, after, 1000)
            for row in rows:
                fallen(filing.as_ticket(row), self.floor.policy, self.floor.calendar, self.now)
            looked, after = looked + len(rows), rows[-1].id
        return round((time.perf_counter() - began) * 1000 * many / looked, 1)

    # --- lists --------------------------------------------------------------------------------------------------------

    async def _lists(self) -> list[dict[str, Any]]:
        """What screens ask, first page of 50."""
        soon = self.now + tickets_rows.LATER + timedelta(days=3)
        empty = queries.TicketFilter()
        asked = {
            "all, newest first": empty,
            "one unit": replace(empty, unit=LEADS[3]),
            "one unit's to sign, by deadline": replace(
                empty, unit=LEADS[3], states=("dispatched", "deemed"), order="due_at", newest_first=False
            ),
            "one unit's due soon": replace(
                empty, unit=LEADS[3], due_before=soon, order="due_at", newest_first=False
            ),
            "in work, by deadline": replace(empty, states=OPEN, order="due_at", newest_first=False),
            "due soon": replace(empty, due_before=soon, order="due_at", newest_first=False),
            "replied": replace(empty, states=("replied",)),
            "one caller": replace(empty, caller="13600000007"),
        }
        return [await self._list(name, wanted) for name, wanted in asked.items()]

    async def _list(self, name: str, wanted: queries.TicketFilter) -> dict[str, Any]:
        async with self.database.reading() as session:
            began = time.perf_counter()
            page = await queries.tickets(session, EVERYTHING, wanted, 50, 0)
            took = time.perf_counter() - began
            rows = await session.execute(Explained(queries.ticket_question(EVERYTHING, wanted).limit(50)))
            plan = [str(row[-1]).strip().removeprefix("->").strip() for row in rows]
        return {"list": name, "found": page.total, "ms": round(took * 1000, 1), "plan": _short(plan)}


def _short(plan: list[str]) -> str:
    """The steps that touch the table, and sorts."""
    kept = [
        one.partition("  (cost")[0]
        for one in plan
        if "tickets" in one or "SORT" in one.upper() or "B-TREE" in one
    ]
    return "; ".join(kept)


def _rate(count: int, began: float) -> float:
    return round(count / (time.perf_counter() - began), 1)


async def measure(
    url: str, sizes: list[int], count: int = COUNT, like: int = tickets_rows.SAMPLE
) -> list[dict[str, Any]]:
    """Smallest first, in one database. `count`: deeds per figure; `like`: tickets the open ones are copies of."""
    database = Database(url, Keyring.generate(), wait_s=600)
    try:
        await database.create_or_upgrade()
        run = Run(database, count)
        async with database.session() as session:
            await found_city(session, YEAR)
        await tickets_rows.sample(run.floor, YEAR, like)
        runs = []
        for many in sorted(sizes):
            runs.append(await run.figures(many))
            print(f"{database.dialect} {many}: done", file=sys.stderr, flush=True)
            run.now += timedelta(days=7)
        return runs
    finally:
        await database.close()


def main() -> int:
    """Always 0: what the machine gives is what is written down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--open", type=int, action="append", help="open tickets; several sizes one after the other"
    )
    parser.add_argument("--database", action="append")
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sizes = [min(5_000_000, max(1_000, size)) for size in chosen.open or [10_000, 1_000_000]]
    result: dict[str, Any] = {"machine": machine.describe(), "runs": []}
    for kind in chosen.database or ["sqlite", "postgresql"]:
        with place(kind) as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result["runs"] += runner.run(measure(url, sizes))
    print(tickets_page.table(result), file=sys.stderr)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if chosen.write:
        tickets_page.write(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
