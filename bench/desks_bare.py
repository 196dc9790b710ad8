"""The floor price of telling many: `websockets`' own server and its `broadcast` of the same bytes, nothing asked, nothing kept.

`python -m bench.desks_bare` writes {"port"}; each line on standard input is broadcast, and {"at"} is the moment before.
"""

import asyncio
import sys
import time

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.desks_house import tell


async def main() -> None:
    """Until standard input ends."""
    there: set[ServerConnection] = set()

    async def stays(connection: ServerConnection) -> None:
        there.add(connection)
        await connection.wait_closed()
        there.discard(connection)

    async with serve(stays, "127.0.0.1", 0, compression=None, backlog=512) as server:
        tell(port=next(iter(server.sockets)).getsockname()[1])
        while text := await asyncio.to_thread(sys.stdin.readline):
            tell(at=time.monotonic())
            broadcast(there, text.rstrip("\n"))


if __name__ == "__main__":
    uvloop.run(main())
