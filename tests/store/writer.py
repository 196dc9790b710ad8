"""A process that writes until it is killed: each committed linkedid is printed, the last transaction stays open."""

import asyncio
import sys

from store import calls
from store.database import Database
from store.sealed import Keyring
from tests.store import make


async def write(url: str, key: str, commits: int) -> None:
    database = Database(url, Keyring.parse(key))
    for number in range(commits):
        async with database.session() as session:
            await calls.add_call(session, make.arrival(f"kept.{number}"))
        print(f"kept.{number}", flush=True)
    async with database.session() as session:
        await calls.add_call(session, make.arrival("open.1"))
        print("open", flush=True)
        await asyncio.sleep(120)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.stdin.readline(), int(sys.argv[2])))
