"""Whatever a test run starts ends with the run, also where the run is killed: Asterisk and the service outlive who started them."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

MARK = "HOTLINE_TEST_RUN"
_SWEEP_S, _EMPTY = 30.0, 10


def watched() -> int:
    """Mark all that this process starts from now on, and have it ended with this process.

    Gives a descriptor that only this process holds. Once it is closed, by us or by our end, a watchman kills every
    process that carries our mark in its environment.
    """
    mark = f"{os.getpid()}-{secrets.token_hex(8)}"
    ours, watchmans = os.pipe()[::-1]
    subprocess.Popen(
        [sys.executable, "-IS", __file__, mark],
        stdin=watchmans,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        start_new_session=True,
    )
    os.close(watchmans)
    os.environ[MARK] = mark
    return ours


def marked(mark: str) -> list[int]:
    """Living processes with this mark."""
    wanted, found = os.fsencode(f"{MARK}={mark}"), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            given = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # ended meanwhile, or somebody else's
            continue
        if wanted in given:
            found.append(int(entry.name))
    return found


def _watch(mark: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.read(0, 1)  # nothing is ever written: it returns when nobody can write any more
    deadline, empty = time.monotonic() + _SWEEP_S, 0
    while empty < _EMPTY and time.monotonic() < deadline:
        left = marked(mark)
        empty = 0 if left else empty + 1  # one look alone may miss a process that just becomes another
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


if __name__ == "__main__":
    _watch(sys.argv[1])
