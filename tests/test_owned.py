"""A test run that is killed leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.settings import PROJECT
from tests import owned

pytestmark = pytest.mark.edge

RUN = """
import subprocess, sys, time
from app.settings import PROJECT
from tests import owned
owned.watched()
mine = subprocess.Popen(["sleep", "300"], start_new_session=True)
print(mine.pid, flush=True)
time.sleep(300)
"""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ends(pid: int, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _alive(pid)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_run_started_in_sessions_of_their_own_ends_and_nothing_else(
    end: signal.Signals,
) -> None:
    other = subprocess.Popen(["sleep", "300"])
    run = subprocess.Popen(
        [sys.executable, "-c", RUN], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(PROJECT)}
    )
    try:
        assert run.stdout is not None
        started = int(run.stdout.readline())
        assert _alive(started)
        run.send_signal(end)
        run.wait(10)
        assert _ends(started)
        assert _alive(other.pid)
    finally:
        for one in (run, other):
            one.kill()
            one.wait(10)


def test_this_very_run_is_watched() -> None:
    child = subprocess.Popen(["sleep", "300"])
    try:
        assert child.pid in owned.marked(os.environ[owned.MARK])
    finally:
        child.kill()
        child.wait(10)
