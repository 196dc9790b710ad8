"""A SIP phone that does as told: the citizen and the agent of the demo, the tests and every scenario.

Built on aiosipua (signalling) and aiortp (packets, codecs); `sip.py` and `rtp.py` add what those leave out. Seconds
on a leg count from the opening of its media (the INVITE of a call made, the answer of a call taken).
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Literal, Self

from aiosipua.auth import SipDigestAuth
from aiosipua.dialog import Dialog, DialogState
from aiosipua.headers import parse_uri
from aiosipua.incoming_call import IncomingCall
from aiosipua.message import SipRequest
from aiosipua.outgoing_call import OutgoingCall
from aiosipua.refer import handle_notify
from aiosipua.registration import Registration, RegistrationState
from aiosipua.uas import SipUAS

from app.demo import sdp
from app.demo.leg import CallFailed, Leg
from app.demo.ring import BUSY, DEAD, NO_ANSWER, REJECT, OnRing, Ring, answer_after
from app.demo.rtp import Media
from app.demo.sip import Address, Caller, Link

__all__ = [
    "BUSY",
    "DEAD",
    "NO_ANSWER",
    "REJECT",
    "CallFailed",
    "Leg",
    "OnRing",
    "Phone",
    "Ring",
    "answer_after",
]

logging.getLogger("aiosipua").setLevel(logging.WARNING)  # its INFO lines carry callers' numbers unmasked
MOST_RINGS = 1000
Policy = OnRing | Callable[[str], OnRing]


class Phone:
    """A SIP user agent on a UDP port of its own (`port`, 0: any); `server` is its registrar and way out.

    `on_ring`, one for all or chosen by the number called, may be changed at any time. `talks`: it picks up when told to by
    NOTIFY `Event: talk`, as many desk phones do. Without `server` it calls and is called by `sip:user@host:port` alone.
    """

    def __init__(
        self,
        name: str,
        server: Address | None = None,
        user: str = "",
        secret: str | None = None,
        local_ip: str = "127.0.0.1",
        on_ring: Policy | None = None,
        port: int = 0,
        talks: bool = False,
    ) -> None:
        self.name, self.server, self.user, self.local_ip = name, server, user or name, local_ip
        self.on_ring: Policy = on_ring or answer_after()
        self._talks = talks
        self.rings: list[Ring] = []
        self.legs: dict[str, Leg] = {}
        self.unheard: set[str] = set()
        self._auth = SipDigestAuth(self.user, secret) if secret is not None else None
        self._link = Link(local_addr=(local_ip, port))
        self._uac = Caller(self._link, self._incoming_dialog)
        self._uas = SipUAS(self._link, user_agent="hotline-phone", uac=self._uac)
        self._ringing: dict[str, Ring] = {}
        self._calling: dict[str, tuple[OutgoingCall, asyncio.Future[Leg]]] = {}
        self._fresh: asyncio.Queue[Ring] = asyncio.Queue(MOST_RINGS)
        self._registration: Registration | None = None
        self._open = False

    @property
    def address(self) -> Address:
        """Where it listens, once started."""
        return self._link.local_addr

    @property
    def uri(self) -> str:
        """How another phone calls it directly."""
        return f"sip:{self.user}@{self.address[0]}:{self.address[1]}"

    async def start(self) -> Self:
        """Open the socket; again is harmless."""
        if not self._open:
            self._open = True
            await self._uas.start()
            self._link.guard()
            self._link.deaf_to = self._deaf_to
            self._uas.on_invite, self._uas.on_reinvite = self._rings, self._reinvited
            self._uas.on_bye, self._uas.on_cancel = self._bye_came, self._cancel_came
            if self._talks:
                self._uas._handlers["NOTIFY"] = self._told
            self._uas.on_ack_timeout = partial(self._leg_gone, why="no ACK")
        return self

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def register(self, expires: int = 120, timeout: float = 5.0) -> int:
        """Bind at the registrar, kept fresh until `unregister`; seconds granted. Raises CallFailed, TimeoutError."""
        await self.start()
        host, port = self._server()
        contact = f"sip:{self.user}@{self.address[0]}:{self.address[1]}"
        registration = Registration(
            self._uac,
            f"sip:{self.user}@{host}",
            (host, port),
            expires=expires,
            auth=self._auth,
            contact_uri=contact,
            registrar_uri=f"sip:{host}:{port}",
        )
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        registration.on_registered = lambda r: None if done.done() else done.set_result(r.granted_expires)
        registration.on_failed = lambda _, code, why: (
            None if done.done() else done.set_exception(CallFailed(code, why))
        )
        registration.register()
        self._registration = registration
        async with asyncio.timeout(timeout):
            return await done

    async def unregister(self, timeout: float = 5.0) -> None:
        """Remove the binding. Raises TimeoutError."""
        registration, self._registration = self._registration, None
        if registration is None or registration.state is not RegistrationState.REGISTERED:
            return
        registration.unregister()
        async with asyncio.timeout(timeout):  # aiosipua tells nobody that the binding is gone
            while registration.state is RegistrationState.REGISTERED:
                await asyncio.sleep(0.01)

    async def call(
        self,
        number: str,
        from_number: str | None = None,
        timeout: float = 30.0,
        headers: dict[str, str] | None = None,
    ) -> Leg:
        """Call a number (or a sip: URI) and wait for the answer.

        Raises CallFailed with the peer's code, 408 when nobody answered in `timeout` (the call is then cancelled).
        Cancelling the task cancels the call.
        """
        await self.start()
        uri, where = self._target(number)
        media = Media(self.local_ip)
        outcome: asyncio.Future[Leg] = asyncio.get_running_loop().create_future()
        domain = self.server[0] if self.server else self.local_ip
        call = self._uac.send_invite(
            f"sip:{from_number or self.user}@{domain}",
            uri,
            where,
            sdp.offer(self.local_ip, media.port, session=media.session),
            extra_headers=headers,
            auth=self._auth,
        )
        self._calling[call.call_id] = (call, outcome)
        call.on_answer = partial(self._was_answered, media, outcome)
        call.on_rejected = lambda _, code, why: _fail(outcome, code, why)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(outcome)
        except TimeoutError:
            if _granted(outcome):
                return outcome.result()
            raise CallFailed(408, f"no answer within {timeout:g} s") from None
        except asyncio.CancelledError:
            if _granted(outcome):
                outcome.result().drop("cancelled")
            raise
        finally:
            if not _granted(outcome):
                media.close()
                self._cancel(call)
                outcome.cancel()
            self._calling.pop(call.call_id, None)

    async def wait_ring(self, timeout: float) -> Ring:
        """The next call coming in that was not asked for yet. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            return await self._fresh.get()

    async def wait_leg(self, timeout: float) -> Leg:
        """The next call coming in, answered. Raises TimeoutError, CallFailed where it was not."""
        async with asyncio.timeout(timeout):
            ring = await self._fresh.get()
            outcome = await ring.wait_end(timeout)
        if ring.leg is None:
            raise CallFailed(487, f"not answered: {outcome}")
        return ring.leg

    async def close(self) -> None:
        """Hang up, unregister, leave nothing behind."""
        if not self._open:
            return
        for call, outcome in list(self._calling.values()):
            await self._stop_calling(call, outcome)
        for leg in list(self.legs.values()):
            await leg.hangup()
        for ring in list(self._ringing.values()):
            ring.refuse(480, "Temporarily Unavailable")
        try:
            await self.unregister(timeout=2.0)
        except TimeoutError:
            logging.getLogger(__name__).warning("registrar silent while %s unregistered", self.name)
        await self._shut("us", "closed")

    async def vanish(self) -> None:
        """Lose power: sockets close, nobody is told."""
        await self._shut("us", "vanished")

    async def _shut(self, who: Literal["us"], why: str) -> None:
        self._open = False
        for _, outcome in self._calling.values():
            _fail(outcome, 487, why)
        for ring in list(self._ringing.values()):
            ring.end("vanished")
        for leg in list(self.legs.values()):
            leg.ended(who, why)
        await self._uas.stop()

    def _server(self) -> Address:
        if self.server is None:
            raise CallFailed(503, f"phone {self.name} has no server")
        return self.server

    def _target(self, number: str) -> tuple[str, Address]:
        if number.startswith("sip:"):
            parsed = parse_uri(number)
            return number, (parsed.host, parsed.port or 5060)
        host, port = self._server()
        return f"sip:{number}@{host}:{port}", (host, port)

    def _was_answered(self, media: Media, outcome: asyncio.Future[Leg], call: OutgoingCall) -> None:
        session = sdp.read(call.sdp_answer)
        if outcome.done() or session is None or media.closed:
            call.hangup(self._uac)
            _fail(outcome, 488, "answered without sound we understand")
            return
        bye = partial(call.hangup, self._uac)
        leg = Leg(self._link, self._uac, call.dialog, call.remote_addr, media, bye, self._forget)
        leg.hears(session)
        self.legs[call.call_id] = leg
        outcome.set_result(leg)

    def _cancel(self, call: OutgoingCall) -> None:
        """CANCEL a call nobody answered; an answer that crosses it is hung up (aiosipua would let it stand)."""
        if self._calling.pop(call.call_id, None) is None or call.dialog.state is not DialogState.EARLY:
            return
        self._link.quiet(call.invite)
        call.cancel(self._uac)
        call.dialog.state = DialogState.EARLY
        self._uac._calls[call.call_id] = call

    async def _stop_calling(self, call: OutgoingCall, outcome: asyncio.Future[Leg]) -> None:
        """CANCEL and its 487, for a second at most."""
        self._cancel(call)
        _fail(outcome, 487, "phone closed")
        try:
            await self._link.final(call.invite, timeout=1.0)
        except TimeoutError:
            self._link.quiet(call.invite)

    def _deaf_to(self, request: SipRequest) -> bool:
        """A dead phone hears nothing outside the calls it has; `unheard` tells that it was rung."""
        if (request.call_id or "") in self.legs:
            return False
        if self._policy(parse_uri(request.uri).user or "").action != "dead":
            return False
        if request.method == "INVITE":
            self.unheard.add(request.call_id or "")
        return True

    def _policy(self, callee: str) -> OnRing:
        return self.on_ring if isinstance(self.on_ring, OnRing) else self.on_ring(callee)

    def _rings(self, call: IncomingCall) -> None:
        ring = Ring(call, self._pick_up)
        policy = self._policy(ring.callee)
        self.rings.append(ring)
        self._ringing[call.call_id] = ring
        ring.on_end(lambda: self._ringing.pop(call.call_id, None))
        if not self._fresh.full():
            self._fresh.put_nowait(ring)
        if policy.action != "refuse" or policy.after_s:
            call.ringing()
        if policy.action == "answer":
            act: Callable[[], object] = ring.answer
        elif policy.action == "refuse":
            act = partial(ring.refuse, policy.code, policy.reason)
        else:
            return
        ring.timer = asyncio.get_running_loop().call_later(policy.after_s, act)

    def _pick_up(self, call: IncomingCall) -> Leg:
        session = sdp.read(call.sdp_offer)
        if session is None:
            call.reject(488, "Not Acceptable Here")
            raise CallFailed(488, "the call offers no sound we understand")
        media = Media(self.local_ip)
        media.events_in = session.events or media.events_in
        call.accept(sdp.answer(call.sdp_offer, self.local_ip, media.port, session=media.session))
        bye = partial(self._hang_up_incoming, call)
        leg = Leg(self._link, self._uac, call.dialog, call.source_addr, media, bye, self._forget)
        leg.hears(session)
        self.legs[call.call_id] = leg
        return leg

    def _hang_up_incoming(self, call: IncomingCall) -> SipRequest | None:
        """aiosipua's own hangup leaves the call listed and its 200 repeating."""
        call._stop_retransmissions()
        self._uas._calls.pop(call.call_id, None)
        return call.hangup()

    def _incoming_dialog(self, call_id: str) -> tuple[Dialog, Address] | None:
        call = self._uas.get_call(call_id)
        return (call.dialog, call.source_addr) if call is not None else None

    def _reinvited(self, call: IncomingCall) -> None:
        leg = self.legs.get(call.call_id)
        if leg is not None:
            leg.reinvited(call)

    def _bye_came(self, call: IncomingCall, request: SipRequest) -> None:
        self._leg_gone(call, request.get_header("reason") or "BYE")

    def _leg_gone(self, call: IncomingCall, why: str) -> None:
        leg = self.legs.get(call.call_id)
        if leg is not None:
            leg.ended("peer", why)

    def _cancel_came(self, request: SipRequest, _addr: Address) -> None:
        ring = self._ringing.get(request.call_id or "")
        if ring is not None:
            ring.end(f"cancelled: {request.get_header('reason') or 'CANCEL'}")

    def _told(self, request: SipRequest, addr: Address) -> None:
        """Within the dialog of a ringing call; aiosipua itself knows transfers' progress only."""
        ring = self._ringing.get(request.call_id or "")
        dialog = self._uas.get_dialog(request.call_id or "")
        if ring is None or dialog is None or request.get_header("event") != "talk":
            handle_notify(self._uas, request, addr)
            return
        self._link.send_reply(dialog.create_response(request, 200, "OK"))
        ring.answer()

    def _forget(self, leg: Leg) -> None:
        self.legs.pop(leg.call_id, None)


def _granted(outcome: "asyncio.Future[Leg]") -> bool:
    return outcome.done() and not outcome.cancelled() and outcome.exception() is None


def _fail(outcome: "asyncio.Future[Leg]", code: int, why: str) -> None:
    if not outcome.done():
        outcome.set_exception(CallFailed(code, why))
