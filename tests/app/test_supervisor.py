import asyncio
import os
import signal
import sys

import pytest

from app.supervisor import Child, child_env

pytestmark = pytest.mark.service


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def sleeper(tmp_path, code="import time; time.sleep(60)"):
    pids: list[int] = []
    return Child("sleeper", [sys.executable, "-c", code], child_env(), tmp_path / "log", pids.append), pids


async def test_a_killed_process_is_started_again(tmp_path):
    child, pids = sleeper(tmp_path)
    await child.start()
    try:
        os.kill(pids[0], signal.SIGKILL)
        await until(lambda: len(pids) == 2)
        assert child.restarts == 1
        assert child.pid == pids[1]
    finally:
        await child.stop()


async def test_stop_ends_it_and_starts_nothing_new(tmp_path):
    child, pids = sleeper(tmp_path)
    await child.start()
    await child.stop()
    assert child.pid is None
    assert len(pids) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


async def test_one_that_does_not_listen_is_killed_after_its_grace(tmp_path):
    code = "import signal,time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    child, _ = sleeper(tmp_path, code)
    await child.start()
    await until(lambda: b"ready" in (tmp_path / "log").read_bytes())
    await child.stop(grace_s=0.2)
    assert child.pid is None
