"""`up` waits as long as its service lives, asks one question at a time, and says in people's words why it gave up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.ready import NotReady, until_ready

pytestmark = pytest.mark.service
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndown"


class Slow:
    """A service that answers late; how many were asking at once."""

    def __init__(self, answer: bytes, after_s: float) -> None:
        self.answer, self.after_s, self.asking, self.most = answer, after_s, 0, 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asking += 1
        self.most = max(self.most, self.asking)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(self.after_s)
        writer.write(self.answer)
        self.asking -= 1
        writer.close()


@asynccontextmanager
async def served(by: Any) -> AsyncIterator[str]:
    async with await asyncio.start_server(by, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def wait(url: str, within_s: float, say: Callable[[str], None] = print, restarts: int = 0) -> Any:
    return until_ready(url, SimpleNamespace(restarts=restarts), Path("/logs/service.log"), say, within_s)  # type: ignore[arg-type]


async def test_an_answer_that_takes_seconds_is_waited_for_and_asked_for_once() -> None:
    slow = Slow(OK, 3.3)
    async with served(slow) as url:
        await wait(url, 30)
    assert slow.most == 1


async def test_a_service_that_stays_unwell_is_named_in_chinese_first_with_its_log() -> None:
    async with served(Slow(BUSY, 0)) as url:
        with pytest.raises(NotReady, match=r"^热线服务.*未就绪.*/logs/service\.log.*down"):
            await wait(url, 4)


async def test_a_service_that_keeps_ending_is_not_waited_for() -> None:
    with pytest.raises(NotReady, match="反复退出 3 次"):
        async with asyncio.timeout(30):
            await wait("http://127.0.0.1:9", 60, restarts=3)
