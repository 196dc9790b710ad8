"""`hotline …` as its own process, as somebody at a terminal runs it."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.instance import environment
from app.settings import PROJECT, Settings


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """stdout as exactly one JSON object."""
        (line,) = self.out.strip().splitlines()
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


def env(settings: Settings | None = None, **more: str) -> dict[str, str]:
    """Our environment; with `settings`, those of that instance."""
    given = environment(settings) if settings else {}
    return os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"} | given | more


async def start(*args: str, env: dict[str, str]) -> asyncio.subprocess.Process:
    """Start it; its output is the caller's to read."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *args, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )  # fmt: skip


async def run(*args: str, env: dict[str, str], seconds: float = 60.0) -> Ended:
    """Run it to its end. Killed and an AssertionError after `seconds`."""
    return await finish(await start(*args, env=env), seconds)


async def finish(process: asyncio.subprocess.Process, seconds: float) -> Ended:
    """Wait for the end and read what is left of the output."""
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise AssertionError(f"not ended within {seconds:g} s: {err.decode()[-1500:]}") from None
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def line_with(stream: asyncio.StreamReader, text: str, seconds: float) -> str:
    """The first line that holds `text`. AssertionError with what came where none does in time."""
    return (await lines_until(stream, text, seconds))[-1]


async def lines_until(stream: asyncio.StreamReader, text: str, seconds: float) -> list[str]:
    """Every line up to the first that holds `text`. AssertionError with what came where none does in time."""
    seen = []
    try:
        async with asyncio.timeout(seconds):
            while line := (await stream.readline()).decode():
                seen.append(line)
                if text in line:
                    return seen
    except TimeoutError:
        pass
    raise AssertionError(f"no line with {text!r} within {seconds:g} s; there came: {''.join(seen)[-1500:]}")


def interrupt(process: asyncio.subprocess.Process) -> None:
    """Ctrl-C."""
    process.send_signal(signal.SIGINT)


def temporary(folder: Path) -> dict[str, str]:
    """An environment whose temporary folder is this one."""
    folder.mkdir(parents=True, exist_ok=True)
    return env(TMPDIR=str(folder))
