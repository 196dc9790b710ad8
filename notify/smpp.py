"""Text messages straight to a carrier's SMSC over SMPP 3.4, on aiosmpplib; TLS is left to a tunnel.

SMPP knows no idempotency key: a text that was written to the wire and not answered is Unsure. Chinese goes as UCS-2, long
texts in parts with a user data header. Delivery receipts are not asked for: `sent` means that the SMSC took it.
"""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field

from aiosmpplib import (  # type: ignore[import-untyped]
    ESME,
    AbstractBroker,
    AbstractHook,
    AbstractRetryTimer,
    BindMode,
    PhoneNumber,
    SmppCommandStatus,
    SmppError,
    SmppMessage,
    SmppSessionState,
    SubmitSm,
    SubmitSmResp,
)

from core.errors import BadInput
from core.notices import Notice, NotSent, Unsure

_LATER = frozenset(
    {
        SmppCommandStatus.ESME_RTHROTTLED,
        SmppCommandStatus.ESME_RMSGQFUL,
        SmppCommandStatus.ESME_RSYSERR,
        SmppCommandStatus.ESME_RX_T_APPN,
    }
)
"""SMPP 3.4 5.1.3: the SMSC can't just now; anything else it says of a text it will say again."""
_UDHI = 0b01000000
_RENEW_AFTER = 200
"""aiosmpplib keeps what it sent in parts under a number of 0 … 255 until a receipt comes, and we ask for none: a fresh
session before the numbers come round."""
_WAITING = 8
_CANCELS = 3


@dataclass(frozen=True, slots=True)
class Smsc:
    """The carrier's SMSC and our account there. `source`: the number our texts come from (106…)."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    source: str
    system_type: str = ""


class SmppGateway:
    """core.notices.Sender over one transmitter session, opened at the first text and again after it was lost.

    timeout_s: bound of connecting, and of the SMSC's answer to a text. Raises BadInput.
    """

    name = "smpp"
    honours_key = False
    at_once = 4

    def __init__(self, smsc: Smsc, *, timeout_s: float = 10.0, enquire_s: float = 30.0) -> None:
        if not smsc.host or not smsc.system_id or not smsc.source.isascii():
            raise BadInput("SMPP needs a host, a system id and the number texts come from")
        if len(smsc.password) > 8 or len(smsc.system_id) > 15:
            raise BadInput("SMPP 3.4 allows 15 characters of system id and 8 of password")
        self._smsc, self._timeout_s, self._enquire_s = smsc, timeout_s, enquire_s
        self._session: _Session | None = None
        self._opening = asyncio.Lock()

    @property
    def most_s(self) -> float:
        return 3 * self._timeout_s + 1.0

    async def send(self, notice: Notice) -> str:
        """Hand one text to the SMSC; its message id. Raises NotSent, Unsure."""
        async with self._opening:
            session = await self._open()
        return await session.submit(notice, self._smsc.source, self._timeout_s)

    async def close(self) -> None:
        """Unbind and close."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def _open(self) -> "_Session":
        session = self._session
        if session is not None and session.fresh:
            return session
        if session is not None:
            await session.idle(self._timeout_s)  # what is under way there is answered first
            await self.close()
        session = _Session(self._smsc, self._timeout_s, self._enquire_s)
        try:
            await session.open()
        except SmppError as error:
            await session.close()
            raise NotSent(f"短信中心拒绝登录：{error.command_status.name}", retryable=True) from None
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            await session.close()
            raise NotSent(f"连不上短信中心（{type(error).__name__}）", retryable=True) from None
        self._session = session
        return session


class _Queue(AbstractBroker):  # type: ignore[misc]
    """Texts for the session. Bounded; what is still here was never written."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[SubmitSm] = asyncio.Queue(_WAITING)

    async def enqueue(self, message: SmppMessage) -> None:
        assert isinstance(message, SubmitSm)
        self.waiting.put_nowait(message)

    async def dequeue(self) -> SmppMessage:
        return await self.waiting.get()


@dataclass(slots=True)
class _Under:
    """A text under way. `parts`: how many PDUs of it were written."""

    answer: asyncio.Future[SubmitSmResp]
    parts: int = 0


class _Hook(AbstractHook):  # type: ignore[misc]
    """What the library tells us: a text goes to the wire, is answered, can't be sent."""

    def __init__(self) -> None:
        self.under: dict[str, _Under] = {}

    async def sending(self, smpp_message: SmppMessage, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, SubmitSm) and (one := self.under.get(smpp_message.log_id)):
            one.parts += 1

    async def received(self, smpp_message: SmppMessage | None, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, SubmitSmResp) and (one := self.under.get(smpp_message.log_id)):
            if not one.answer.done():
                one.answer.set_result(smpp_message)

    async def send_error(self, smpp_message: SmppMessage, error: Exception, client_id: str) -> None:
        one = self.under.get(getattr(smpp_message, "log_id", ""))
        if one is not None and not one.answer.done():
            one.answer.set_exception(error)


class _Lost(AbstractRetryTimer):  # type: ignore[misc]
    """The library asks it how long to wait before it connects again: for ever, we open a session of our own accord."""

    def __init__(self, hook: _Hook) -> None:
        self._hook, self.lost, self.over = hook, False, asyncio.Event()

    async def wait(self) -> None:
        self.fail()
        await self.over.wait()
        raise asyncio.CancelledError  # a cancellation that came earlier may have been swallowed on the way

    def fail(self) -> None:
        """Whatever is under way learns that no answer will come."""
        self.lost = True
        for one in self._hook.under.values():
            if not one.answer.done():
                one.answer.set_exception(ConnectionError("the session was lost"))

    def reset(self) -> None:
        """Nothing to reset."""

    def next_delay(self) -> float:
        return 0.0


class _Session:
    """One bound session. The library's own log is silenced: it would hold numbers and texts."""

    def __init__(self, smsc: Smsc, timeout_s: float, enquire_s: float) -> None:
        self._queue, self._hook, self._sent = _Queue(), _Hook(), 0
        self._timer = _Lost(self._hook)
        self._task: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._esme = ESME(
            smsc.host, smsc.port, smsc.system_id, smsc.password, system_type=smsc.system_type,
            bind_mode=BindMode.TRANSMITTER, enquire_link_interval=enquire_s, socket_timeout=timeout_s,
            log_level=logging.CRITICAL, hook=self._hook, broker=self._queue, retry_timer=self._timer,
        )  # fmt: skip

    @property
    def fresh(self) -> bool:
        bound = self._esme.session_state == SmppSessionState.BOUND_TX
        return bound and not self._timer.lost and self._sent < _RENEW_AFTER

    async def idle(self, most_s: float) -> None:
        """Until nothing is under way, or the bound is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._timer.lost else most_s):
                while self._hook.under:
                    self._idle.clear()
                    await self._idle.wait()

    async def open(self) -> None:
        """Connect and bind. Raises SmppError, OSError, TimeoutError."""
        await self._esme.connect()
        self._task = asyncio.create_task(self._esme.start(), name="smpp session")

    async def submit(self, notice: Notice, source: str, timeout_s: float) -> str:
        one = _Under(asyncio.get_running_loop().create_future())
        self._hook.under[notice.id] = one
        self._sent += 1
        try:
            await self._queue.enqueue(_message(notice, source))
            async with asyncio.timeout(timeout_s):
                answer = await one.answer
        except asyncio.QueueFull:
            raise NotSent("短信中心应答过慢", retryable=True) from None
        except (OSError, TimeoutError, ValueError) as error:
            raise self._broken(one, error) from None
        finally:
            del self._hook.under[notice.id]
            self._idle.set()
        return _taken(answer, one.parts)

    def _broken(self, one: _Under, error: Exception) -> NotSent | Unsure:
        """Written to the wire it may have arrived; still in the queue it is taken out again."""
        self._timer.fail()  # a session that does not answer is not used again
        if self._task is not None:
            self._task.cancel()  # so that what was not written never will be
        if one.parts:
            return Unsure(f"短信中心没有应答（{type(error).__name__}）")
        return NotSent(f"连接失败（{type(error).__name__}）", retryable=not isinstance(error, ValueError))

    async def close(self) -> None:
        self._timer.over.set()
        await _bounded(self._esme.stop())
        for _ in range(_CANCELS):
            if self._task is None or self._task.done():
                break
            self._task.cancel()
            await _bounded(asyncio.gather(self._task, return_exceptions=True))
        await _bounded(asyncio.gather(*self._left(), return_exceptions=True))

    def _left(self) -> list[asyncio.Task[object]]:
        """Tasks the library began for this session and left behind, cancelled: it keeps no hold of them itself."""
        own = [
            self._esme,
            *(value for value in vars(self._esme).values() if isinstance(value, asyncio.Event)),
        ]
        left = []
        for task in asyncio.all_tasks():
            frame = getattr(task.get_coro(), "cr_frame", None)
            if frame is not None and any(frame.f_locals.get("self") is one for one in own):
                task.cancel()
                left.append(task)
        return left


async def _bounded(work: Awaitable[object]) -> None:
    """An end that nobody waits for longer than two seconds."""
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(2.0):
            await work


def _message(notice: Notice, source: str) -> SubmitSm:
    return SubmitSm(
        short_message=notice.words,
        source=PhoneNumber(source),
        destination=PhoneNumber(notice.to.removeprefix("+")),
        esm_class=_UDHI,
        registered_delivery=0,
        auto_message_payload=False,
        log_id=notice.id,
    )


def _taken(answer: SubmitSmResp, parts: int) -> str:
    status = answer.command_status
    if status == SmppCommandStatus.ESME_ROK:
        return str(answer.message_id)[:128]
    if parts > 1:
        raise Unsure(f"短信的一部分被拒：{status.name}")
    raise NotSent(f"短信中心答复 {status.name}", retryable=status in _LATER)
