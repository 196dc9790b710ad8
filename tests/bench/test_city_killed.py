"""kill -9 at moments of the year: nothing acknowledged is lost, and no notice goes out twice where nobody would notice."""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from bench.city import house
from bench.city.checks import examine, faults
from bench.city.mend import mended
from bench.city.people import YEAR, Done
from bench.city.year import END, Year
from store import notices
from store.database import Database
from store.sealed import Keyring
from store.tables import NoticeRow
from tests.notify.receiver import answer

pytestmark = [pytest.mark.edge, pytest.mark.timeout(900)]  # a year of computing, beside others who compute
PROJECT = Path(__file__).resolve().parents[2]
TICKETS = 40
KILLS = 3
OK = answer("200 OK", body=b'{"id":"g-1"}')


@dataclass
class Gateway:
    """Takes everything; `armed`: what is done once when something arrives, before it is answered."""

    arrived: list[str] = field(default_factory=list)
    armed: Callable[[], None] | None = None
    url: str = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
            headers = httpx.Headers([(name, value) for name, _, value in lines])
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            assert headers["idempotency-key"] == body["id"]
            self.arrived.append(body["id"])
            if self.armed is not None:
                act, self.armed = self.armed, None
                act()
            writer.write(OK)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/take"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Lives:
    """The processes of one year, one after the other: what they acknowledged, and how far the clock had come."""

    url: str
    keyring: Keyring
    texts: Gateway
    calls: Gateway
    done: defaultdict[str, list[Done]] = field(default_factory=lambda: defaultdict(list))
    clock: str = YEAR.isoformat()
    over: bool = False

    async def one(self, kill: Callable[[asyncio.subprocess.Process, int], None]) -> None:
        """Until it ends or is killed. `kill` is asked after each acknowledged deed, with how many this process has done."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.city_child", self.url, "heyuan", str(TICKETS), self.clock, self.texts.url,
            self.calls.url, cwd=PROJECT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        known = {
            ticket: [(one.action, one.at.isoformat(), one.facts) for one in done]
            for ticket, done in self.done.items()
        }
        try:
            child.stdin.write(
                self.keyring.dump().encode().rstrip() + b"\n" + json.dumps(known).encode() + b"\n"
            )
            await child.stdin.drain()
            kill(child, 0)
            deeds = 0
            async with asyncio.timeout(280):
                while line := await child.stdout.readline():  # what was told before death is in the pipe
                    if line.endswith(b"\n"):
                        deeds += self._heard(json.loads(line))
                        kill(child, deeds)
                await child.wait()
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    def _heard(self, told: dict[str, Any]) -> bool:
        self.over = self.over or "over" in told
        self.clock = told.get("clock", self.clock)
        if "ticket" in told:
            self.done[told["ticket"]].append(
                Done(told["action"], datetime.fromisoformat(told["at"]), told["facts"])
            )
        return "ticket" in told


async def test_a_year_of_killed_processes_loses_nothing(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    dice = Random(database_url.partition(":")[0])
    async with gateway() as texts, gateway() as calls:
        lives, struck = Lives(database_url, keyring, texts, calls), list[asyncio.subprocess.Process]()

        def after(many: int) -> Callable[[asyncio.subprocess.Process, int], None]:
            def kill(child: asyncio.subprocess.Process, deeds: int) -> None:
                if deeds >= many and child not in struck:
                    struck.append(child)
                    child.kill()

            return kill

        def on_arrival(one: Gateway) -> Callable[[asyncio.subprocess.Process, int], None]:
            def arm(child: asyncio.subprocess.Process, deeds: int) -> None:
                if deeds >= 3 and child not in struck:
                    struck.append(child)
                    one.armed = child.kill

            return arm

        for moment in (after(dice.randint(10, 30)), on_arrival(calls), on_arrival(texts)):
            await lives.one(moment)
            assert not lives.over, "the year was over before the process was killed"
        await lives.one(lambda child, deeds: None)
        assert lives.over
        assert len(struck) == KILLS
    year = Year(house.floor(database, "heyuan"), TICKETS, 5)
    year.done = lives.done
    assert len(await mended(year)) <= 3 * KILLS, (
        "more was done and never told than was under way when death came"
    )
    report = await examine(year, END)
    assert faults(report) == {}
    assert report.seen["cards"] > 20
    await _delivered(database, texts, calls)


async def _delivered(database: Database, texts: Gateway, calls: Gateway) -> None:
    """A text may be handed over twice under one key, and counts once; a call whose answer nobody heard stays in doubt."""
    async with database.reading() as session:
        rows: list[NoticeRow] = []
        while page := (await notices.find(session, limit=500, offset=len(rows))).items:
            rows += page
        shown = (await notices.find(session, state="uncertain")).items
    assert len(rows) > 20
    assert len({row.key for row in rows}) == len(rows)
    assert 1 <= len(texts.arrived) - len(set(texts.arrived)) <= KILLS, (
        "what was under way when a process was killed was handed over again, and nothing else"
    )
    assert len(calls.arrived) == len(set(calls.arrived)), "nobody was rung twice"
    for row in rows:
        times = {"sms": texts, "voice": calls}[row.channel].arrived.count(row.id)
        if row.state == "sent":
            assert times >= 1
        elif row.state == "uncertain":
            assert times <= 1
        elif row.state != "not_sent":
            assert times == 0, (row.state, row.channel)
    assert [row.channel for row in shown] == ["voice"]
    assert shown[0].id in calls.arrived
