"""A leg's sound on the wire: its clock, its keys, its timeline, and what hostile packets do to it."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import numpy as np
import pytest
from aiortp import DtmfEvent, get_codec
from aiortp.packet import RtpPacket

from app.demo import audio
from app.demo.rtp import FRAME, Media, Timeline
from core.errors import BadInput

pytestmark = pytest.mark.service


@asynccontextmanager
async def media_and_peer() -> AsyncIterator[tuple[Media, socket.socket]]:
    media, peer = Media("127.0.0.1"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    peer.setblocking(False)
    try:
        yield media, peer
    finally:
        media.close()
        peer.close()


async def packets(peer: socket.socket, count: int, timeout: float = 5.0) -> list[RtpPacket]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout):
        return [RtpPacket.parse(await loop.sock_recv(peer, 2048)) for _ in range(count)]


async def until(condition: object, timeout: float = 30.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_silence_never_stops_and_sound_takes_its_place_without_a_break() -> None:
    async with media_and_peer() as (media, peer):
        media.connect(peer.getsockname(), 8, (101, 101))
        media.say(audio.tone(440, 0.1))
        got = await packets(peer, 12)
    stamps = [p.timestamp for p in got]
    assert [b - a for a, b in pairwise(stamps)] == [FRAME] * 11
    loud = [len(set(p.payload)) > 1 for p in got]
    assert loud == [False] + [True] * 5 + [False] * 6


async def test_after_a_standstill_the_frames_made_up_for_come_before_what_is_said() -> None:
    async with media_and_peer() as (media, peer):
        media.connect(peer.getsockname(), 8, (101, 101))
        time.sleep(0.2)  # noqa: ASYNC251 - the standstill itself
        media.say(audio.tone(440, 0.1))
        got = await packets(peer, 20)
    loud = [len(set(p.payload)) > 1 for p in got]
    assert loud.index(True) >= 10
    assert sum(loud) == 5


async def test_after_a_long_standstill_nothing_is_made_up_for_and_the_clock_has_gone_on() -> None:
    async with media_and_peer() as (media, peer):
        media.connect(peer.getsockname(), 8, (101, 101))
        time.sleep(1.2)  # noqa: ASYNC251 - the standstill itself
        before, after = await packets(peer, 2)
    assert after.timestamp - before.timestamp >= 1.2 * audio.RATE


async def test_what_had_come_in_before_the_end_is_heard_even_where_nobody_had_read_it() -> None:
    async with media_and_peer() as (media, peer):
        pcm = audio.tone(440, FRAME / audio.RATE)
        for n in range(10):
            sound = RtpPacket(
                payload_type=8,
                ssrc=7,
                sequence_number=n,
                timestamp=n * FRAME,
                payload=get_codec(8).encode(pcm.tobytes()),
            )
            peer.sendto(sound.serialize(), ("127.0.0.1", media.port))
        media.close()
    assert media.received == 10
    assert media.timeline.heard().size >= 10 * FRAME


async def test_same_key_twice_is_two_events_paced_like_sound() -> None:
    async with media_and_peer() as (media, peer):
        media.connect(peer.getsockname(), 8, (101, 101))
        media.press("77")
        keys = [p for p in await packets(peer, 28) if p.payload_type == 101]
    assert len({p.timestamp for p in keys}) == 2
    first = [p for p in keys if p.timestamp == keys[0].timestamp]
    assert [p.marker for p in first] == [1] + [0] * (len(first) - 1)
    events = [DtmfEvent.parse(p.payload) for p in first]
    assert [e.duration for e in events][-3:] == [8 * FRAME] * 3
    assert [e.end for e in events] == [False] * 7 + [True] * 3


async def test_keys_the_peer_cannot_take_are_refused() -> None:
    async with media_and_peer() as (media, peer):
        media.connect(peer.getsockname(), 8, (0, 101))
        with pytest.raises(BadInput, match="telephone events"):
            media.press("1")
        media.connect(peer.getsockname(), 8, (101, 101))
        with pytest.raises(BadInput, match="no such key"):
            media.press("1x")


async def test_half_an_hour_of_queued_speech_is_the_limit() -> None:
    async with media_and_peer() as (media, _):
        media.say(audio.silence(30 * 60))
        with pytest.raises(BadInput, match="30 minutes"):
            media.say(audio.silence(1))
        media.hush()
        assert media.queued_s == 0


async def test_hostile_packets_change_nothing_and_sound_after_them_is_heard() -> None:
    async with media_and_peer() as (media, peer):
        to = ("127.0.0.1", media.port)
        short_key = RtpPacket(payload_type=101, ssrc=1, payload=b"\x01").serialize()
        for bad in (b"", b"\x80", os.urandom(12), b"\xff" * 1500, short_key, b"\xbf\x08" + b"\x00" * 10):
            peer.sendto(bad, to)
        sound = RtpPacket(payload_type=8, ssrc=7, timestamp=5, payload=b"\x2a" * FRAME)
        peer.sendto(sound.serialize(), to)
        await until(lambda: media.received == 1)
        assert media.odd >= 4
        assert media.digits == ""


async def test_closing_twice_leaves_no_socket_and_keeps_what_was_heard() -> None:
    media = Media("127.0.0.1")
    media.timeline.put(1, 0, audio.tone(440, 0.02))
    media.close()
    media.close()
    assert media.closed
    assert media.timeline.heard().size > 0


def test_timeline_fills_gaps_with_silence_and_keeps_packet_spacing() -> None:
    timeline, frame = Timeline(), np.full(FRAME, 1000, dtype=np.int16)
    start = 0xFFFFFFFF - FRAME + 1  # the timestamp wraps after the first packet
    for n in (0, 1, 3):
        timeline.put(9, (start + n * FRAME) % 2**32, frame)
    heard = timeline.heard()
    begin = int(np.flatnonzero(heard)[0])
    assert heard.size == begin + 4 * FRAME
    assert not heard[begin + 2 * FRAME : begin + 3 * FRAME].any()


def test_timeline_keeps_the_places_of_what_lay_unread_while_the_process_stood_still() -> None:
    timeline, frame = Timeline(), np.full(FRAME, 1000, dtype=np.int16)
    timeline.put(9, 0, frame)
    timeline.opened -= 0.8
    for n in range(1, 41):
        timeline.put(9, n * FRAME, frame, late_s=0.8)
    heard = timeline.heard()
    assert heard.size - int(np.flatnonzero(heard)[0]) == 41 * FRAME


def test_timeline_lays_a_new_source_at_its_own_time() -> None:
    timeline, frame = Timeline(), np.full(FRAME, 1000, dtype=np.int16)
    timeline.put(1, 123456, frame)
    timeline.opened -= 2.0  # two seconds go by
    timeline.put(2, 5, frame)
    heard = timeline.heard()
    assert 2.0 * audio.RATE <= heard.size <= 2.2 * audio.RATE + FRAME


def test_timeline_ignores_what_lies_outside_it() -> None:
    timeline = Timeline()
    timeline.opened -= 3 * 3600
    timeline.put(1, 0, audio.tone(440, 0.02))
    assert timeline.heard().size == 0
