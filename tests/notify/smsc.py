"""A small SMSC on loopback: speaks SMPP 3.4 as its specification lays the PDUs out, knows nothing of our client library."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

ENQUIRE_LINK, BIND_TX, SUBMIT_SM, UNBIND, RESP = 0x15, 0x02, 0x04, 0x06, 0x80000000
OK, THROTTLED, BAD_DEST, BIND_FAILED = 0x00, 0x58, 0x0B, 0x0D
UCS2 = 8
Manner = Literal["take", "silent", "hang_up"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """One submit_sm. `part`: (reference, of how many, which) of its user data header, else None."""

    source: str
    to: str
    coding: int
    words: bytes
    part: tuple[int, int, int] | None
    receipt: int

    @property
    def text(self) -> str:
        return self.words.decode("utf-16-be" if self.coding == UCS2 else "ascii")


@dataclass
class Smsc:
    """`statuses`: of the answers to texts, one after the other, then OK for ever; `manner`: what it does with a text."""

    password: str = "secret"
    manner: Manner = "take"
    statuses: list[int] = field(default_factory=list)
    taken: list[Submitted] = field(default_factory=list)
    binds: int = 0
    unbinds: int = 0
    enquiries: int = 0
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                length, command, _, sequence = struct.unpack("!IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                answer = self._answer(command, body)
                if answer is None:
                    return
                status, said = answer
                if said is not None:
                    head = struct.pack("!IIII", 16 + len(said), command | RESP, status, sequence)
                    writer.write(head + said)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _answer(self, command: int, body: bytes) -> tuple[int, bytes | None] | None:
        """(status, body), body None for silence; None hangs up."""
        match command:
            case 0x02:
                self.binds += 1
                _, password, _ = body.split(b"\0", 2)
                good = password.decode() == self.password
                return (OK, b"smsc\0") if good else (BIND_FAILED, b"")
            case 0x04:
                self.taken.append(_submitted(body))
                if self.manner == "hang_up":
                    return None
                status = self.statuses.pop(0) if self.statuses else OK
                named = f"id-{len(self.taken)}".encode() + b"\0"
                return (status, None if self.manner == "silent" else named)
            case 0x06:
                self.unbinds += 1
                return OK, b""
            case 0x15:
                self.enquiries += 1
                return OK, b""
        return 0x03, b""

    def drop_all(self) -> None:
        """Every session is lost, as when the network goes."""
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


def _submitted(body: bytes) -> Submitted:
    """SMPP 3.4 4.4.1."""
    rest = body[body.index(b"\0") + 1 :]
    source, rest = rest[2:].split(b"\0", 1)
    to, rest = rest[2:].split(b"\0", 1)
    esm_class = rest[0]
    rest = rest[3:]
    _schedule, _validity, rest = rest.split(b"\0", 2)
    receipt, _, coding, _, length = rest[:5]
    words, part = rest[5 : 5 + length], None
    assert len(rest) == 5 + length, "no optional parameters were expected"
    if esm_class & 0x40:
        assert words[:3] == b"\x05\x00\x03", "3GPP TS 23.040 9.2.3.24.1"
        part, words = (words[3], words[4], words[5]), words[6:]
        assert length <= 140
    return Submitted(source.decode(), to.decode(), coding, words, part, receipt)


@asynccontextmanager
async def smsc(**how: object) -> AsyncIterator[Smsc]:
    """One on a free port of this machine."""
    made = Smsc(**how)  # type: ignore[arg-type]
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.drop_all()
        await server.wait_closed()
