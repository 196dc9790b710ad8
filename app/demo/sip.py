"""What aiosipua 0.7.1 leaves out of SIP over UDP, added at its two public seams: the transport and the UAC.

Seen in its source and in tests/demo/test_sip.py; each would lose or double a call on a real network:

- a socket bound to port 0 goes on calling itself port 0 in Via and Contact, and on CPython 3.11 every socket logs an
  AssertionError, because asyncio's own UDP transport is no `DatagramTransport` there;
- requests are sent once (RFC 3261 §17.1.1.2 and §17.1.2.2 repeat them), 3xx-6xx answers to an INVITE are not
  acknowledged (§17.1.1.3) nor repeated (§17.2.1);
- a repeated INVITE is taken for a second call, or, once answered, gets 481; a repeated BYE gets 481 (§17.2);
- the peer's Contact and Record-Route in an answer are ignored (§12.1.2);
- an answer to a re-INVITE on a call that came in is not acknowledged (§13.2.2.4).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from aiosipua.dialog import Dialog
from aiosipua.headers import stringify_uri
from aiosipua.message import SipRequest, SipResponse
from aiosipua.transport import UdpSipTransport
from aiosipua.uac import SipUAC

T1, T2, GIVE_UP = 0.5, 4.0, 32.0
MOST_KEPT = 2000
Address = tuple[str, int]
Key = tuple[str, str]


@dataclass(slots=True)
class _Repeat:
    """One message sent until something answers it."""

    raw: bytes
    addr: Address
    interval: float = T1
    elapsed: float = 0.0
    timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True)
class _Asked:
    """A request of ours and the final answer to it."""

    request: SipRequest
    repeat: _Repeat
    final: asyncio.Future[SipResponse]


@dataclass(slots=True)
class _Answering:
    """A request to us and the last answer we gave."""

    reply: bytes = b""
    repeat: _Repeat | None = None


@dataclass
class Link(UdpSipTransport):
    """A UDP socket with the client and server transactions of RFC 3261 §17."""

    deaf_to: Callable[[SipRequest], bool] | None = None
    _asked: OrderedDict[Key, _Asked] = field(default_factory=OrderedDict, init=False, repr=False)
    _answering: OrderedDict[Key, _Answering] = field(default_factory=OrderedDict, init=False, repr=False)

    async def start(self) -> None:
        """Bind; `local_addr` then names the real port. Call `guard` once the user agent has hooked itself in."""
        loop = asyncio.get_running_loop()
        self._udp_transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), self.local_addr
        )
        self.local_addr = self._udp_transport.get_extra_info("sockname")[:2]

    def guard(self) -> None:
        """Stand between the socket and the user agent: repetitions end here."""
        inner = self.on_message
        assert inner is not None

        def incoming(message: SipRequest | SipResponse, addr: Address) -> None:
            if isinstance(message, SipResponse):
                self._answered(message)
                inner(message, addr)
            elif self._first_time(message):
                inner(message, addr)

        self.on_message = incoming

    def send(self, message: SipRequest | SipResponse, addr: Address) -> None:
        """Send, and repeat what must be answered. Nothing leaves a closed link."""
        if self._udp_transport is None:
            return
        raw = bytes(message)
        self._udp_transport.sendto(raw, addr)
        key = _key(message)
        if isinstance(message, SipResponse):
            self._remember_reply(key, message, raw, addr)
        elif message.method != "ACK":
            self._remember_request(key, message, raw, addr)

    async def final(self, request: SipRequest, timeout: float) -> SipResponse:
        """The final answer to a request sent before. Raises TimeoutError."""
        asked = self._asked.get(_key(request))
        if asked is None or asked.final.cancelled():
            raise TimeoutError("the link is closed")
        async with asyncio.timeout(timeout):
            return await asyncio.shield(asked.final)

    def quiet(self, request: SipRequest) -> None:
        """Stop repeating a request nobody has answered."""
        asked = self._asked.get(_key(request))
        if asked is not None:
            asked.repeat.stop()

    def acknowledge(self, dialog: Dialog, response: SipResponse, addr: Address) -> None:
        """ACK a 2xx in a dialog: a transaction of its own with the INVITE's number (RFC 3261 §13.2.2.4)."""
        ack = dialog.create_request("ACK", via_host=self.local_addr[0], via_port=self.local_addr[1])
        dialog.local_cseq -= 1
        ack.headers.set_single("CSeq", f"{response.cseq.seq if response.cseq else 1} ACK")
        self.send(ack, addr)

    async def stop(self) -> None:
        """Close at once; nothing is repeated after it."""
        for asked in self._asked.values():
            asked.repeat.stop()
            asked.final.cancel()
        for answering in self._answering.values():
            if answering.repeat is not None:
                answering.repeat.stop()
        self._asked.clear()
        self._answering.clear()
        await super().stop()
        await asyncio.sleep(0)  # the loop closes the socket in its next turn

    def _remember_request(self, key: Key, request: SipRequest, raw: bytes, addr: Address) -> None:
        final: asyncio.Future[SipResponse] = asyncio.get_running_loop().create_future()
        asked = _Asked(request, _Repeat(raw, addr), final)
        self._asked[key] = asked
        self._repeat_later(asked.repeat, cap=GIVE_UP if request.method == "INVITE" else T2)
        while len(self._asked) > MOST_KEPT:
            _, old = self._asked.popitem(last=False)
            old.repeat.stop()
            old.final.cancel()

    def _remember_reply(self, key: Key, reply: SipResponse, raw: bytes, addr: Address) -> None:
        answering = self._answering.get(key)
        if answering is None:
            return
        answering.reply = raw
        if key[1] == "INVITE" and reply.status_code >= 300:
            answering.repeat = _Repeat(raw, addr)
            self._repeat_later(answering.repeat, cap=T2)

    def _repeat_later(self, repeat: _Repeat, cap: float) -> None:
        repeat.timer = asyncio.get_running_loop().call_later(repeat.interval, self._again, repeat, cap)

    def _again(self, repeat: _Repeat, cap: float) -> None:
        repeat.elapsed += repeat.interval
        if repeat.elapsed >= GIVE_UP or self._udp_transport is None:
            return
        self._udp_transport.sendto(repeat.raw, repeat.addr)
        repeat.interval = min(repeat.interval * 2, cap)
        self._repeat_later(repeat, cap)

    def _answered(self, response: SipResponse) -> None:
        asked = self._asked.get(_key(response))
        if asked is None:
            return
        asked.repeat.stop()
        if response.status_code < 200:
            return
        if asked.request.method == "INVITE" and response.status_code >= 300:
            self.send(_ack_failure(asked.request, response), asked.repeat.addr)
        if not asked.final.done():
            asked.final.set_result(response)

    def _first_time(self, request: SipRequest) -> bool:
        """False for a repetition (answered again here) and for what a dead phone does not hear."""
        if self.deaf_to is not None and self.deaf_to(request):
            return False
        branch, method = _key(request)
        if method == "ACK":
            invite = self._answering.get((branch, "INVITE"))
            if invite is not None and invite.repeat is not None:
                invite.repeat.stop()
            return True
        if not branch:
            return True
        known = self._answering.get((branch, method))
        if known is None:
            self._answering[(branch, method)] = _Answering()
            while len(self._answering) > MOST_KEPT:
                _, old = self._answering.popitem(last=False)
                if old.repeat is not None:
                    old.repeat.stop()
            return True
        dest = request.via[0]
        if known.reply and self._udp_transport is not None:
            self._udp_transport.sendto(
                known.reply, _way_back(dest.host, dest.port, dest.received, dest.rport)
            )
        return False


class _Datagrams(asyncio.DatagramProtocol):
    """One datagram, one message."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._link._dispatch(data, addr)

    def error_received(self, exc: Exception) -> None:
        """ICMP: nobody listens there now; the request's own time limit tells."""


class Caller(SipUAC):
    """aiosipua's UAC that learns where its peer wants requests, and acknowledges for calls that came in."""

    def __init__(self, link: Link, dialog_of: Callable[[str], tuple[Dialog, Address] | None]) -> None:
        super().__init__(link)
        self._link, self._dialog_of = link, dialog_of

    def handle_response(self, response: SipResponse, addr: Address) -> None:
        """Learn, then let aiosipua act; adds the ACK of a re-INVITE sent on a call that came in."""
        call_id, method = response.call_id or "", response.cseq.method if response.cseq else ""
        call = self.get_call(call_id)
        if method == "INVITE" and 100 < response.status_code < 300:
            if call is not None:
                _learn_route(call.dialog, response)
            elif response.status_code >= 200 and (theirs := self._dialog_of(call_id)) is not None:
                self._link.acknowledge(theirs[0], response, theirs[1])
        super().handle_response(response, addr)


def _learn_route(dialog: Dialog, response: SipResponse) -> None:
    if response.contact:
        dialog.remote_target = stringify_uri(response.contact[0].uri)
    if not dialog.route_set:
        dialog.route_set = list(reversed(response.headers.get("record-route")))


def _ack_failure(invite: SipRequest, response: SipResponse) -> SipRequest:
    """ACK to a 3xx-6xx: same branch as the INVITE (RFC 3261 §17.1.1.3)."""
    ack = SipRequest(method="ACK", uri=invite.uri)
    ack.headers.append("Via", invite.headers.get_first("via") or "")
    for name, source in (("From", invite), ("To", response), ("Call-ID", invite)):
        ack.headers.set_single(name, source.headers.get_first(name) or "")
    ack.headers.set_single("CSeq", f"{invite.cseq.seq if invite.cseq else 1} ACK")
    ack.headers.set_single("Max-Forwards", "70")
    for route in invite.headers.get("route"):
        ack.headers.append("Route", route)
    return ack


def _key(message: SipRequest | SipResponse) -> Key:
    """Transaction id: top Via branch and method (RFC 3261 §17.1.3); '' for what carries none."""
    method = (
        message.method if isinstance(message, SipRequest) else message.cseq.method if message.cseq else ""
    )
    vias = message.via
    return (vias[0].branch or "" if vias else "", method.upper())


def _way_back(host: str, port: int | None, received: str | None, rport: str | None) -> Address:
    return (received or host, int(rport) if rport and rport.isdigit() else port or 5060)
