"""apt and dpkg without root: lists, downloads and unpacking in folders of our own.

apt keeps its own trust: signatures, proxies, certificates and log-ins come from the machine's configuration.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.setup.child import environment, run, watched
from app.setup.failure import ChildFailed, SetupFailed
from app.setup.files import fresh_folder, write_whole
from app.setup.say import Progress, say

_URI_LINE = re.compile(r"^'(?P<uri>[^']+)' (?P<file>\S+) (?P<size>\d+) ")

# Hooks of the machine (package-kit, app catalogues) are for its own packages, not for ours.
_CONFIG = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
Dir::State "{folder}/state";
Dir::State::lists "{folder}/state/lists";
Dir::State::status "{folder}/state/status";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "{folder}/log";
Debug::NoLocking "1";
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
Acquire::Retries "2";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
"""
_FROM = """\
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources";
"""


@dataclass(frozen=True)
class Deb:
    """A package file in our archives; size in bytes."""

    file: str
    size: int
    sha256: str = ""


def apt_usable() -> bool:
    """Does this machine have apt and dpkg?"""
    return all(shutil.which(name) for name in ("apt-get", "apt-cache", "dpkg-deb"))


class Apt:
    """One set of package lists and downloads.

    Packages come with everything they need, down to the C library: what else is installed plays no part.
    source: a deb822 stanza to fetch from; empty: the machine's own sources.
    """

    def __init__(self, folder: Path, log: Path, source: str = "") -> None:
        self.folder = folder
        self._log = log
        self._source = source
        self._updated = False

    def versions(self, package: str) -> list[str]:
        """Versions on offer, newest first. Fetches the package lists."""
        self._update()
        table = self._apt("apt-cache", "madison", package)
        return [line.split("|")[1].strip() for line in table.splitlines() if line.count("|") >= 2]

    def remembered(self, name: str) -> list[Path]:
        """The files of an earlier `fetch`, if all are there with the right sha256; else nothing. Contacts nobody."""
        try:
            debs = [
                Deb(**one) for one in json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            ]
            whole = all(_sha256(self._archive(one)) == one.sha256 for one in debs)
        except (OSError, ValueError, TypeError):
            return []
        return [self._archive(one) for one in debs] if whole else []

    def forget(self, name: str) -> None:
        """Ask apt again next time: what is remembered turned out to be of no use."""
        (self.folder / f"{name}.json").unlink(missing_ok=True)

    def fetch(self, name: str, packages: Sequence[str]) -> list[Path]:
        """Download `packages` and what they need; remembered as `name`. Raises SetupFailed; downloads resume."""
        self._update()
        words = ["install", *packages]
        debs = self._plan(words)
        self._download(words, debs)
        debs = [Deb(one.file, one.size, _sha256(self._archive(one))) for one in debs]
        write_whole(self.folder / f"{name}.json", json.dumps([asdict(one) for one in debs], indent=1))
        return [self._archive(one) for one in debs]

    def unpack(self, debs: Sequence[Path], root: Path) -> None:
        """Unpack into `root`, which appears whole or not at all."""
        with fresh_folder(root) as work, Progress("解包", len(debs)) as bar:
            for deb in debs:
                run(["dpkg-deb", "-x", deb, work], log=self._log, timeout_s=300)
                bar.advance()

    def _archive(self, deb: Deb) -> Path:
        return self.folder / "archives" / deb.file

    def _update(self) -> None:
        if self._updated:
            return
        self._prepare()
        try:
            self._apt("apt-get", "update")
        except (
            ChildFailed
        ) as failed:  # one dead third-party source must not stop us; a dead mirror shows below
            say(f"  apt: {failed}")
        self._updated = True

    def _plan(self, words: Sequence[str]) -> list[Deb]:
        empty = self.folder / "none"
        (empty / "partial").mkdir(parents=True, exist_ok=True)
        try:
            listed = self._apt("apt-get", "-o", f"Dir::Cache::archives={empty}", "--print-uris", *words)
        except ChildFailed as failed:
            raise SetupFailed(f"apt 不能提供 {words[-1]}：{failed} (apt can't provide it)") from failed
        found = [_URI_LINE.match(line) for line in listed.splitlines()]
        return [Deb(one["file"], int(one["size"])) for one in found if one]

    def _download(self, words: Sequence[str], debs: Sequence[Deb]) -> None:
        total = sum(one.size for one in debs)
        try:
            with Progress(f"{len(debs)} 个软件包 (packages), MB", total // 1_000_000) as bar:
                watched(
                    lambda: self._apt("apt-get", "--download-only", *words),
                    lambda: bar.reach(self._arrived(debs) // 1_000_000),
                )
        except ChildFailed as failed:
            raise SetupFailed(
                f"软件包下载失败：{failed}；已下载的会保留，网络恢复后重新运行即可 "
                "(download failed; what has arrived is kept, run again when the network is back)"
            ) from failed
        gone = [one.file for one in debs if not self._archive(one).is_file()]
        if gone:
            raise SetupFailed(f"apt 没有下载 {gone[0]} (apt did not deliver it)")

    def _arrived(self, debs: Sequence[Deb]) -> int:
        """Bytes of `debs` that are here, whole or in part."""
        places = (self._archive(one) for one in debs)
        found = (path if path.exists() else path.parent / "partial" / path.name for path in places)
        return sum(path.stat().st_size for path in found if path.exists())

    def _apt(self, program: str, *words: str) -> str:
        return run([program, "-c", self.folder / "apt.conf", *words], log=self._log, env=environment())

    def _prepare(self) -> None:
        for name in ("state/lists/partial", "cache", "archives/partial", "sources", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        config = _CONFIG + (_FROM if self._source else "")
        if os.geteuid() == 0:  # apt's own sandbox user may not enter root's cache folder
            config += 'APT::Sandbox::User "root";\n'
        write_whole(self.folder / "apt.conf", config.replace("{folder}", str(self.folder)))
        write_whole(self.folder / "state" / "status", "")
        if self._source:
            write_whole(self.folder / "sources" / "hotline.sources", self._source)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
