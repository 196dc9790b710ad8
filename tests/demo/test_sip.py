"""What aiosipua leaves out: each test fails without `app.demo.sip`."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.demo.phone import BUSY, CallFailed, Phone, answer_after

pytestmark = pytest.mark.service


class Wire:
    """A bare UDP socket that says exactly what a test wants said."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.host, self.port = self.sock.getsockname()
        self.last: tuple[str, int] = ("", 0)

    async def read(self, timeout: float = 5.0) -> str:
        async with asyncio.timeout(timeout):
            data, self.last = await asyncio.get_running_loop().sock_recvfrom(self.sock, 65535)
        return data.decode()

    async def read_until(self, pattern: str, timeout: float = 5.0) -> str:
        async with asyncio.timeout(timeout):
            while not re.match(pattern, text := await self.read(timeout)):
                pass
        return text

    async def silent(self, seconds: float) -> bool:
        try:
            await self.read(seconds)
        except TimeoutError:
            return True
        return False

    def say(self, text: str, to: tuple[str, int] | None = None) -> None:
        self.sock.sendto(text.replace("\n", "\r\n").encode(), to or self.last)

    def answer(self, request: str, status: str, extra: str = "", body: str = "") -> None:
        kept = [v for v in request.split("\r\n") if re.match(r"(Via|From|Call-ID|CSeq):", v)]
        to = header(request, "To")
        tagged = to if ";tag=" in to else f"{to};tag=wire"
        lines = [f"SIP/2.0 {status}", *kept, f"To: {tagged}", *filter(None, extra.split("\n"))]
        self.say("\n".join([*lines, f"Content-Length: {len(body) + body.count(chr(10))}", "", body]))

    def invite(self, phone: Phone, branch: str = "z9hG4bKone") -> str:
        body = f"v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {self.port + 1} RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000\n"
        return self._request(phone, "INVITE", branch, 1, body)

    def bye(self, phone: Phone, tag: str, branch: str = "z9hG4bKtwo") -> str:
        return self._request(phone, "BYE", branch, 2, "", f";tag={tag}")

    def ack(self, phone: Phone, tag: str, branch: str = "z9hG4bKthree") -> str:
        return self._request(phone, "ACK", branch, 1, "", f";tag={tag}")

    def _request(self, phone: Phone, method: str, branch: str, seq: int, body: str, tag: str = "") -> str:
        here = f"{self.host}:{self.port}"
        kind = "Content-Type: application/sdp\n" if body else ""
        return (
            f"{method} {phone.uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch={branch}\nFrom: <sip:w@{here}>;tag=w\n"
            f"To: <{phone.uri}>{tag}\nCall-ID: c1\nCSeq: {seq} {method}\nContact: <sip:w@{here}>\nMax-Forwards: 70\n"
            f"{kind}Content-Length: {len(body) + body.count(chr(10))}\n\n{body}"
        )


def header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*)\r$", message, re.M)
    return found[1] if found else ""


def tag_of(message: str) -> str:
    return header(message, "To").partition(";tag=")[2]


SDP = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 8\n"


@asynccontextmanager
async def phone_and_wire() -> AsyncIterator[tuple[Phone, Wire]]:
    wire = Wire()
    async with Phone("p") as phone:
        try:
            yield phone, wire
        finally:
            await phone.vanish()
            wire.sock.close()


async def test_contact_and_via_name_the_real_port() -> None:
    async with phone_and_wire() as (phone, wire):
        calling = asyncio.create_task(phone.call(f"sip:x@127.0.0.1:{wire.port}", timeout=20))
        invite = await wire.read()
        assert f":{phone.address[1]}" in header(invite, "Via")
        assert f":{phone.address[1]}" in header(invite, "Contact")
        calling.cancel()


async def test_unanswered_invite_is_sent_again_with_the_same_branch_and_a_refusal_is_acknowledged() -> None:
    async with phone_and_wire() as (phone, wire):
        calling = asyncio.create_task(phone.call(f"sip:x@127.0.0.1:{wire.port}", timeout=20))
        first, second = await wire.read(), await wire.read()
        assert header(first, "Via") == header(second, "Via")
        wire.answer(second, "486 Busy Here")
        ack = await wire.read_until("ACK ")
        assert header(ack, "Via") == header(first, "Via")
        assert tag_of(ack) == "wire"
        with pytest.raises(CallFailed) as failed:
            await calling
        assert failed.value.sip_code == 486


async def test_repeated_invite_is_one_call_with_one_tag_and_repeated_bye_is_answered_again() -> None:
    async with phone_and_wire() as (phone, wire):
        phone.on_ring = answer_after(0)
        for _ in range(2):
            wire.say(wire.invite(phone), phone.address)
        answers = [await wire.read_until("SIP/2.0 200") for _ in range(1)]
        wire.say(wire.invite(phone), phone.address)
        answers.append(await wire.read_until("SIP/2.0 200"))
        assert tag_of(answers[0]) == tag_of(answers[1])
        assert len(phone.rings) == 1
        wire.say(wire.ack(phone, tag_of(answers[0])), phone.address)
        for _ in range(2):
            wire.say(wire.bye(phone, tag_of(answers[0])), phone.address)
            assert "2 BYE" in header(await wire.read_until("SIP/2.0 200 OK"), "CSeq")
        assert phone.legs == {}


async def test_a_refusal_is_repeated_until_acknowledged() -> None:
    async with phone_and_wire() as (phone, wire):
        phone.on_ring = BUSY
        wire.say(wire.invite(phone), phone.address)
        refused = [await wire.read_until("SIP/2.0 486") for _ in range(2)]
        assert refused[0] == refused[1]
        wire.say(wire.ack(phone, tag_of(refused[0]), branch="z9hG4bKone"), phone.address)
        assert await wire.silent(1.5)


async def test_answers_keep_the_callers_number_for_telephone_events() -> None:
    async with phone_and_wire() as (phone, wire):
        wire.say(wire.invite(phone), phone.address)
        answer = await wire.read_until("SIP/2.0 200")
        assert "m=audio" in answer
        assert "a=rtpmap:96 telephone-event/8000" in answer


async def test_hangup_goes_where_the_answer_said_through_its_proxies() -> None:
    async with phone_and_wire() as (phone, wire):
        calling = asyncio.create_task(phone.call(f"sip:x@127.0.0.1:{wire.port}", timeout=20))
        invite = await wire.read()
        where = (
            f"Contact: <sip:there@127.0.0.1:{wire.port}>\nRecord-Route: <sip:a;lr>\nRecord-Route: <sip:b;lr>"
        )
        wire.answer(invite, "200 OK", f"{where}\nContent-Type: application/sdp", SDP)
        leg = await calling
        hanging = asyncio.create_task(leg.hangup())
        bye = await wire.read_until("BYE ")
        wire.answer(bye, "200 OK")
        await hanging
        assert bye.startswith(f"BYE sip:there@127.0.0.1:{wire.port} ")
        assert re.findall(r"^Route: (.*)\r$", bye, re.M) == ["<sip:b;lr>", "<sip:a;lr>"]


async def test_answer_crossing_our_cancel_is_acknowledged_and_hung_up() -> None:
    async with phone_and_wire() as (phone, wire):
        calling = asyncio.create_task(phone.call(f"sip:x@127.0.0.1:{wire.port}", timeout=0.3))
        invite = await wire.read()
        wire.answer(invite, "180 Ringing")
        await wire.read_until("CANCEL ")
        wire.answer(
            invite, "200 OK", f"Contact: <sip:x@127.0.0.1:{wire.port}>\nContent-Type: application/sdp", SDP
        )
        got = {(await wire.read_until("ACK|BYE"))[:3] for _ in range(2)}
        assert got == {"ACK", "BYE"}
        with pytest.raises(CallFailed, match="408"):
            await calling


@pytest.mark.parametrize(
    "junk", [b"", b"\r\n\r\n", b"\x00\xff" * 300, b"INVITE\r\n\r\n", b"SIP/2.0 abc\r\n\r\n"]
)
async def test_junk_on_the_port_does_not_disturb_the_phone(junk: bytes) -> None:
    async with phone_and_wire() as (phone, wire):
        wire.sock.sendto(junk, phone.address)
        wire.say(
            f"OPTIONS {phone.uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{wire.port};branch=z9hG4bKo\nFrom: <sip:w@h>;tag=w\n"
            f"To: <{phone.uri}>\nCall-ID: o\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n",
            phone.address,
        )
        assert (await wire.read()).startswith("SIP/2.0 200")
