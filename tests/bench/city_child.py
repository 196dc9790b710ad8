"""A process that lives a simulated year until it is killed; each deed is told on standard output after the house said yes to it."""

import asyncio
import json
import logging
import os
import sys
from datetime import datetime
from typing import Any

import structlog

from bench.city import house
from bench.city.people import Done
from bench.city.year import END, Year
from notify.sms import SmsGateway
from store.database import Database
from store.sealed import Keyring
from tests.notify.receiver import SECRET


class Calls(SmsGateway):
    """A way out that does not know our keys: who asks twice is served twice."""

    name = "calls"
    honours_key = False
    at_once = 1


def say(**told: Any) -> None:
    """One line, in the pipe before the next deed begins."""
    os.write(1, json.dumps(told).encode() + b"\n")


async def live(url: str, profile: str, tickets: int, since: str, texts: str, calls: str) -> None:
    ring, before = Keyring.parse(sys.stdin.readline()), json.loads(sys.stdin.readline())
    database = Database(url, ring, wait_s=60)
    year = Year(
        house.floor(database, profile), tickets, 5, {"sms": SmsGateway(texts, SECRET), "voice": Calls(calls, SECRET)},
        lambda ticket, done: say(ticket=ticket, action=done.action, at=done.at.isoformat(), facts=done.facts),
        lambda at: say(clock=at.isoformat()),
    )  # fmt: skip
    for ticket, done in before.items():
        year.done[ticket] = [Done(action, datetime.fromisoformat(at), facts) for action, at, facts in done]
    await year.begin()
    await year.run(datetime.fromisoformat(since), END)
    say(over=True)
    await database.close()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(live(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:7]))
