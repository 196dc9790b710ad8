"""The AudioSocket server against streams of every kind."""

import asyncio
import struct
import uuid
from collections.abc import AsyncIterator

import pytest

from agi.live_audio import AUDIO, DTMF, END, ERROR, IDENTITY, Leg, LiveAudio
from tests.agi.conftest import until

pytestmark = pytest.mark.service

LEG = Leg("call-1", "citizen")


def frame(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack("!BH", kind, len(payload)) + payload


def hello(stream: str) -> bytes:
    return frame(IDENTITY, uuid.UUID(stream).bytes)


class Side:
    def __init__(self) -> None:
        self.heard: list[tuple[Leg, bytes | None]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fail = False
        self.expected: dict[str, Leg] = {}
        self.live = LiveAudio(self.take, self.whose, queue_s=0.2, identify_s=0.3, silent_s=0.4, quiet_s=60)
        self.port = 0

    def register(self, leg: Leg) -> str:
        stream = str(uuid.uuid4())
        self.expected[stream] = leg
        return stream

    async def whose(self, stream: str) -> Leg | None:
        return self.expected.pop(stream, None)

    async def take(self, leg: Leg, pcm: bytes | None) -> None:
        await self.gate.wait()
        if self.fail:
            raise ZeroDivisionError
        self.heard.append((leg, pcm))

    async def connect(self, first: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(first)
        return reader, writer

    async def closed(self, reader: asyncio.StreamReader) -> None:
        async with asyncio.timeout(30):
            try:
                assert await reader.read() == b""
            except ConnectionError:
                return


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    side = Side()
    side.port = await side.live.start()
    yield side
    side.gate.set()
    await side.live.stop()
    assert side.live.streams == 0


async def test_frames_arrive_in_order_then_the_end(side: Side) -> None:
    stream = side.register(LEG)
    frames = [bytes([i]) * 320 for i in range(5)]
    data = hello(stream) + b"".join(frame(AUDIO, f) for f in frames) + frame(DTMF, b"5") + frame(END)
    reader, writer = await side.connect(data[:7])
    for i in range(7, len(data), 50):
        writer.write(data[i : i + 50])
        await writer.drain()
    await side.closed(reader)
    await until(lambda: len(side.heard) == 6)
    assert side.heard == [*[(LEG, f) for f in frames], (LEG, None)]
    writer.close()


@pytest.mark.parametrize(
    "first",
    [b"", b"\x01\x00", b"GET / HTTP/1.1\r\n\r\n", frame(AUDIO, b"\0" * 320), frame(IDENTITY, b"short"), b"\x01\xff\xff", hello(str(uuid.uuid4()))],
    ids=["silent", "half", "http", "audio first", "short id", "endless id", "unknown id"],
)  # fmt: skip
async def test_stream_of_nobody_is_closed(side: Side, first: bytes) -> None:
    side.register(LEG)
    reader, writer = await side.connect(first)
    await side.closed(reader)
    assert side.heard == []
    writer.close()


async def test_stream_id_serves_once(side: Side) -> None:
    stream = side.register(LEG)
    _, first = await side.connect(hello(stream) + frame(AUDIO, b"\1" * 320))
    await until(lambda: side.heard)
    reader, second = await side.connect(hello(stream))
    await side.closed(reader)
    first.close()
    second.close()


async def test_a_phone_that_stops_sending_is_heard_as_silence(side: Side) -> None:
    side.live._quiet_s, side.live._silent_s = 0.1, 60
    writer = (await side.connect(hello(side.register(LEG)) + frame(AUDIO, b"\1" * 320)))[1]
    await until(lambda: len(side.heard) >= 3)
    assert side.heard[:3] == [(LEG, b"\1" * 320), (LEG, bytes(1600)), (LEG, bytes(1600))]  # 0.1 s each
    writer.write(frame(AUDIO, b"\2" * 320))
    await until(lambda: (LEG, b"\2" * 320) in side.heard)
    writer.close()


@pytest.mark.parametrize("end", [frame(END), frame(ERROR, b"\1"), b"\x99\x00\x00", b"\x10\xff\xff", b""])
async def test_every_end_is_told_once(side: Side, end: bytes) -> None:
    stream = side.register(LEG)
    reader, writer = await side.connect(hello(stream) + frame(AUDIO, b"\1" * 320) + end)
    if not end:
        writer.close()
    await until(lambda: (LEG, None) in side.heard)
    assert side.heard == [(LEG, b"\1" * 320), (LEG, None)]
    writer.close()
    await until(lambda: side.live.streams == 0)
    del reader


async def test_stalled_stream_is_given_up(side: Side) -> None:
    stream = side.register(LEG)
    reader, writer = await side.connect(hello(stream))
    await side.closed(reader)
    assert side.heard == [(LEG, None)]
    writer.close()


async def test_slow_consumer_loses_the_oldest_and_counts_them(side: Side) -> None:
    side.gate.clear()
    stream = side.register(LEG)
    frames = [struct.pack("<H", i) * 160 for i in range(50)]
    _, writer = await side.connect(hello(stream) + b"".join(frame(AUDIO, f) for f in frames))
    await until(lambda: side.live.dropped >= 39)
    side.gate.set()
    writer.write(frame(END))
    await until(lambda: (LEG, None) in side.heard)
    heard = [pcm for _, pcm in side.heard if pcm]
    assert heard[-10:] == frames[-10:]
    assert len(heard) + side.live.dropped == 50
    writer.close()


async def test_failing_consumer_ends_its_stream_only(side: Side) -> None:
    side.fail = True
    one, two = side.register(LEG), side.register(Leg("call-2", "agent"))
    reader, first = await side.connect(hello(one) + frame(AUDIO, b"\1" * 320) + frame(END))
    await side.closed(reader)
    side.fail = False
    _, second = await side.connect(hello(two) + frame(AUDIO, b"\2" * 320) + frame(END))
    await until(lambda: (Leg("call-2", "agent"), None) in side.heard)
    first.close()
    second.close()


async def test_stop_closes_streams_under_way(side: Side) -> None:
    stream = side.register(LEG)
    reader, writer = await side.connect(hello(stream) + frame(AUDIO, b"\1" * 320))
    await until(lambda: side.heard)
    await side.live.stop()
    await side.closed(reader)
    assert side.heard[-1] == (LEG, None)
    writer.close()
