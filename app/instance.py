"""A whole instance on this machine: its folders, its own Asterisk, its service; for `up`, `demo`, `check` and the tests."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from agi import plan
from agi.asterisk import Asterisk
from agi.render import render
from app import log_files, seeding
from app.ready import until_ready
from app.settings import PROJECT, Settings
from app.setup import asterisk as brought
from app.setup.failure import SetupFailed
from app.supervisor import Child, child_env
from asr.prompts import render_prompts
from core.errors import HotlineError, PartMissing
from store import lines, seats, trunks
from store.database import Database
from store.tables import Trunk

log = structlog.get_logger(__name__)

PRIVATE_RTP = 200
WATCH_S = 2.0
PROGRESS_EVERY_S = 5.0


def free_ports(count: int, kind: int = socket.SOCK_STREAM) -> list[int]:
    """Ports free on loopback a moment ago; taken together so that they differ."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket(socket.AF_INET, kind)) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]


def free_media(count: int) -> int:
    """The first of `count` UDP ports in a row that are free on loopback now, below the ephemeral range; a random place."""
    for _ in range(200):
        start = 16384 + secrets.randbelow((32000 - 16384 - count) // 2) * 2
        with contextlib.ExitStack() as stack:
            try:
                for port in range(start, start + count):
                    one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    one.bind(("127.0.0.1", port))
            except OSError:
                continue
        return start
    raise HotlineError("没有空闲的媒体端口段")


def end_orphan(pid_file: Path) -> None:
    """A service left by an `up` that was killed would hold our ports: end it. Only a process that is ours is touched."""
    try:
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        home = Path(f"/proc/{pid}/environ").read_bytes()
    except (OSError, ValueError):
        return
    if b"serve" not in command or b"HOTLINE_HOME=" + os.fsencode(pid_file.parent.parent) not in home.split(
        b"\0"
    ):
        return
    log.warning("ending a service left over", pid=pid)
    for number, seconds in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.05)


def install() -> brought.AsteriskInstall:
    """The Asterisk to run. Raises PartMissing with what to do."""
    try:
        return brought.find()
    except SetupFailed as error:
        raise PartMissing(str(error)) from error


class Instance:
    """One instance with the embedded defaults. Use as an async context manager, or start() and stop().

    `say` is told, in a short line, what is being done. Raises HotlineError by name where a part is missing.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None] = lambda line: None) -> None:
        self.settings = settings
        self.asterisk = Asterisk(install(), settings.asterisk)
        self.service = Child(
            "service", self._command(), self._environment(), settings.logs / "service.log", self._note_pid
        )
        self._say = say
        self._watch: asyncio.Task[None] | None = None
        self._logs: asyncio.Task[None] | None = None
        self._booting: asyncio.Future[int] | None = None
        self._found_running = False  # an Asterisk with talks under way, left by an `up` that was killed

    @property
    def url(self) -> str:
        return f"http://{self.settings.api_host}:{self.settings.api_port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Folders, database, prompts, configuration, Asterisk, service; ready when /health says so."""
        s = self.settings
        for folder in (s.home, s.recordings, s.spool, s.sounds, s.logs, s.home / "secrets"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        end_orphan(s.home / "pids" / "service")
        self._found_running = self.asterisk.pid() is not None
        try:
            self._say("database and registers")
            await self._prepare()
            self._say("spoken prompts")
            await self._prompts()
            self._say("Asterisk and the service")
            await self._both()
        except BaseException:
            await self.stop()
            raise
        self._found_running = False  # from here on it is ours to end
        self._watch = asyncio.create_task(self._keep_asterisk(), name="watch Asterisk")
        logs = (s.logs / "service.log", self.asterisk.log, s.asterisk / "log" / "messages")
        small = log_files.keep_small(logs, s.log_most_mb * 1_000_000, s.log_keep)
        self._logs = asyncio.create_task(small, name="keep logs small")

    async def stop(self) -> None:
        """Service first, so that what it does is finished; then Asterisk."""
        for task in filter(None, (self._watch, self._logs)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.service.stop()
        if self._booting:
            await asyncio.wait({self._booting})
        if not self._found_running:
            await asyncio.to_thread(self.asterisk.stop)

    async def _prepare(self) -> None:
        """Schema, first contents, and Asterisk's configuration from the registers."""
        s = self.settings
        database = Database(s.database, seeding.keyring(s))
        try:
            await database.create_or_upgrade()
            await seeding.first_start(database, s)
            render(await switch_plan(database, s), self.asterisk.install)
        finally:
            await database.close()

    async def _prompts(self) -> None:
        """Rendered once per user; the first time takes minutes, is told as it goes, and ends soon when we are told to."""
        given_up, loop, said_at = threading.Event(), asyncio.get_running_loop(), time.monotonic()

        def progress(done: int, whole: int, name: str) -> None:
            nonlocal said_at
            if given_up.is_set():
                raise HotlineError("提示音未能合成")
            if time.monotonic() - said_at > PROGRESS_EVERY_S:
                said_at = time.monotonic()
                loop.call_soon_threadsafe(self._say, f"spoken prompts {done}/{whole}")

        s = self.settings
        try:
            await asyncio.to_thread(
                render_prompts, s.sounds, own=s.prompts, models_dir=s.models, progress=progress
            )
        finally:
            given_up.set()

    async def _both(self) -> None:
        """Neither waits for the other: each finds the other by itself."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._boot())
                group.create_task(self._serve())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _boot(self) -> None:
        """Start Asterisk; cut short, it still starts, and `stop` waits for that."""
        self._booting = asyncio.ensure_future(asyncio.to_thread(self.asterisk.start))
        await asyncio.shield(self._booting)
        if self._found_running:
            await asyncio.to_thread(self.asterisk.reload)

    async def _serve(self) -> None:
        await self.service.start()
        await self._ready()

    async def _ready(self) -> None:
        s = self.settings
        await until_ready(self.url, self.service, s.logs / "service.log", self._say)

    async def _keep_asterisk(self) -> None:
        """Asterisk that died is started again; the service finds it by itself."""
        while True:
            await asyncio.sleep(WATCH_S)
            if self.asterisk.pid() is None:
                log.error("Asterisk ended, starting it again")
                try:
                    await self._boot()
                except HotlineError as error:
                    log.error("Asterisk does not start", reason=str(error))

    def _note_pid(self, pid: int) -> None:
        """For `hotline status`."""
        folder = self.settings.home / "pids"
        folder.mkdir(exist_ok=True, mode=0o700)
        (folder / "service").write_text(str(pid))

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "app", "serve", "--role", "all"]

    def _environment(self) -> dict[str, str]:
        return child_env(PYTHONPATH=str(PROJECT), **environment(self.settings))


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the environment variables a child process reads them from."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is None:
            continue
        found[f"HOTLINE_{name.upper()}"] = _as_text(value)
    return found


def _as_text(value: Any) -> str:
    """A setting as pydantic-settings reads it from the environment: lists are JSON there."""
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


async def switch_plan(database: Database, s: Settings) -> plan.SwitchPlan:
    """What Asterisk is to be, from the settings and the registers of lines, seats and trunks."""
    async with database.reading() as session:
        known_seats = await seats.all_seats(session)
        known_trunks = await trunks.active(session)
        known_lines = await lines.register(session)
    carriers = [carrier(row) for row in known_trunks]
    return plan.SwitchPlan(
        settings=plan.SwitchSettings(
            run=s.asterisk,
            recordings=s.recordings,
            spool=s.spool,
            sounds=s.sounds,
            sip_port=s.sip_port,
            ami_port=s.ami_port,
            ami_secret=s.secret("ami_secret"),
            agi_port=s.agi_port,
            agi_host=s.agi_host,
            ws_port=s.ws_port,
            rtp_start=s.rtp_start,
            rtp_end=s.rtp_start + s.rtp_ports - 1,
            bind=s.sip_host,
            open_door=s.anybody_may_call,
            fallback_calls=s.fallback_calls,
            python=Path(sys.executable),
        ),
        seats=tuple(plan.Seat(one.id, one.sip_user, one.sip_secret or "") for one in known_seats),
        trunks=tuple(carriers),
        lines=tuple(plan.Line(one.number) for one in known_lines),
    )


def carrier(row: Trunk) -> plan.Trunk:
    """A trunk's row as Asterisk is to see it. Raises UnsafeConfig naming the field."""
    return plan.Trunk(
        row.name,
        host=row.host,
        port=row.port,
        auth="register" if row.kind == "registration" else "ip",
        match=(row.host,) if row.kind == "ip" else (),
        user=row.username or "",
        secret=row.secret or "",
        qualify_s=row.qualify_s,
        identity=row.assert_identity,
        display=row.display_number or "",
        early_media=row.early_media,
        order=row.failover_order,
    )


def private(home: Path, **more: object) -> Settings:
    """Settings of an instance nobody else sees: its own folder and free ports."""
    api, agi, audio, ami, ws = free_ports(5)
    (sip,) = free_ports(1, socket.SOCK_DGRAM)
    rtp = free_media(PRIVATE_RTP)
    given = {
        "home": home, "api_port": api, "agi_port": agi, "audio_port": audio, "ami_port": ami, "sip_port": sip, "ws_port": ws, "https_port": 0,
        "rtp_start": rtp, "rtp_ports": PRIVATE_RTP, "database_url": "", "redis_url": "",
    }  # fmt: skip
    return Settings(**(given | more))  # type: ignore[arg-type]
