"""Calling other programs: bounded in time, logged, their last word kept for the failure message."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from app.setup.failure import ChildFailed

HALF_HOUR = 1800.0


def run(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = HALF_HOUR,
) -> str:
    """What `command` printed on stdout. Raises ChildFailed when it ends badly, is missing or takes too long."""
    argv = [str(word) for word in command]
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(env) if env is not None else None,
                timeout=timeout_s,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise ChildFailed(f"{argv[0]}: no end after {timeout_s:.0f} s") from late
        except OSError as missing:
            raise ChildFailed(f"{argv[0]}: {missing.strerror}") from missing
        errors.seek(0)
        words = errors.read()
    _note(log, argv, done.stdout + words)
    if done.returncode != 0:
        raise ChildFailed(f"{Path(argv[0]).name}: {last_word(words or done.stdout)}")
    return done.stdout


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
