"""An AudioSocket peer that hears nothing: takes what the taps send and throws it away.

`python -m bench.deaf FILE` listens on a free loopback port, writes the port to its standard output, and at SIGTERM writes
FILE: {"streams": connections so far, "bytes": taken so far, "most": open at once}.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

import uvloop


class Deaf(asyncio.Protocol):
    """Counts; one instance for all connections."""

    def __init__(self) -> None:
        self.streams = self.bytes = self.open = self.most = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.streams += 1
        self.open += 1
        self.most = max(self.most, self.open)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open -= 1

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)


async def serve(report: Path) -> None:
    """Until SIGTERM."""
    deaf, over = Deaf(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(lambda: deaf, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await over.wait()
    report.write_text(json.dumps({"streams": deaf.streams, "bytes": deaf.bytes, "most": deaf.most}))
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
