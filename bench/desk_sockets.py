"""Many desks in one process, each a WebSocket of its own that does next to nothing: what is measured is the server.

A frame's arrival is timed as its bytes are read. Masks of zeros are as good as others to a server (RFC 6455 §5.3 asks for
random ones against proxies, of which there are none on loopback).
"""

import asyncio
import base64
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

AT_ONCE = 50
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
Hear = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class Way:
    """Where one desk connects: the path with its query, the subprotocols it offers, whether it is greeted with a first text."""

    path: str
    offers: str = ""
    greets: bool = False


class Desk(asyncio.Protocol):
    """One desk; tells `hear(its number, text)` of every text. `opened`: it was let in, and greeted where the way says so."""

    def __init__(self, number: int, way: Way, hear: Hear) -> None:
        self._number, self._way, self._hear = number, way, hear
        self._rest = b""
        self._shaken = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop has its own, unrelated by name
        key = base64.b64encode(os.urandom(16)).decode()
        offers = f"Sec-WebSocket-Protocol: {self._way.offers}\r\n" if self._way.offers else ""
        self.transport.write(
            f"GET {self._way.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offers}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._shaken:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            self._shaken, self._rest = True, rest
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.decode(errors="replace")[:200]))
                return
            if not self._way.greets:
                self.opened.set_result(None)
        while (found := frame(self._rest)) is not None:
            kind, payload, self._rest = found
            if kind == TEXT:
                self._hear(self._number, payload)
                if not self.opened.done():
                    self.opened.set_result(None)
            elif kind == PING:
                self.transport.write(bytes((0x80 | PONG, 0x80 | len(payload), 0, 0, 0, 0)) + payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed before it was let in"))


def frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """(kind, payload, what is left) of a server's next frame; None where it is not there as a whole."""
    if len(data) < 2:
        return None
    size, at = data[1] & 0x7F, 2
    if size == 126:
        size, at = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, at = int.from_bytes(data[2:10], "big"), 10
    if len(data) < at or len(data) < at + size:
        return None
    return data[0] & 0x0F, data[at : at + size], data[at + size :]


async def open_all(port: int, ways: Sequence[Way], hear: Hear) -> list[Desk]:
    """All desks, some at a time. Raises ConnectionError where one is not let in."""
    loop, few = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def one(number: int, way: Way) -> Desk:
        async with few:
            _, desk = await loop.create_connection(lambda: Desk(number, way, hear), "127.0.0.1", port)
            await desk.opened
            return desk

    return list(await asyncio.gather(*(one(number, way) for number, way in enumerate(ways))))
