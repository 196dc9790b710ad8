"""One leg's sound: 20 ms of G.711 out on the clock, whatever comes in laid on a timeline.

aiortp 0.8.0 gives packets, codecs and telephone events. Its `RTPSession` is not used because a measuring phone needs
the opposite of three things it does: it sends nothing while there is nothing to say (we keep the stream alive), it
conceals losses (we want to see them), and it sends a key's packets in one burst at RTP time 0, so that the same key
twice is taken for a repetition (RFC 4733 §2.5.1).
"""

import asyncio
import socket
import time
from collections import deque
from dataclasses import dataclass

import numpy as np
from aiortp import DtmfEvent, DtmfReceiver, get_codec
from aiortp.dtmf import DTMF_EVENTS
from aiortp.packet import RtpPacket
from aiortp.sender import RtpSender

from app.demo.audio import RATE, Samples
from core.errors import BadInput, PartMissing

FRAME = 160
FRAME_S = FRAME / RATE
KEY_FRAMES = 8
GAP_FRAMES = 5
MOST_QUEUED = 30 * 60 * 50
MOST_HEARD = 2 * 3600 * RATE
BEHIND_S = 1.0
STRAY = RATE // 2
MOST_UNREAD = 500  # packets: more than a socket's buffer holds
SILENCE = np.zeros(FRAME, dtype=np.int16).tobytes()
DECODABLE = {0, 8}


class Timeline:
    """What was heard, sample by sample, from the moment it opened; gaps are silence.

    A run of packets keeps the spacing of its RTP timestamps; it is laid anew at its arrival time when the source
    changes or its timestamps leave the wall clock by half a second, besides what we ourselves were late in reading.
    """

    def __init__(self) -> None:
        self.opened = time.monotonic()
        self._buffer: Samples = np.zeros(RATE, dtype=np.int16)
        self._end = 0
        self._source = -1
        self._base = (0, 0)

    def seconds(self) -> float:
        """Now, on this timeline."""
        return time.monotonic() - self.opened

    def put(self, source: int, timestamp: int, samples: Samples, late_s: float = 0.0) -> None:
        """Lay one packet down. `timestamp`: RTP units of 1/8000 s, wraps at 32 bits. `late_s`: how long it may have lain unread."""
        due = round(self.seconds() * RATE)
        place = self._base[0] + _signed(timestamp - self._base[1])
        behind = due - place
        if source != self._source or not -STRAY < behind < STRAY + late_s * RATE:
            self._source, self._base, place = source, (due, timestamp), due
        end = place + samples.size
        if place < 0 or end > MOST_HEARD:
            return
        if end > self._buffer.size:
            self._buffer = np.concatenate(
                [self._buffer, np.zeros(max(end, self._buffer.size), dtype=np.int16)]
            )
        self._buffer[place:end] = samples
        self._end = max(self._end, end)

    def heard(self) -> Samples:
        """Everything so far, a copy."""
        return self._buffer[: self._end].copy()


@dataclass(slots=True)
class _Key:
    """A key being pressed: `left` ticks to go, all sharing one RTP timestamp."""

    event: int
    timestamp: int = -1
    left: int = KEY_FRAMES


class Media:
    """RTP of one leg on a port pair of its own. Raises PartMissing when no pair is free."""

    def __init__(self, local_ip: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._rtp, self._rtcp = _port_pair(local_ip)
        self.port: int = self._rtp.getsockname()[1]
        self.session = str(time.time_ns())
        self.timeline = Timeline()
        self.idle = asyncio.Event()
        self.idle.set()
        self.digits = ""
        self.received = self.odd = 0
        self.late_s = 0.0  # what this telephone did not send in all, because its own machine stood still
        self.sending = True
        self._remote: tuple[str, int] | None = None
        self._events_pt, self.events_in, self._codec = 0, 101, get_codec(8)
        self._keys_in = DtmfReceiver(self._digit)
        self._queue: deque[bytes | _Key] = deque()
        self._sender: RtpSender | None = None
        self._tick_handle: asyncio.TimerHandle | None = None
        self._due = self._since = 0.0  # of the next tick; since when there is something to say
        self._loop.add_reader(self._rtp, self._readable)
        self._loop.add_reader(self._rtcp, self._drain_rtcp)

    @property
    def closed(self) -> bool:
        return self._rtp.fileno() < 0

    @property
    def queued_s(self) -> float:
        """Seconds of sound and keys still to be sent."""
        return sum(item.left + GAP_FRAMES if isinstance(item, _Key) else 1 for item in self._queue) * FRAME_S

    def connect(self, remote: tuple[str, int], payload_type: int, events: tuple[int, int]) -> None:
        """Start sending to `remote`, or turn to it. `events`: payload types of keys out (0 = peer takes none) and in."""
        self._remote, (self._events_pt, self.events_in) = remote, events
        if self._sender is not None:
            return
        self._codec = get_codec(payload_type)
        self._sender = RtpSender(self, payload_type, enable_history=False)  # type: ignore[arg-type]
        self._sender.timestamp_increment = FRAME
        self._due = self._loop.time()
        self._tick()

    def say(self, samples: Samples) -> float:
        """Queue sound behind what is queued; returns its seconds. Raises BadInput past 30 minutes."""
        frames = -(-samples.size // FRAME)
        if len(self._queue) + frames > MOST_QUEUED:
            raise BadInput("more than 30 minutes of speech queued on one leg")
        padded = np.zeros(frames * FRAME, dtype="<i2")
        padded[: samples.size] = samples
        self._queue.extend(padded[i : i + FRAME].tobytes() for i in range(0, padded.size, FRAME))
        self._busy()
        return frames * FRAME_S

    def press(self, digits: str) -> None:
        """Queue keys (0-9 * # A-D) as RFC 4733 events. Raises BadInput for others or where the peer has none."""
        wrong = [d for d in digits.upper() if d not in DTMF_EVENTS]
        if wrong or not self._events_pt:
            raise BadInput(f"no such key: {wrong}" if wrong else "the peer takes no telephone events")
        for digit in digits.upper():
            self._queue.append(_Key(DTMF_EVENTS[digit]))
            self._queue.extend([SILENCE] * GAP_FRAMES)
        self._busy()

    def _busy(self) -> None:
        if self._queue:
            if self.idle.is_set():
                self._since = self._loop.time()
            self.idle.clear()
        else:
            self.idle.set()

    def hush(self) -> None:
        """Forget what is queued."""
        self._queue.clear()
        self._busy()

    def close(self) -> None:
        """Stop both ways at once; what was heard stays, also what has come in and lies unread."""
        if self.closed:
            return
        self._readable()
        self.hush()
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        for sock in (self._rtp, self._rtcp):
            self._loop.remove_reader(sock)
            sock.close()

    def send(self, data: bytes, addr: tuple[str, int] | None = None) -> None:
        """RtpSender's way out. A full buffer or a refused port loses the packet, as on any network."""
        try:
            self._rtp.sendto(data, addr or self._remote or ("", 0))
        except OSError:
            self.odd += 1

    @property
    def _late(self) -> float:
        """Seconds by which the next tick is late: so long, at least, this process has not run."""
        return max(0.0, self._loop.time() - self._due) if self._tick_handle else 0.0

    def _tick(self) -> None:
        late = self._loop.time() - self._due
        if late > BEHIND_S:  # the process was stopped: go on from now, without a burst
            self.late_s += late
            self._skip(round(late / FRAME_S))
        self._send_frame()
        self._due += FRAME_S
        self._tick_handle = self._loop.call_at(self._due, self._tick)

    def _skip(self, frames: int) -> None:
        self._due += frames * FRAME_S
        if self._sender is not None:
            for _ in range(frames):
                self._sender.advance_timestamp()

    def _send_frame(self) -> None:
        sender = self._sender
        if sender is None:
            return
        if not self.sending or self._remote is None:
            sender.advance_timestamp()
            return
        if not self._queue or self._due < self._since:  # made up for after a standstill: nobody spoke then
            sender.send_frame_auto(self._codec.encode(SILENCE), addr=self._remote)
            return
        item = self._queue[0]
        if isinstance(item, _Key):
            self._send_key(sender, item)
            return
        self._queue.popleft()
        self._busy()
        sender.send_frame_auto(self._codec.encode(item), addr=self._remote)

    def _send_key(self, sender: RtpSender, key: _Key) -> None:
        """One tick of a key; the last one is sent three times (RFC 4733 §2.5.1.4)."""
        first, last = key.left == KEY_FRAMES, key.left == 1
        if first:
            key.timestamp = sender.current_timestamp
        key.left -= 1
        event = DtmfEvent(key.event, last, 10, (KEY_FRAMES - key.left) * FRAME)
        for _ in range(3 if last else 1):
            sender.send_raw(self._events_pt, event.serialize(), key.timestamp, int(first), self._remote)
        sender.advance_timestamp()
        if last:
            self._queue.popleft()

    def _readable(self) -> None:
        for _ in range(MOST_UNREAD):
            try:
                data, _ = self._rtp.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError:  # ICMP: the far side has closed its port; its BYE is on the way
                self.odd += 1
                return
            self._packet(data)

    def _packet(self, data: bytes) -> None:
        try:
            packet = RtpPacket.parse(data)
            if packet.payload_type in DECODABLE:
                self.received += 1
                pcm = get_codec(packet.payload_type).decode(packet.payload)
                self.timeline.put(packet.ssrc, packet.timestamp, np.frombuffer(pcm, dtype="<i2"), self._late)
            elif packet.payload_type == self.events_in:
                self._keys_in.handle_packet(packet)
        except ValueError:  # hostile or cut packet
            self.odd += 1

    def _drain_rtcp(self) -> None:
        try:
            self._rtcp.recvfrom(2048)
        except OSError:
            self.odd += 1

    def _digit(self, digit: str, _duration: int) -> None:
        self.digits += digit


def _port_pair(ip: str, attempts: int = 60) -> tuple[socket.socket, socket.socket]:
    """An even RTP port and the odd one above it, both bound (RFC 3550 §11)."""
    for _ in range(attempts):
        rtp = _bound(ip, 0)
        port = rtp.getsockname()[1] if rtp else 1
        rtcp = _bound(ip, port + 1) if port % 2 == 0 else None
        if rtp and rtcp:
            return rtp, rtcp
        if rtp:
            rtp.close()
    raise PartMissing(f"no free pair of UDP ports on {ip}")


def _bound(ip: str, port: int) -> socket.socket | None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.bind((ip, port))
    except OSError:
        sock.close()
        return None
    return sock


def _signed(delta: int) -> int:
    """32-bit wrap-around difference."""
    return (delta + 0x80000000) % 0x100000000 - 0x80000000
