"""Carriers as data, on a real Asterisk: who is let in and how, what goes out, and which one when one is down."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agi.asterisk import Asterisk, AsteriskInstall
from agi.plan import Seat, SwitchPlan, Trunk
from agi.render import render
from core.call import Bye, Play, Ring
from tests.agi.conftest import FakeDesk, free_port, make_plan, serve, until
from tests.agi.sip import Message, SipPeer, digest, reply

pytestmark = pytest.mark.edge

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
DEAD, LIVE, REGISTERED, STRANGER = "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.9"


@dataclass
class Switchboard:
    asterisk: Asterisk
    plan: SwitchPlan
    ports: dict[str, int]

    @property
    def sip(self) -> tuple[str, int]:
        return "127.0.0.1", self.plan.settings.sip_port

    def line(self, number: str = "12345") -> str:
        return f"sip:{number}@127.0.0.1:{self.plan.settings.sip_port}"


@pytest.fixture(scope="module")
def board(install: AsteriskInstall) -> Iterator[Switchboard]:
    folder = Path(tempfile.mkdtemp(prefix="hl-trunk-"))
    plan, _ = make_plan(folder, seats=1)
    ports = {host: free_port(socket.SOCK_DGRAM, host) for host in (DEAD, LIVE, REGISTERED)}
    trunks = (
        Trunk("dead", DEAD, ports[DEAD], match=(DEAD,), order=1, qualify_s=1),
        Trunk("live", LIVE, ports[LIVE], match=(LIVE,), order=2, qualify_s=1, display="076212345"),
        Trunk(
            "reg",
            REGISTERED,
            ports[REGISTERED],
            "register",
            user="u-reg",
            secret="pw-reg",
            order=9,
            qualify_s=0,
            display="12345",
        ),
        Trunk("pbx", auth="password", secret="pw-pbx", outbound=False),
        Trunk("blind", match=("127.0.0.6",), identity=False),
    )
    plan = replace(plan, seats=(Seat("1001", "s1001", "pw-1001"),), trunks=trunks)
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    try:
        asterisk.start()
        yield Switchboard(asterisk, plan, ports)
    finally:
        asterisk.stop()
        shutil.rmtree(folder)


@pytest.fixture
async def desk(board: Switchboard) -> AsyncIterator[FakeDesk]:
    desk = FakeDesk(first=Bye(("goodbye",)))
    server = await serve(desk, board.plan.settings.agi_port)
    yield desk
    board.asterisk.cli("channel request hangup all")
    await until(lambda: board.asterisk.channels() == 0, 20)
    await server.stop()


@pytest.fixture
async def peers() -> AsyncIterator[list[SipPeer]]:
    opened: list[SipPeer] = []
    yield opened
    for peer in opened:
        peer.close()


async def peer(peers: list[SipPeer], host: str, port: int = 0) -> SipPeer:
    """A SIP peer at `host` that answers OPTIONS and hangs up politely."""
    made = await SipPeer({"OPTIONS": ok, "BYE": ok}).open(host, port)
    peers.append(made)
    return made


def ok(request: Message) -> str:
    return reply(request, "200 OK")


async def status(made: SipPeer, seconds: float = 10) -> int:
    """The final status of the peer's last request."""
    await until(lambda: any(r.status >= 200 for r in made.responses), seconds)
    return next(r.status for r in made.responses if r.status >= 200)


async def test_carrier_is_known_by_its_address(
    board: Switchboard, desk: FakeDesk, peers: list[SipPeer]
) -> None:
    carrier = await peer(peers, LIVE, board.ports[LIVE])
    carrier.send("INVITE", board.line(), board.sip, "13800138000", body=SDP)
    assert await status(carrier) == 200
    await until(lambda: desk.arrivals)
    assert (desk.arrivals[0].line, desk.arrivals[0].caller) == ("12345", "13800138000")


async def test_stranger_is_not_let_in(board: Switchboard, desk: FakeDesk, peers: list[SipPeer]) -> None:
    stranger = await peer(peers, STRANGER)
    stranger.send("INVITE", board.line(), board.sip, "13800138000", body=SDP)
    assert await status(stranger) == 401
    assert desk.arrivals == []


@pytest.mark.parametrize(("host", "caller"), [(LIVE, "13900139000"), ("127.0.0.6", "anonymous")])
async def test_identity_is_believed_where_the_trunk_says_so(
    board: Switchboard, desk: FakeDesk, peers: list[SipPeer], host: str, caller: str
) -> None:
    carrier = await peer(peers, host, board.ports.get(host, 0))
    identity = "P-Asserted-Identity: <sip:13900139000@carrier>"
    carrier.send("INVITE", board.line(), board.sip, "anonymous", identity, SDP)
    await until(lambda: desk.arrivals)
    assert desk.arrivals[0].caller == ("13900139000" if host == LIVE else "")


async def test_hostile_numbers_arrive_as_digits(
    board: Switchboard, desk: FakeDesk, peers: list[SipPeer]
) -> None:
    carrier = await peer(peers, LIVE, board.ports[LIVE])
    carrier.send("INVITE", board.line(), board.sip, "138,${SHELL(id)}%0d%0a&Local/1@x", body=SDP)
    await asyncio.sleep(0)
    carrier.send("INVITE", board.line(), board.sip, "1'38)x", body=SDP)
    await until(lambda: desk.arrivals)
    for arrival in desk.arrivals:
        assert set(arrival.caller) <= set("+0123456789")


async def test_pbx_proves_itself_with_its_password(
    board: Switchboard, desk: FakeDesk, peers: list[SipPeer]
) -> None:
    pbx = await peer(peers, STRANGER)
    pbx.send("INVITE", board.line(), board.sip, "8001", body=SDP)
    assert await status(pbx) == 401
    challenge = pbx.responses[-1].headers["www-authenticate"]
    pbx.responses.clear()
    pbx.send(
        "INVITE",
        board.line(),
        board.sip,
        "8001",
        digest(challenge, "INVITE", board.line(), "pbx", "pw-pbx"),
        SDP,
    )
    assert await status(pbx) == 200
    await until(lambda: desk.arrivals)
    assert desk.arrivals[0].caller == "8001"


@pytest.mark.parametrize(("secret", "expected"), [("pw-1001", 200), ("wrong-one", 401)])
async def test_seat_registers_with_its_secret_only(
    board: Switchboard, peers: list[SipPeer], secret: str, expected: int
) -> None:
    phone = await peer(peers, "127.0.0.1")
    uri = f"sip:127.0.0.1:{board.plan.settings.sip_port}"

    def send(extra: str = "") -> None:
        phone.responses.clear()
        phone.send("REGISTER", uri, board.sip, "s1001", extra, recipient="sip:s1001@127.0.0.1")

    send()
    assert await status(phone) == 401
    send(digest(phone.responses[-1].headers["www-authenticate"], "REGISTER", uri, "s1001", secret))
    assert await status(phone) == expected
    assert (f"127.0.0.1:{phone.port}" in board.asterisk.cli("pjsip show contacts")) == (expected == 200)


async def test_we_register_at_the_carrier_with_our_secret_and_are_called_there(
    board: Switchboard, desk: FakeDesk, peers: list[SipPeer]
) -> None:
    carrier = await peer(peers, REGISTERED, board.ports[REGISTERED])

    def registrar(request: Message) -> str:
        if "authorization" not in request.headers:
            return reply(
                request,
                "401 Unauthorized",
                'WWW-Authenticate: Digest realm="carrier", nonce="n1", algorithm=MD5',
            )
        return reply(request, "200 OK", f"Contact: {request.headers['contact']};expires=300")

    carrier.answers["REGISTER"] = registrar
    board.asterisk.cli("pjsip send register reg")
    await until(lambda: any("authorization" in r.headers for r in carrier.got("REGISTER")))
    sent = next(r for r in carrier.got("REGISTER") if "authorization" in r.headers)
    expected = digest(
        'Digest realm="carrier", nonce="n1", algorithm=MD5',
        "REGISTER",
        sent.start.split()[1],
        "u-reg",
        "pw-reg",
    )
    answer = expected.partition('response="')[2].partition('"')[0]
    assert f'response="{answer}"' in sent.headers["authorization"]
    await until(lambda: "Registered" in board.asterisk.cli("pjsip show registrations"))
    registered = sent.headers["contact"].partition("<")[2].partition(">")[0]
    assert registered.startswith("sip:12345@")
    carrier.send("INVITE", registered, board.sip, "13800138000", body=SDP)
    assert await status(carrier) == 200
    await until(lambda: desk.arrivals)
    assert desk.arrivals[0].line == "12345"


async def test_carrier_is_watched_by_options(board: Switchboard, peers: list[SipPeer]) -> None:
    carrier = await peer(peers, LIVE, board.ports[LIVE])
    await until(lambda: carrier.got("OPTIONS"))
    await until(lambda: contact(board, "live") == "Avail", 15)
    carrier.answers.clear()
    await until(lambda: contact(board, "live") == "Unavail", 20)


def contact(board: Switchboard, trunk: str) -> str:
    lines = board.asterisk.cli("pjsip show contacts").splitlines()
    return next(
        word
        for line in lines
        if f"{trunk}/sip" in line
        for word in line.split()
        if word in ("Avail", "Unavail", "NonQual", "Unknown")
    )


async def test_next_carrier_is_tried_where_the_first_is_down_and_our_number_is_shown(
    board: Switchboard, desk: FakeDesk, peers: list[SipPeer]
) -> None:
    carrier = await peer(peers, LIVE, board.ports[LIVE])
    carrier.answers["INVITE"] = lambda r: reply(r, "486 Busy Here")
    await until(lambda: contact(board, "live") == "Avail" and contact(board, "dead") == "Unavail", 20)
    desk.first = Play(("greeting",))
    desk.script = lambda r: (
        Ring("remote", "Local/13900139000@hl-out/n", 10, "remote") if r.step == "play" else Bye()
    )
    carrier.send("INVITE", board.line(), board.sip, "13800138000", body=SDP)
    await until(lambda: carrier.got("INVITE"), 20)
    sent = carrier.got("INVITE")[0]
    assert sent.start.split()[1].startswith("sip:13900139000@")
    assert "076212345" in sent.headers["from"]
    assert "076212345" in sent.headers["p-asserted-identity"]
    await until(lambda: desk.ends)
    assert desk.results[-1].status == "BUSY"


async def test_seat_sees_who_calls(board: Switchboard, desk: FakeDesk, peers: list[SipPeer]) -> None:
    phone = await peer(peers, "127.0.0.1")
    phone.answers["INVITE"] = lambda r: reply(r, "486 Busy Here")
    uri = f"sip:127.0.0.1:{board.plan.settings.sip_port}"
    account = "sip:s1001@127.0.0.1"
    phone.send("REGISTER", uri, board.sip, "s1001", recipient=account)
    assert await status(phone) == 401
    proof = digest(phone.responses[-1].headers["www-authenticate"], "REGISTER", uri, "s1001", "pw-1001")
    phone.responses.clear()
    phone.send("REGISTER", uri, board.sip, "s1001", proof, recipient=account)
    assert await status(phone) == 200
    desk.first, desk.script = Ring("1001", "PJSIP/s1001", 5, "seen"), lambda r: Bye()
    carrier = await peer(peers, LIVE, board.ports[LIVE])
    carrier.send("INVITE", board.line(), board.sip, "13800138000", body=SDP)
    await until(lambda: phone.got("INVITE"))
    assert "13800138000" in phone.got("INVITE")[0].headers["from"]
    await until(lambda: desk.ends)
    assert [r.status for r in desk.results] == ["BUSY"]
