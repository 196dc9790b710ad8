"""Calling other programs: bounded in time, logged, their last word kept for the failure message."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from app.setup.failure import ChildFailed

HALF_HOUR = 1800.0
_alive: set["subprocess.Popen[str]"] = set()


def end_all() -> None:
    """End every program that is called just now, from whichever thread: their callers get ChildFailed."""
    for process in list(_alive):
        process.terminate()


@contextlib.contextmanager
def called(argv: Sequence[str], **how: Any) -> Iterator["subprocess.Popen[str]"]:
    """A program with nothing on stdin; it does not outlive the block. Raises ChildFailed where it is missing."""
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace", **how)
    except OSError as missing:
        raise ChildFailed(f"{argv[0]}: {missing.strerror}") from missing
    _alive.add(process)
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:
        _alive.discard(process)


def run(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float = HALF_HOUR,
) -> str:
    """What `command` printed on stdout. Raises ChildFailed when it ends badly, is missing or takes too long."""
    argv = [str(word) for word in command]
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        with called(argv, stdout=subprocess.PIPE, stderr=errors, env=env, cwd=cwd) as process:
            try:
                out, _ = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired as late:
                raise ChildFailed(f"{argv[0]}: no end after {timeout_s:.0f} s") from late
        errors.seek(0)
        words = errors.read()
    _note(log, argv, out + words)
    if process.returncode != 0:
        raise ChildFailed(f"{Path(argv[0]).name}: {last_word(words or out)}")
    return out


def watched(work: Callable[[], object], look: Callable[[], None], every_s: float = 0.5) -> None:
    """Do `work` in a thread and `look` how far it is now and then. Raises what `work` raises."""
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(work)
        while not wait([job], timeout=every_s).done:
            look()
        job.result()
        look()


def last_word(text: str) -> str:
    """The line that says what went wrong: the last one marked as an error, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("E:", "ERROR", "error", "Err:"))]
    return (marked or lines or ["no message"])[-1][:300]


def environment(**extra: str) -> dict[str, str]:
    """This process's environment with plain English messages, so that they can be read by `last_word`."""
    return {**os.environ, "LC_ALL": "C.UTF-8", **extra}


def _note(log: Path | None, argv: Sequence[str], text: str) -> None:
    if log is None:
        return
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(argv)}\n{text}\n")
