"""FastAGI server: panoramisk's routing and reply parser inside a session that survives every peer.

Each override below answers one defect of panoramisk 1.4; tests/agi/test_fastagi.py names them one by one.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from panoramisk.fast_agi import Application, Request
from panoramisk.utils import parse_agi_result

from agi.errors import BadPeer, CallerGone, CommandRefused, CommandTimeout, UnsafeText

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one FastAGI server; seconds and bytes."""

    header_s: float = 3.0
    command_s: float = 5.0
    session_s: float = 30.0
    close_s: float = 1.0
    bytes: int = 16_384  # of a header, and of a reply line
    sessions: int = 2000


class Session(Request):  # type: ignore[misc]
    """One conversation with one channel. Commands one at a time; a hangup raises CallerGone in whoever waits."""

    def __init__(
        self,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: Limits,
    ) -> None:
        super().__init__(app=None, headers=headers, reader=reader, writer=writer)
        self.limits = limits
        self.gone = False
        self._reply: asyncio.Future[str] | None = None
        self._over = asyncio.Event()

    def args(self) -> list[str]:
        """The arguments the dialplan gave after the URL, in order."""
        count = sum(1 for name in self.headers if name.startswith("agi_arg_"))
        return [self.headers.get(f"agi_arg_{i}", "") for i in range(1, count + 1)]

    async def send_command(self, command: str) -> dict[str, Any]:
        """Send one AGI command, give panoramisk's parsed reply.

        Raises UnsafeText, CallerGone, CommandTimeout (the session is out of step after it and closes), CommandRefused.
        """
        if any(ord(c) < 32 or ord(c) == 127 for c in command):
            raise UnsafeText("an AGI command must be one line of text")
        if self.gone:
            raise CallerGone("the channel is gone")
        self._reply = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.limits.command_s):
                self.writer.write(command.encode(self.encoding, "replace") + b"\n")
                await self.writer.drain()
                line = await self._reply
        except TimeoutError:
            self.lose()
            raise CommandTimeout(
                f"no answer to {command.split()[0]} in {self.limits.command_s:g} s"
            ) from None
        except ConnectionError:
            self.lose()
            raise CallerGone("Asterisk closed the connection") from None
        finally:
            self._reply = None
        return await self._checked(command, line)

    async def _checked(self, command: str, line: str) -> dict[str, Any]:
        result: dict[str, Any] = parse_agi_result(line)
        error = result.get("error")
        if error == "AGIResultHangup" or line.startswith("511"):
            self.lose()
            raise CallerGone("the channel is gone")
        if error == "AGIAppError":  # -1 is "error or hangup": a hangup says so within a moment
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self._over.wait()
            if self.gone:
                raise CallerGone("hung up during " + command.split()[0])
        if error or result.get("result", ("",))[0] == "-2":
            raise CommandRefused(f"{command.split()[0]}: {line}")
        return result

    async def pump(self) -> None:
        """Read what Asterisk says until hangup or end of file. Raises BadPeer on anything that isn't AGI."""
        try:
            while True:
                line = await self._line()
                if line == "HANGUP":
                    return
                if line.startswith("520-"):
                    line = await self._usage(line)
                if line.startswith("100"):
                    continue
                if self._reply is None or self._reply.done() or not line[:3].isdigit():
                    raise BadPeer("a reply that nobody asked for")
                self._reply.set_result(line)
        except (EOFError, ConnectionError):
            return
        finally:
            self.lose()

    async def _line(self) -> str:
        try:
            raw = await self.reader.readline()
        except ValueError:
            raise BadPeer("a line longer than AGI ever sends") from None
        if not raw.endswith(b"\n"):
            raise EOFError
        return str(raw.decode(self.encoding, "replace").rstrip("\r\n"))

    async def _usage(self, first: str) -> str:
        lines = [first]
        while not lines[-1].startswith("520 "):
            lines.append(await self._line())
            if len(lines) > 200:
                raise BadPeer("a usage text without end")
        return "\n".join(lines)

    def lose(self) -> None:
        """From now on nothing can be asked; whoever waits for a reply learns it at once."""
        self.gone = True
        self._over.set()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(CallerGone("the channel is gone"))


Endpoint = Callable[[Session], Awaitable[None]]


class FastAgi(Application):  # type: ignore[misc]
    """Serve FastAGI. Build and start it inside the running loop; `stop` ends every session and its socket."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.limits = limits or Limits()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._stopping = False

    def add_route(self, path: str, endpoint: Endpoint) -> None:
        """`agi://host:port/path` is answered by `endpoint`, a coroutine function. Raises TypeError otherwise."""
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"{path}: a FastAGI endpoint must be a coroutine function")
        super().add_route(path, endpoint)

    async def start(self, host: str, port: int) -> int:
        """Listen; give the port (useful with 0)."""
        self._server = await asyncio.start_server(
            self.handler, host, port, backlog=1024, limit=self.limits.bytes
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, end sessions under way. Asterisk then takes its fallback for them."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def sessions(self) -> int:
        """Sessions under way."""
        return len(self._tasks)

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its first byte to its closed socket; never raises, never outlives its bounds."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= self.limits.sessions:
            log.warning("fastagi full", sessions=len(self._tasks))
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except BadPeer as error:
            log.warning("fastagi peer refused", reason=str(error))
        except CallerGone:
            log.debug("fastagi caller gone")
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._tasks.discard(task)
            await self._close(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = await self._headers(reader)
        script = headers.get("agi_network_script", "").partition("?")[0]
        endpoint = self._route.get(script)
        if endpoint is None:
            raise BadPeer(f"no route {script[:40]!r}")
        await self._serve(script, endpoint, Session(headers, reader, writer, self.limits))

    async def _headers(self, reader: asyncio.StreamReader) -> dict[str, str]:
        try:
            async with asyncio.timeout(self.limits.header_s):
                raw = await reader.readuntil(b"\n\n")
        except TimeoutError:
            raise BadPeer(f"no full header within {self.limits.header_s:g} s") from None
        except asyncio.LimitOverrunError:
            raise BadPeer("header too long") from None
        except (EOFError, ConnectionError):
            raise BadPeer("closed before the end of the header") from None
        headers = {}
        for line in raw.decode(self.default_encoding, "replace").rstrip("\n").split("\n"):
            name, colon, value = line.partition(":")
            if not colon or not name.startswith("agi_"):
                raise BadPeer("not an AGI header")
            headers[name] = value.strip()
        return headers

    async def _serve(self, script: str, endpoint: Endpoint, session: Session) -> None:
        work = asyncio.ensure_future(endpoint(session))
        pump = asyncio.ensure_future(session.pump())
        try:
            await asyncio.wait(
                {work, pump}, timeout=self.limits.session_s, return_when=asyncio.FIRST_COMPLETED
            )
            if session.gone and not work.done():
                await asyncio.sleep(0)  # whoever waits for a reply gets CallerGone first, not a cancellation
        finally:
            for task in (work, pump):
                task.cancel()
            await asyncio.wait({work, pump}, timeout=self.limits.close_s)
        self._tell(script, work)
        if pump.done() and not pump.cancelled() and pump.exception():
            raise BadPeer(str(pump.exception()))

    def _tell(self, script: str, work: "asyncio.Future[None]") -> None:
        """Read how the endpoint ended: a fault is logged by name, the caller's hangup is ordinary."""
        if not work.done():
            log.error("fastagi endpoint ignores its end", route=script)
        elif (
            not work.cancelled()
            and (error := work.exception()) is not None
            and not isinstance(error, CallerGone)
        ):
            log.error("fastagi endpoint failed", route=script, error=type(error).__name__, exc_info=error)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        """Asterisk holds the channel until this socket is closed, so it always is."""
        try:
            async with asyncio.timeout(self.limits.close_s):
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, ConnectionError):
            writer.transport.abort()
