"""Real servers for tests: one PostgreSQL a run and one Redis a worker, on free loopback ports, stopped at the end.

The programs are this machine's or those that the set-up brought for the tests (app.setup.tools).
"""

import asyncio
import atexit
import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import redis

from app.setup.tools import ToolCommand, tool
from core.errors import PartMissing
from store.database import Database
from store.sealed import Keyring
from tests.need import missing

RUN_FOLDER, RUN_POSTGRES = "HOTLINE_TEST_FOLDER", "HOTLINE_TEST_POSTGRES"  # what all workers of a run share
_START_S = 60.0
_STOP_S = 20.0
_PR_SET_PDEATHSIG = 1
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=32MB",
)


def find(name: str) -> ToolCommand:
    """A server program by name; where there is none the test fails in CI and skips elsewhere, naming it."""
    try:
        return tool(name)
    except PartMissing:
        missing(name)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server for this run; gives the URL of its maintenance database."""
    initdb, server = find("initdb"), find("postgres")
    with _folder("pg") as folder:
        user = _server_user(folder)
        data = ["-D", str(folder / "data")]
        _run(
            _runnable(initdb, folder, user),
            [*data, "-A", "trust", "-U", "hotline", "-E", "UTF8", "--locale=C", "-N"],
            user,
        )
        port = free_port()
        settings = (*_FAST, "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}")
        options = [part for setting in settings for part in ("-c", setting)]
        url = f"postgresql://hotline@127.0.0.1:{port}/postgres"
        program = _runnable(server, folder, user)
        with _served(program, [*data, *options], folder, user, signal.SIGINT, lambda: _postgres_ready(url)):
            yield url


@contextlib.contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """A Redis server without persistence; gives its URL."""
    program = find("redis-server")
    chosen = port or free_port()
    with _folder("redis") as folder:
        arguments = ["--port", str(chosen), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        url = f"redis://127.0.0.1:{chosen}/0"
        with _served(program, arguments, folder, None, signal.SIGTERM, lambda: _redis_ready(url)):
            yield url


@cache
def sqlite_template() -> Path:
    """An empty SQLite file with its schema up to date, to be copied; made once a run."""
    folder = Path(os.environ.get(RUN_FOLDER) or tempfile.mkdtemp(prefix="hotline-sqlite-"))
    if RUN_FOLDER not in os.environ:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several workers the first makes it
        made = folder / "template.sqlite"
        if not made.exists():
            fresh = folder / "fresh.sqlite"
            upgrade(f"sqlite:///{fresh}")
            fresh.rename(made)
    return made


def upgrade(url: str) -> None:
    """Bring this database's schema up to date."""

    async def run() -> None:
        database = Database(url, Keyring.generate())
        await database.create_or_upgrade()
        await database.close()

    asyncio.run(run())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _server_user(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: then `nobody` runs it, and owns the folder."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, user, -1)
    return user


def _runnable(program: ToolCommand, folder: Path, user: int | None) -> ToolCommand:
    """A program below a folder that `user` may not enter is copied, with its installation, to one it may."""
    path = Path(program.argv[0]).resolve()
    if user is None or all(parent.stat().st_mode & 0o001 for parent in path.parents):
        return ToolCommand((str(path),), program.env)
    root, copy = str(path).partition("/usr/")[0], str(folder / "program")
    if not Path(copy).exists():
        shutil.copytree(root, copy, symlinks=True)
        os.chmod(copy, 0o755)
    moved = {name: value.replace(root, copy) for name, value in program.env.items()}
    return ToolCommand((str(path).replace(root, copy, 1),), moved)


@contextlib.contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"hotline-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _served(
    program: ToolCommand,
    arguments: list[str],
    folder: Path,
    user: int | None,
    stop: signal.Signals,
    ready: Callable[[], bool],
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*program.argv, *arguments],
            env=os.environ | program.env,
            stdout=output,
            stderr=output,
            cwd=folder,
            preexec_fn=_die_with_us(stop),
            **_as(user),
        )
    try:
        deadline = time.monotonic() + _START_S
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"{program.argv[0]} did not start: {log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_S)


def _as(user: int | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": "nogroup", "extra_groups": []}


def _die_with_us(stop: signal.Signals) -> Callable[[], None]:
    """A killed test run must leave no server behind: the kernel tells the child when its parent dies."""
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, int(stop))


def _run(program: ToolCommand, arguments: list[str], user: int | None) -> None:
    done = subprocess.run(
        [*program.argv, *arguments],
        env=os.environ | program.env,
        capture_output=True,
        timeout=_START_S,
        cwd="/",
        check=False,
        **_as(user),
    )
    if done.returncode:
        raise RuntimeError(f"{program.argv[0]} failed: {done.stderr.decode(errors='replace')[-2000:]}")


def _postgres_ready(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis_ready(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
