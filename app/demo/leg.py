"""One call of a phone, from its answer to its end: speak, press keys, hold, listen, measure, hang up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from aiosipua.dialog import Dialog, DialogState
from aiosipua.headers import parse_uri
from aiosipua.incoming_call import IncomingCall
from aiosipua.message import SipRequest
from aiosipua.sdp import parse_sdp, serialize_sdp
from aiosipua.uac import SipUAC

from app.demo import audio, sdp
from app.demo.audio import RATE, Samples
from app.demo.rtp import Media
from app.demo.sip import Address, Link
from core.errors import HotlineError

POLL_S = 0.02


class CallFailed(HotlineError):
    """A call, registration or hold the other side did not grant. `sip_code`: RFC 3261 §21; 408 also for our own patience."""

    code = "call_failed"

    def __init__(self, sip_code: int, reason: str) -> None:
        super().__init__(f"{sip_code} {reason}")
        self.sip_code, self.reason = sip_code, reason


@dataclass(frozen=True, slots=True)
class End:
    """How a leg ended. `why`: the peer's Reason header, BYE, hangup, closed, vanished or no ACK; `at_s`: leg seconds."""

    who: Literal["us", "peer"]
    why: str
    at_s: float


class Leg:
    """One call under way; its seconds count from `opened_at`."""

    def __init__(
        self,
        link: Link,
        uac: SipUAC,
        dialog: Dialog,
        remote: Address,
        media: Media,
        bye: Callable[[], SipRequest | None],
        forget: Callable[["Leg"], None],
    ) -> None:
        self._link, self._uac, self._dialog, self._remote = link, uac, dialog, remote
        self._media, self._bye, self._forget = media, bye, forget
        self._version = 0
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.number = parse_uri(dialog.remote_uri).user or ""
        self.held = False
        self.answered_s = self.seconds()
        self.opened_at = datetime.now(UTC) - timedelta(seconds=self.answered_s)

    @property
    def call_id(self) -> str:
        return self._dialog.call_id

    @property
    def end(self) -> End | None:
        """None while the call is up."""
        return self._end.result() if self._end.done() else None

    @property
    def heard(self) -> Samples:
        """Everything received so far; index 0 is `opened_at`, what did not come is silence."""
        return self._media.timeline.heard()

    @property
    def digits(self) -> str:
        """Keys the other side pressed (RFC 4733)."""
        return self._media.digits

    @property
    def packets(self) -> int:
        """Sound packets received."""
        return self._media.received

    @property
    def opened(self) -> float:
        """`opened_at` on the monotonic clock."""
        return self._media.timeline.opened

    @property
    def late_s(self) -> float:
        """Seconds this telephone did not send in all, because its own machine stood still."""
        return self._media.late_s

    @property
    def queued_s(self) -> float:
        """Seconds of sound and keys still to be sent."""
        return self._media.queued_s

    def seconds(self) -> float:
        """Now, in leg seconds."""
        return self._media.timeline.seconds()

    def say(self, sound: Samples | Path | str) -> float:
        """Queue sound (int16 at 8 kHz, or a WAV file) behind what is queued; returns its seconds. Raises BadInput."""
        return self._media.say(audio.load_wav(sound) if isinstance(sound, str | Path) else sound)

    def dtmf(self, digits: str) -> None:
        """Queue keys, 160 ms each, 100 ms apart, behind what is queued. Raises BadInput."""
        self._media.press(digits)

    def hush(self) -> None:
        """Drop what is queued."""
        self._media.hush()

    async def said(self, timeout: float = 60.0) -> None:
        """Until all queued sound and keys are sent, or the call is over. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            await self._media.idle.wait()

    async def hangup(self, timeout: float = 2.0) -> None:
        """BYE and its answer, for `timeout` at most; again is harmless."""
        if self.end is not None:
            return
        request = self._bye()
        self.ended("us", "hangup")
        if request is not None:
            try:
                await self._link.final(request, timeout)
            except TimeoutError:  # the peer is gone: that is what we wanted of it
                self._link.quiet(request)

    def drop(self, why: str) -> None:
        """BYE without waiting for its answer."""
        if self.end is None:
            self._bye()
            self.ended("us", why)

    async def hold(self, on: bool = True, timeout: float = 5.0) -> None:
        """Hold the other side, or take it back. Raises CallFailed, TimeoutError."""
        self._version += 1
        ip = self._link.local_addr[0]
        direction = "sendonly" if on else "sendrecv"
        offer = sdp.offer(ip, self._media.port, direction, self._version, self._media.session)
        final = await self._link.final(self._uac.send_reinvite(self._dialog, offer, self._remote), timeout)
        if final.status_code >= 300:
            raise CallFailed(final.status_code, final.reason_phrase)
        session = sdp.read(parse_sdp(final.text))
        if session is not None:
            self._media.connect(session.remote, session.payload, (session.events, sdp.EVENTS))

    async def wait_end(self, timeout: float) -> End:
        """Who ended the call and why. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            return await asyncio.shield(self._end)

    async def wait_tone(self, freq: float, timeout: float, floor_db: float = -30.0) -> float:
        """The leg second at which a tone begins, counting only sound from now on. Raises TimeoutError."""
        start = max(0.0, self.seconds() - 0.04)
        async with asyncio.timeout(timeout):
            while True:
                found = audio.spans(self.between(start, self.seconds()), freq, floor_db)
                if found:
                    return start + found[0][0]
                await asyncio.sleep(POLL_S)

    def between(self, start_s: float, end_s: float) -> Samples:
        """What was heard from `start_s` to `end_s`, padded with silence to that length."""
        wanted: Samples = audio.silence(max(0.0, end_s - start_s))
        part = self.heard[round(start_s * RATE) :][: wanted.size]
        wanted[: part.size] = part
        return wanted

    def level(self, freq: float, start_s: float = 0.0, end_s: float | None = None) -> float:
        """dBFS of a tone in what was heard."""
        return audio.tone_level(self.between(start_s, self.seconds() if end_s is None else end_s), freq)

    def tones(self, start_s: float = 0.0, end_s: float | None = None) -> list[tuple[float, float]]:
        """The strongest tones heard, (Hz, dBFS)."""
        return audio.tones(self.between(start_s, self.seconds() if end_s is None else end_s))

    def save_heard(self, path: Path | str) -> None:
        """What was heard as a WAV file."""
        audio.save_wav(path, self.heard)

    def hears(self, session: sdp.Session) -> None:
        """Take the peer's description: where to send, and whether it wants to hear us."""
        if session.remote[0] != "0.0.0.0" and session.remote[1]:
            self._media.connect(session.remote, session.payload, (session.events, self._media.events_in))
        self.held, self._media.sending = not session.wants_sound, session.wants_sound

    def reinvited(self, call: IncomingCall) -> None:
        """Answer a re-INVITE: hold, resume, a new address; 488 leaves the call as it was (aiosipua would end it)."""
        self._version += 1
        offered = parse_sdp(call.invite.text) if call.invite.body else None
        session = sdp.read(offered)
        if offered is not None and session is None:
            self._link.send_reply(call.dialog.create_response(call.invite, 488))
            return
        ours = sdp.answer(
            offered, self._link.local_addr[0], self._media.port, self._version, self._media.session
        )
        self._accept(call, serialize_sdp(ours))
        if session is not None:
            self.hears(session)

    def _accept(self, call: IncomingCall, body: str) -> None:
        host, port = self._link.local_addr
        reply = call.dialog.create_response(call.invite, 200, "OK", contact=f"<sip:{host}:{port}>")
        reply.text = body
        reply.headers.set_single("Content-Type", "application/sdp")
        self._link.send_reply(reply)

    def ended(self, who: Literal["us", "peer"], why: str) -> None:
        """The call is over; the first reason counts."""
        if self._end.done():
            return
        self._end.set_result(End(who, why, self.seconds()))
        self._dialog.state = DialogState.TERMINATED
        self._media.close()
        self._forget(self)
