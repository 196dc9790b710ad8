"""One real Asterisk per test module on free ports, and a call desk that a test scripts."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.asterisk import Asterisk, AsteriskInstall
from agi.bridge import Bridge
from agi.facts import Fact
from agi.fastagi import FastAgi
from agi.live_audio import Leg, LiveAudio
from agi.plan import Line, Seat, SwitchPlan, SwitchSettings, Trunk
from agi.render import render
from agi.tones import tone, write_wav
from app.setup.asterisk import find
from core.call import Arrival, Bye, EndFacts, Instruction, StaffEnd, StaffResult, StepResult
from core.errors import PartMissing
from tests.agi.phones import Phones
from tests.need import missing

PROMPTS = ("greeting", "please-wait", "sorry-retry", "message-apology", "message-thanks", "goodbye", "beep")
QUESTION_S = 2
OUTSIDE = "127.0.0.2"  # where the carrier of a board is, and every telephone behind it


def free_port(kind: int = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def free_rtp(width: int = 200) -> int:
    """The start of a range in which every sampled UDP port is free."""
    for start in range(30000, 60000, 2 * width):
        try:
            for port in range(start, start + width, 7):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return start
    raise AssertionError("no free RTP range")


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Poll until true; fails after the deadline."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {seconds:g} s") from None


@pytest.fixture(scope="session")
def install() -> AsteriskInstall:
    try:
        return find()
    except PartMissing as error:
        missing(f"Asterisk: {error}")


@dataclass
class Exchange:
    """A running private Asterisk with fresh seats to ring, each on its own port."""

    asterisk: Asterisk
    plan: SwitchPlan
    seats: list[tuple[Seat, int]]

    @property
    def settings(self) -> SwitchSettings:
        return self.plan.settings

    def seat(self) -> tuple[Seat, int]:
        """One nobody used: late retransmissions of another test can't reach it."""
        return self.seats.pop()

    def ami(self) -> AmiSettings:
        return AmiSettings(self.settings.ami_port, self.settings.ami_secret)


def make_plan(folder: Path, seats: int = 16) -> tuple[SwitchPlan, list[tuple[Seat, int]]]:
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    for name in PROMPTS:
        write_wav(sounds / f"{name}.wav", tone([(600.0, 0.15)]))
    rtp = free_rtp()
    settings = SwitchSettings(
        run=folder / "run", recordings=folder / "recordings", spool=folder / "spool", sounds=sounds,
        sip_port=free_port(socket.SOCK_DGRAM), ami_port=free_port(), ami_secret="only-for-tests", agi_port=free_port(),
        ws_port=free_port(), rtp_start=rtp, rtp_end=rtp + 199, question_s=QUESTION_S, message_silence_s=2, rtp_timeout_s=4,
    )  # fmt: skip
    ports = [free_port(socket.SOCK_DGRAM) for _ in range(seats)]
    known = [
        (Seat(f"{1001 + i}", f"s{1001 + i}", "secret-1", f"sip:s{1001 + i}@127.0.0.1:{p}"), p)
        for i, p in enumerate(ports)
    ]
    plan = SwitchPlan(
        settings=settings, seats=tuple(s for s, _ in known), lines=(Line("12345"), Line("12315")),
        trunks=(Trunk("carrier", match=("127.0.0.2",)),),
    )  # fmt: skip
    return plan, known


@pytest.fixture(scope="module")
def exchange(install: AsteriskInstall) -> Iterator[Exchange]:
    folder = Path(tempfile.mkdtemp(prefix="hl-agi 热线 "))
    plan, seats = make_plan(folder)
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    try:
        asterisk.start()
        yield Exchange(asterisk, plan, seats)
    finally:
        asterisk.stop()
        shutil.rmtree(folder)


@dataclass
class Board:
    """A running private Asterisk whose one trunk, `city`, leads to `port` on OUTSIDE."""

    asterisk: Asterisk
    plan: SwitchPlan
    port: int


@pytest.fixture(scope="module")
def board(install: AsteriskInstall) -> Iterator[Board]:
    folder = Path(tempfile.mkdtemp(prefix="hl-out-"))
    plan, _ = make_plan(folder, seats=1)
    write_wav(folder / "sounds" / "probe-notice.wav", tone([(600.0, 0.3)]))
    port = free_port(socket.SOCK_DGRAM, OUTSIDE)
    city = Trunk("city", OUTSIDE, port, match=(OUTSIDE,), qualify_s=0, display="076212345")
    plan = replace(plan, trunks=(city,))
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    try:
        asterisk.start()
        yield Board(asterisk, plan, port)
    finally:
        asterisk.stop()
        shutil.rmtree(folder)


Script = Callable[[StepResult], Instruction]
StaffScript = Callable[[StaffResult], Instruction]


@dataclass
class FakeDesk:
    """Answers with `first`, then with what `script` says; keeps all it was told."""

    first: Instruction = field(default_factory=Bye)
    script: Script = field(default=lambda result: Bye(("goodbye",)))
    arrivals: list[Arrival] = field(default_factory=list)
    results: list[StepResult] = field(default_factory=list)
    ends: list[EndFacts] = field(default_factory=list)
    answered: list[tuple[str, str, str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    delay_s: float = 0.0
    staff: StaffScript = field(default=lambda result: Bye())
    staff_results: list[StaffResult] = field(default_factory=list)
    staff_ends: list[StaffEnd] = field(default_factory=list)
    thirds: list[tuple[str, str, str]] = field(default_factory=list)

    async def arrived(self, arrival: Arrival) -> tuple[str, Instruction]:
        self.arrivals.append(arrival)
        await asyncio.sleep(self.delay_s)
        return "call-" + arrival.linkedid.replace(".", "-"), self.first

    async def next(self, result: StepResult) -> Instruction:
        self.results.append(result)
        await asyncio.sleep(self.delay_s)
        return self.script(result)

    async def ended(self, facts: EndFacts) -> None:
        self.ends.append(facts)

    async def agent_answered(
        self, call_id: str, seat: str, citizen_channel: str, agent_channel: str, at: datetime
    ) -> None:
        self.answered.append((call_id, seat, citizen_channel, agent_channel))

    async def agent_left(self, call_id: str, seat: str, at: datetime) -> None:
        self.left.append((call_id, seat))

    async def staff_next(self, result: StaffResult) -> Instruction:
        self.staff_results.append(result)
        return self.staff(result)

    async def staff_ended(self, end: StaffEnd) -> None:
        self.staff_ends.append(end)

    async def third_answered(self, call_id: str, transfer_id: str, channel: str, at: datetime) -> None:
        self.thirds.append((call_id, transfer_id, channel))


@dataclass
class House:
    """Our side of one test: bridge, AMI link, live audio, phones."""

    exchange: Exchange
    desk: FakeDesk
    server: FastAgi
    ami: Ami
    live: LiveAudio
    live_port: int
    expected: dict[str, Leg]
    phones: Phones
    facts: list[Fact]
    heard: dict[str, list[bytes | None]]

    async def silence(self) -> None:
        """As if the service were killed: nobody listens any more."""
        await self.server.stop()

    async def back(self) -> None:
        self.server = await serve(self.desk, self.exchange.settings.agi_port)


async def serve(desk: FakeDesk, port: int) -> FastAgi:
    server = FastAgi()
    Bridge(desk, question_s=QUESTION_S * 0.75).attach(server)
    await server.start("127.0.0.1", port)
    return server


@pytest.fixture
async def house(exchange: Exchange, tmp_path: Path) -> AsyncIterator[House]:
    desk, facts, heard = FakeDesk(), list[Fact](), dict[str, list[bytes | None]]()
    bridge = Bridge(desk)

    async def listen(fact: Fact) -> None:
        facts.append(fact)
        await bridge.on_fact(fact)

    async def consume(leg: object, pcm: bytes | None) -> None:
        heard.setdefault(leg.speaker, []).append(pcm)  # type: ignore[attr-defined]

    ami = Ami(replace(exchange.ami(), ping_every_s=1.0, ping_s=1.0), listen)
    expected: dict[str, Leg] = {}

    async def whose(stream: str) -> Leg | None:
        return expected.pop(stream, None)

    live = LiveAudio(consume, whose)
    house = House(
        exchange, desk, await serve(desk, exchange.settings.agi_port), ami, live, await live.start(),
        expected, Phones(tmp_path, exchange.settings.sip_port), facts, heard,
    )  # fmt: skip
    await ami.start()
    try:
        await until(lambda: ami.connected)
        yield house
    finally:
        await house.phones.stop()
        if exchange.asterisk.pid() is None:  # the test killed it
            await asyncio.to_thread(exchange.asterisk.start)
        exchange.asterisk.cli("channel request hangup all")
        try:
            await until(lambda: exchange.asterisk.channels() == 0, 20)
        finally:
            await house.server.stop()
            await ami.stop()
            await live.stop()
