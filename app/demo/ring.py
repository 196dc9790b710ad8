"""A call coming in, and what the phone is told to do about it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from aiosipua.headers import parse_uri
from aiosipua.incoming_call import IncomingCall

from app.demo.leg import CallFailed, Leg


@dataclass(frozen=True, slots=True)
class OnRing:
    """What the phone does when it rings, `after_s` seconds into the ringing."""

    action: Literal["answer", "refuse", "ring", "dead"]
    after_s: float = 0.0
    code: int = 0
    reason: str = ""


BUSY = OnRing("refuse", code=486, reason="Busy Here")
REJECT = OnRing("refuse", code=603, reason="Decline")
NO_ANSWER = OnRing("ring")
DEAD = OnRing("dead")


def answer_after(seconds: float = 0.0) -> OnRing:
    """Ring, then pick up."""
    return OnRing("answer", seconds)


class Ring:
    """One call coming in. `outcome` becomes answered, refused, cancelled (with the peer's reason) or vanished."""

    def __init__(self, call: IncomingCall, pick_up: Callable[[IncomingCall], Leg]) -> None:
        self._call, self._pick_up = call, pick_up
        self.at = datetime.now(UTC)
        self.caller, self.callee = parse_uri(call.caller).user or "", parse_uri(call.callee).user or ""
        self.leg: Leg | None = None
        self.timer: asyncio.TimerHandle | None = None
        self._outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def outcome(self) -> str:
        """'' while it rings."""
        return self._outcome.result() if self._outcome.done() else ""

    def header(self, name: str) -> str:
        """A header of the INVITE, '' where absent."""
        return self._call.invite.get_header(name) or ""

    def answer(self) -> Leg:
        """Pick up. Raises CallFailed(487) where it no longer rings, (488) without a usable offer."""
        if self.outcome:
            raise CallFailed(487, f"the call is gone: {self.outcome}")
        self.leg = self._pick_up(self._call)
        self.end("answered")
        return self.leg

    def refuse(self, code: int = 486, reason: str = "") -> None:
        """Turn the call away; nothing happens where it no longer rings."""
        if not self.outcome:
            self._call.reject(code, reason)
            self.end("refused")

    def on_end(self, then: Callable[[], object]) -> None:
        """Call `then` once it stops ringing."""
        self._outcome.add_done_callback(lambda _: then())

    def end(self, outcome: str) -> None:
        """It stopped ringing; the first reason counts."""
        if self.timer is not None:
            self.timer.cancel()
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    async def wait_end(self, timeout: float) -> str:
        """The outcome. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            return await asyncio.shield(self._outcome)
