"""Real servers for tests: one PostgreSQL and one Redis a run, on free loopback ports, stopped at the end.

Programs come from app.setup.parts where the product brought them, else from this machine.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import redis

from tests.need import missing

_START_S = 60.0
_STOP_S = 20.0
_PR_SET_PDEATHSIG = 1
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=120",
    "shared_buffers=32MB",
)


def find(name: str) -> Path:
    """A server program by name; where there is none the test fails in CI and skips elsewhere, naming it."""
    found = _brought(name) or shutil.which(name) or _packaged(name)
    if not found:
        missing(name)
    return Path(found).resolve()


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server for this run; gives the URL of its maintenance database."""
    initdb, server = find("initdb"), find("postgres")
    with _folder("pg") as folder:
        user = _server_user(folder)
        initdb, server = (_runnable(path, folder, user) for path in (initdb, server))
        arguments = [
            "-D",
            str(folder / "data"),
            "-A",
            "trust",
            "-U",
            "hotline",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        _run([str(initdb), *arguments], user)
        port = free_port()
        options = [part for setting in _FAST for part in ("-c", setting)]
        options += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        command = [str(server), "-D", str(folder / "data"), "-p", str(port), *options]
        url = f"postgresql://hotline@127.0.0.1:{port}/postgres"
        with _served(command, folder, user, signal.SIGINT, lambda: _postgres_ready(url)):
            yield url


@contextlib.contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """A Redis server without persistence; gives its URL."""
    program = find("redis-server")
    chosen = port or free_port()
    with _folder("redis") as folder:
        arguments = ["--port", str(chosen), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = [str(program), *arguments, "--dir", str(folder)]
        url = f"redis://127.0.0.1:{chosen}/0"
        with _served(command, folder, None, signal.SIGTERM, lambda: _redis_ready(url)):
            yield url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _brought(name: str) -> str | None:
    try:
        from app.setup import parts
    except ImportError:
        return None
    found = parts.tool(name)
    return str(found) if found else None


def _packaged(name: str) -> str | None:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(versions[0]) if versions else None


def _server_user(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: then `nobody` runs it, and owns the folder."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, user, -1)
    return user


def _runnable(program: Path, folder: Path, user: int | None) -> Path:
    """A program below a folder that `user` may not enter is copied, with its installation, to one it may."""
    if user is None or all(path.stat().st_mode & 0o001 for path in program.parents):
        return program
    copy = folder / "program"
    if not copy.exists():
        shutil.copytree(program.parent.parent, copy, symlinks=False)
    return copy / "bin" / program.name


@contextlib.contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"hotline-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _served(
    command: list[str], folder: Path, user: int | None, stop: signal.Signals, ready: Callable[[], bool]
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, preexec_fn=_die_with_us(stop), **_as(user)
        )
    try:
        deadline = time.monotonic() + _START_S
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_S)


def _as(user: int | None) -> dict[str, object]:
    return {} if user is None else {"user": user, "group": "nogroup", "extra_groups": []}


def _die_with_us(stop: signal.Signals) -> Callable[[], None]:
    """A killed test run must leave no server behind: the kernel tells the child when its parent dies."""
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, int(stop))


def _run(command: list[str], user: int | None) -> None:
    done = subprocess.run(command, capture_output=True, timeout=_START_S, cwd="/", check=False, **_as(user))
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-2000:]}")


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
