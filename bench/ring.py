"""How long after the end of the prompts a seat rings, seen from outside: the citizen's RTP and the seat's INVITE.

The prompts are loud tones; the last loud packet a citizen receives is the end of the prompts (music on hold and agents are quiet).
The call's RTP port at Asterisk, logged by the citizen's sipp, ties its packets to its number; the seat's sipp logs when
which number rang.
"""

import re
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from aiortp import get_codec

from app.demo import audio
from bench import sipp
from bench.site import CARRIER, LINE, SEATS, Site, free_port

RATE, SECONDS = 10, 12.0
LOUD = 8000
FRAME_S = 0.02


@contextmanager
def phones(site: Site, folder: Path) -> Iterator[None]:
    """Every seat's phone: one sipp that answers."""
    shutil.copy(sipp.SCENARIOS / "seat.xml", folder)
    (folder / "agent.al").write_bytes(get_codec(8).encode(audio.tone(300, 2.0, level_db=-30).tobytes()))
    argv, env = sipp.command(
        folder / "seat.xml",
        [
            *("-i", SEATS, "-p", str(site.seat_port), "-trace_logs", "-log_file", str(folder / "seats.log")),
            *("-mi", SEATS),
            *("-aa", "-trace_err", "-error_file", str(folder / "seat-errors.log"), "-timer_resol", "5"),
            *("-buff_size", "4194304"),
        ],
    )
    with (folder / "seats.out").open("wb") as out:
        process = subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder
        )
    try:
        time.sleep(0.5)
        if process.poll() is not None:
            raise sipp.LoadFailed(
                f"no phones at the seats: {(folder / 'seats.out').read_text(errors='replace')[-500:]}"
            )
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(10)


class Ears:
    """A UDP port that notes when each source port was last loud (wall clock)."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((CARRIER, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.port: int = self.sock.getsockname()[1]
        self.last_loud: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ears")
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)
        self.sock.close()

    def _listen(self) -> None:
        alaw = get_codec(8)
        while not self._over.is_set():
            if not select.select([self.sock], [], [], 0.2)[0]:
                continue
            data, source = self.sock.recvfrom(2048)
            at = time.time()
            pcm = np.frombuffer(alaw.decode(data[12:]), dtype="<i2")
            if pcm.size and int(np.abs(pcm).max()) > LOUD:
                self.last_loud[source[1]] = at


def after_prompts(site: Site, folder: Path) -> dict[str, Any]:
    """p50, p99 and most of the milliseconds from the end of the prompts to the seat's INVITE, at RATE calls/s."""
    ears = Ears()
    try:
        done = sipp.run(
            sipp.Load(
                "leaving_call",
                site.sip,
                (CARRIER, free_port(CARRIER)),
                RATE,
                100,
                SECONDS,
                (LINE, str(ears.port)),
            ),
            folder / "rings",
        )
    finally:
        ears.close()
    ports = _logged(folder / "rings" / "calls.log", r"media (\d+) (\d+)")
    rang = _logged(folder / "seats.log", r"ring (\d+) .*?([\d.]+)$")
    waits = [
        (rang[number] - (ears.last_loud[int(port)] + FRAME_S)) * 1000
        for number, port in ports.items()
        if number in rang and int(port) in ears.last_loud
    ]
    ranked = sorted(waits)
    at = {f"p{p}": round(ranked[min(len(ranked) - 1, len(ranked) * p // 100)], 1) for p in (50, 99) if ranked}
    return {"calls": done.completed, "failed": done.failed, "measured": len(waits)} | at


def _logged(path: Path, pattern: str) -> dict[str, float]:
    """Number → value of each line that matches; the first counts."""
    found: dict[str, float] = {}
    for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
        match = re.search(pattern, line)
        if match:
            found.setdefault(match[1], float(match[2]))
    return found
