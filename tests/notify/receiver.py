"""A real HTTP server for tests that answers as told: fails, is slow, redirects or hangs up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

SECRET = "0123456789abcdef"
Answer = bytes | None


class Receiver:
    """Plays one answer after the other, the last one for ever; None hangs up, b"" never answers."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.heads: list[httpx.Headers] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            pairs = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
            headers = httpx.Headers([(name, value) for name, _, value in pairs])
            self.bodies.append(await reader.readexactly(int(headers["content-length"])))
            self.heads.append(headers)
            answer = self.answers[min(len(self.heads), len(self.answers)) - 1]
            if answer == b"":
                await reader.read()
            elif answer is not None:
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


def answer(status: str, *lines: str, body: bytes = b"") -> bytes:
    """A whole answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


@asynccontextmanager
async def receiving(*answers: Answer) -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(list(answers))
    server = await asyncio.start_server(receiver.talk, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
