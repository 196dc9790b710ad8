"""The product's service as `hotline up` runs it, with a watch on how long each of Asterisk's questions took.

`python -m bench.house FILE` takes its settings from the environment, prints `ready`, and at SIGTERM writes FILE:
{"took": {question: [seconds, …]}, "records": {table: rows}, "open": calls not ended}.
"""

import asyncio
import json
import signal
import sys
from collections import defaultdict
from pathlib import Path

import uvloop
from sqlalchemy import func, select

from app.logs import set_up
from app.settings import Settings
from app.wire import House
from store.database import Database
from store.tables import Call, EventRow, Leg, Message, Recording

TABLES = {"calls": Call, "legs": Leg, "events": EventRow, "messages": Message, "recordings": Recording}


class Watched(House):
    """A house that remembers how long the call desk took."""

    took: dict[str, list[float]]

    def _observed(self, question: str, outcome: str, seconds: float) -> None:
        self.took[question if outcome == "ok" else f"{question} {outcome}"].append(seconds)


async def count(database: Database) -> dict[str, int]:
    """Rows of every table a call writes to, and how many calls have not ended."""
    async with database.reading() as session:
        rows = {
            name: await session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in TABLES.items()
        }
        still = await session.scalar(select(func.count()).select_from(Call).where(Call.ended_at.is_(None)))
        return rows | {"open": still or 0}


async def serve(report: Path) -> None:
    """Until SIGTERM."""
    set_up(json_lines=True)
    house, over = Watched(Settings()), asyncio.Event()
    house.took = defaultdict(list)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await house.start()
    try:
        print("ready", flush=True)
        waits = [asyncio.create_task(over.wait()), asyncio.create_task(house.failed.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        records = await count(house.floor.database)
        report.write_text(json.dumps({"took": house.took, "records": records}))
        for wait in waits:
            wait.cancel()
    finally:
        await house.stop()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
