"""Keeps a process of ours running: starts it, notices its end, starts it again with back-off, ends it cleanly."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0  # a citizen waits through three questions, about ten seconds, before the fallback
_STEADY_S = 5.0  # a child that lived this long starts its next life without delay


class Child:
    """One process of ours. `argv`: the command; output goes to `log_file`, appended.

    `on_start(pid)` is told of every start, the restarts included.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        log_file: Path,
        on_start: Callable[[int], None] | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._argv = list(argv)
        self._env = dict(env)
        self._log_file = log_file
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The process that runs now, None between two lives."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def start(self) -> None:
        """Start it and watch it until `stop`; may be started again then. Raises OSError where it can't be started."""
        self._stopping = False
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_running(), name=f"watch {self.name}")

    async def stop(self, grace_s: float = 10.0) -> None:
        """Ask it to end, wait `grace_s`, then make it end. Raises nothing."""
        self._stopping = True
        process = self._process
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(grace_s):
                    await process.wait()
            except TimeoutError:
                log.warning("killed after grace", name=self.name, grace_s=grace_s)
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _spawn(self) -> None:
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                env=self._env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is ours to pass on, in order
            )
        if self._on_start:
            self._on_start(self._process.pid)

    async def _keep_running(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            assert self._process is not None
            began = asyncio.get_running_loop().time()
            code = await self._process.wait()
            if self._stopping:
                return
            lived = asyncio.get_running_loop().time() - began
            pause = _FIRST_PAUSE_S if lived > _STEADY_S else min(pause * 2, _LONGEST_PAUSE_S)
            self.restarts += 1
            log.error(
                "process ended, starting again",
                name=self.name,
                code=code,
                lived_s=round(lived, 1),
                pause_s=pause,
            )
            await asyncio.sleep(pause)
            await self._respawn()

    async def _respawn(self) -> None:
        try:
            await self._spawn()
        except OSError as error:
            log.error("can't start", name=self.name, reason=str(error))


def child_env(**extra: str) -> dict[str, str]:
    """Our environment plus `extra`; what a child of ours runs in."""
    return os.environ | {"PYTHONUNBUFFERED": "1"} | extra
