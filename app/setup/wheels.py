"""Locked packages into the user's cache, a few at a time, so that a cut loses little."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from app.setup.child import environment, run
from app.setup.failure import SetupFailed
from app.setup.files import digest
from app.setup.folders import Folders
from app.setup.lockfile import Requirement
from app.setup.say import Progress

BATCH = 12
AT_ONCE = 2


class Wheels:
    """The cache of downloaded packages. A marker per package and kind of Python says that it is complete."""

    def __init__(self, folders: Folders) -> None:
        self.folder = folders.wheels
        self._log = folders.log
        kind = f"py{sys.version_info[0]}{sys.version_info[1]}-{sys.platform}-{platform.machine()}"
        self._have = self.folder / ".have" / kind

    def missing(self, locked: Sequence[Requirement]) -> list[Requirement]:
        """Those of `locked` that still have to be downloaded."""
        return [one for one in locked if not (self._have / one.key).exists()]

    def forget_absent(self, locked: Sequence[Requirement]) -> None:
        """Look again at those whose file is gone or spoilt, told by its sha256."""
        here = {digest(path) for path in self.folder.iterdir() if path.is_file()}
        for one in locked:
            if not one.hashes & here:
                (self._have / one.key).unlink(missing_ok=True)

    def fetch(self, pip: Sequence[str], locked: Sequence[Requirement]) -> None:
        """Download what is missing, each file checked against its sha256. Contacts nobody when nothing is.

        Indexes, mirrors, proxies and certificates are those of the user's own pip configuration.
        Raises SetupFailed; what has arrived is kept.
        """
        missing = self.missing(locked)
        if not missing:
            return
        self._have.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(".batch.*"):
            shutil.rmtree(left, ignore_errors=True)
        batches = [missing[i : i + BATCH] for i in range(0, len(missing), BATCH)]
        with Progress("Python 包", len(missing)) as bar, ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = {pool.submit(self._fetch_batch, pip, batch): len(batch) for batch in batches}
            try:
                for job in as_completed(jobs):
                    job.result()
                    bar.advance(jobs[job])
            finally:
                pool.shutdown(cancel_futures=True)

    def _fetch_batch(self, pip: Sequence[str], batch: Sequence[Requirement]) -> None:
        with tempfile.TemporaryDirectory(prefix=".batch.", dir=self.folder) as name:
            work = Path(name)
            wanted = work / "wanted.txt"
            wanted.write_text("".join(f"{one.text}\n" for one in batch), encoding="utf-8")
            got = work / "got"
            got.mkdir()
            options = ["--no-deps", "--require-hashes", "--no-build-isolation", "--ignore-requires-python"]
            try:
                run(
                    [*pip, "download", *options, "-r", str(wanted), "-d", str(got)],
                    log=self._log,
                    env=_polite(),
                )
            except SetupFailed as failed:
                raise SetupFailed(
                    f"Python 包下载失败：{failed}；已下载的会保留，网络恢复后重新运行即可 "
                    "(download failed; what has arrived is kept, run again when the network is back)"
                ) from failed
            for file in got.iterdir():
                file.replace(self.folder / file.name)
        for one in batch:
            (self._have / one.key).touch()


def _polite() -> dict[str, str]:
    """The user's own pip settings, with fewer retries than pip's five unless they say otherwise."""
    return {"PIP_RETRIES": "2", **environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")}


def offline() -> dict[str, str]:
    """An environment in which pip asks no index and reads no configuration: only our cache counts."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    return {**kept, "LC_ALL": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
