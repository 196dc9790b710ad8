"""One AMI connection on panoramisk, with its defects closed off: it never reconnects and never replays.

ami.py opens a new one after each loss. tests/agi/test_ami.py names the defects one by one.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from agi.errors import ActionRefused, LinkRefused, UnsafeText
from core.errors import SwitchSilent

log = structlog.get_logger(__name__)

_MESSAGE_LIMIT = 1_000_000
_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """Where AMI is and how long each wait may last; seconds."""

    port: int
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    user: str = "hotline"
    connect_s: float = 3.0
    action_s: float = 4.0
    boot_s: float = 10.0
    ping_every_s: float = 3.0
    ping_s: float = 3.0
    retry_first_s: float = 0.5
    retry_most_s: float = 5.0


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """panoramisk's protocol fed whole messages only, and without its replay list."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.version: str | None = None
        self.closed: bool = False
        self._bytes = b""

    def data_received(self, data: bytes) -> None:
        """Cut at the message's end in bytes, then decode: a character split over two reads stays whole."""
        self._bytes += data
        if self.version is None and b"\r\n" in self._bytes:
            banner, _, self._bytes = self._bytes.partition(b"\r\n")
            if not banner.startswith(b"Asterisk Call Manager/"):
                self._refuse("not an AMI port")
                return
            self.version = banner.partition(b"/")[2].decode("ascii", "replace")
        *messages, self._bytes = self._bytes.split(b"\r\n\r\n")
        for raw in messages:
            message = Message.from_line(raw.decode("utf-8", "replace").strip())
            if message is not None:
                self.handle_message(message)
        if len(self._bytes) > _MESSAGE_LIMIT:
            self._refuse("an AMI message without end")

    def handle_message(self, message: Message) -> None:
        """A fault while handling one message costs that message, not the link.

        An event with a pending action's id is told too; before the response it can't be the answer: that comes first.
        """
        try:
            pending = self.responses.get(message.id)
            if pending is not None and message.event:
                self.factory.dispatch(message)
                if not pending.responses:
                    return
            super().handle_message(message)
        except Exception as error:
            log.error("ami message failed", message=message.event or message.response, exc_info=error)

    def _refuse(self, reason: str) -> None:
        log.error("ami peer refused", reason=reason)
        self._bytes = b""
        self.transport.abort()

    def close(self) -> None:
        """Fail what is pending: a Redirect or Originate sent again after a restart would hit another call."""
        pending = {action.future for action in self.responses.values()}
        self.responses.clear()
        for future in pending:
            if not future.done():
                future.set_exception(SwitchSilent("the AMI link was lost"))
                future.exception()  # read: nobody may be waiting any more
        if not self.closed:
            self.closed = True
            self.transport.abort()


class Link(Manager):  # type: ignore[misc]
    """A logged-in AMI connection. `on_event` gets each event message; `lost` is set once the connection is gone."""

    def __init__(self, settings: AmiSettings, on_event: Callable[[Message], None]) -> None:
        super().__init__(
            host=settings.host,
            port=settings.port,
            username=settings.user,
            secret=settings.secret,
            loop=asyncio.get_running_loop(),
            encoding="utf-8",
        )
        self.settings = settings
        self.lost = asyncio.Event()
        self.booted = asyncio.Event()
        self._on_event = on_event

    async def open(self) -> None:
        """Connect, log in, wait until Asterisk is fully booted. Raises SwitchSilent, LinkRefused."""
        s = self.settings
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(s.connect_s):
                pair = await loop.create_connection(_Protocol, s.host, s.port)
        except (OSError, TimeoutError) as error:
            raise SwitchSilent(f"AMI at {s.host}:{s.port} can't be reached: {type(error).__name__}") from None
        opened: asyncio.Future[Any] = loop.create_future()
        opened.set_result(pair)
        self.connection_made(opened)  # panoramisk sends the log-in here
        login = self.authenticated_future
        try:
            async with asyncio.timeout(s.action_s):
                await login
        except TimeoutError:
            raise SwitchSilent(f"AMI did not answer the log-in within {s.action_s:g} s") from None
        if not self.authenticated and not login.result().success:
            raise LinkRefused("AMI refused the user name or secret")
        try:
            async with asyncio.timeout(s.boot_s):
                await self.booted.wait()
        except TimeoutError:
            raise SwitchSilent(f"Asterisk was not fully booted within {s.boot_s:g} s") from None

    def login(self, future: "asyncio.Future[Any]") -> bool:
        """As panoramisk's, but a log-in that was cut off is no fault of its own."""
        if future.cancelled() or future.exception() is not None:
            return False
        return bool(super().login(future))

    def ping(self) -> None:
        """panoramisk's ping never checks its answer; ami.py pings instead."""

    def dispatch(self, event: Message) -> list[str]:
        if event.event == "FullyBooted":
            self.booted.set()
        self._on_event(event)
        return []

    def connection_lost(self, exc: object) -> None:
        """No reconnection from here: ami.py re-reads the channels before anything else is sent."""
        if self.pinger:
            self.pinger.cancel()
        self.lost.set()

    def close(self) -> None:
        self.awaiting_actions: deque[Any] = deque()
        super().close()
        self.lost.set()

    async def ask(self, fields: Mapping[str, str | list[str]], timeout: float | None = None) -> list[Message]:
        """Send one action, give all messages of its answer. Raises UnsafeText, SwitchSilent, ActionRefused."""
        action = _action(fields)
        bound = timeout or self.settings.action_s
        if self.lost.is_set():
            raise SwitchSilent("the AMI link is down")
        future = self.send_action(action)
        try:
            async with asyncio.timeout(bound):
                answer = await future
        except TimeoutError:
            raise SwitchSilent(f"no answer to {action['Action']} within {bound:g} s") from None
        finally:
            self.protocol.responses.pop(action.id, None)
        messages: list[Message] = answer if isinstance(answer, list) else [answer]
        refused = next((m for m in messages if m.response in ("Error", "Failure")), None)
        if refused is not None:
            raise ActionRefused(f"{action['Action']}: {refused.message or refused.reason or 'failed'}")
        return messages

    async def ping_once(self) -> None:
        """Raises SwitchSilent where Asterisk no longer answers, though the connection stands."""
        await self.ask({"Action": "Ping"}, self.settings.ping_s)


def _action(fields: Mapping[str, str | list[str]]) -> Action:
    for name, value in fields.items():
        for text in (name, *(value if isinstance(value, list) else [value])):
            if any(ord(c) < 32 or ord(c) == 127 for c in text):
                raise UnsafeText(f"AMI field {name!r:.30} must be one line of text")
    sent = {**fields, "ActionID": f"hl-{next(_ids)}"}
    if fields["Action"] == "Originate":
        sent["Async"] = "true"  # without it panoramisk loses the whole connection on the answer
    return Action(sent)


async def settle(task: "asyncio.Task[Any]") -> None:
    """Cancel a task of ours and read how it ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
