"""Small file habits: whole or not at all, one process at a time, enough room first."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.setup.failure import SetupFailed
from app.setup.say import say

LOCK_WAIT_S = 1800.0


def digest(*paths: Path) -> str:
    """sha256 over the contents of the files, in the order given."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old text or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


@contextlib.contextmanager
def fresh_folder(final: Path) -> Iterator[Path]:
    """A temporary folder beside `final` that takes its place when the block ends well, and vanishes otherwise."""
    final.parent.mkdir(parents=True, exist_ok=True)
    _sweep(final)
    work = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    work.chmod(0o755)
    try:
        yield work
        _swap(work, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sweep(final: Path) -> None:
    """Remove what a run that was killed left behind; the caller holds the lock, so nobody is using it."""
    for left in final.parent.glob(f".{final.name}.*"):
        shutil.rmtree(left, ignore_errors=True)


def _swap(work: Path, final: Path) -> None:
    if final.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{final.name}.old.", dir=final.parent))
        final.rename(old / final.name)
        work.rename(final)
        shutil.rmtree(old, ignore_errors=True)
    else:
        work.rename(final)


@contextlib.contextmanager
def only_one(folder: Path, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Hold the lock of `folder`: two runs at once take turns. Raises SetupFailed if the other never ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as refused:
        raise SetupFailed(
            f"不能写入 {folder}：{refused.strerror} (can't write there; HOTLINE_PARTS and XDG_CACHE_HOME choose other folders)"
        ) from refused
    with file:
        _wait_for(file.fileno(), folder, wait_s)
        yield


def _wait_for(lock: int, folder: Path, wait_s: float) -> None:
    end = time.monotonic() + wait_s
    told = False
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise SetupFailed(f"另一个 ./hotline 一直占用 {folder} (another run holds it)") from None
        if not told:
            say(f"另一个 ./hotline 正在准备，等待中 (waiting for another run in {folder}) …")
            told = True
        time.sleep(0.5)


def need_room(folder: Path, megabytes: int) -> None:
    """Raise SetupFailed unless the disk under `folder` has that many MB (10^6 bytes) free."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise SetupFailed(
            f"磁盘空间不足：{folder} 需要 {megabytes} MB，只剩 {free} MB (not enough disk space)"
        )
