"""A real Asterisk: the machine's own from version 20 on, else version 22 unpacked into a folder of ours.

It needs no root and no chroot: it is started through the C library's loader it came with.
"""

import os
import platform
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.setup.apt import Apt, apt_usable
from app.setup.apt_sources import debian_mirror, machine_sources
from app.setup.child import run
from app.setup.failure import ChildFailed, SetupFailed
from app.setup.files import fresh_folder
from app.setup.folders import Folders, folders
from core.errors import PartMissing

OLDEST = 20
OURS = 22
_ELSEWHERE = (
    f"这台机器没有 apt，请先安装 Asterisk {OLDEST} 或更新版本（如 dnf install asterisk asterisk-pjsip，或从源码编译 22 LTS），"
    f"然后重新运行 (no apt here: install Asterisk >= {OLDEST} yourself, then run again)"
)


@dataclass(frozen=True)
class AsteriskInstall:
    """`command` starts the program: append `-C /abs/asterisk.conf -f` or `-rx …`. `root` is / for the machine's own."""

    command: tuple[str, ...]
    modules_dir: Path
    root: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find(where: Folders | None = None) -> AsteriskInstall:
    """The Asterisk to use. Raises PartMissing when there is none yet."""
    where = where or folders()
    found = (
        _ours(where.parts / "asterisk") if _own_parts() else _machines() or _ours(where.parts / "asterisk")
    )
    if found is None:
        raise PartMissing("没有 Asterisk，请运行 ./hotline setup asterisk (no Asterisk yet)")
    return found


def bring(where: Folders) -> None:
    """Fetch and unpack Asterisk 22. Raises SetupFailed, saying what to install where apt can't help."""
    if not apt_usable():
        raise SetupFailed(_ELSEWHERE)
    apt = Apt(where.cache / "apt" / "asterisk", where.log, _source())
    debs = apt.remembered("asterisk") or apt.fetch("asterisk", [_package(apt), "asterisk-core-sounds-en-gsm"])
    with fresh_folder(where.parts / "asterisk") as work:
        apt.unpack(debs, work / "root")
        found = _look(work / "root", _loader_command(work / "root"))
        if found is None or found.major < OLDEST:
            apt.forget("asterisk")
            raise SetupFailed("解包的 Asterisk 不能运行 (the unpacked Asterisk does not start)")
        (work / "version").write_text(found.version, encoding="utf-8")


def absent(where: Folders) -> float:
    """1 unless the package files are in the cache."""
    return float(not Apt(where.cache / "apt" / "asterisk", where.log).remembered("asterisk"))


def _own_parts() -> bool:
    return os.environ.get("HOTLINE_OWN_PARTS") == "1"


def _machines() -> AsteriskInstall | None:
    program = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    found = _look(Path("/"), (program,)) if program else None
    return found if found is not None and found.major >= OLDEST else None


def _ours(folder: Path) -> AsteriskInstall | None:
    root = folder / "root"
    try:
        version = (folder / "version").read_text(encoding="utf-8")
        return AsteriskInstall(_loader_command(root), _modules(root), root, version)
    except (OSError, StopIteration):
        return None


def _look(root: Path, command: tuple[str, ...]) -> AsteriskInstall | None:
    try:
        told = re.search(r"Asterisk \D*(\d+(?:\.\d+)*)", run([*command, "-V"], timeout_s=30))
        return AsteriskInstall(command, _modules(root), root, told[1]) if told else None
    except (ChildFailed, StopIteration):
        return None


def _modules(root: Path) -> Path:
    return next(folder for pattern in _MODULES for folder in root.glob(pattern) if folder.is_dir())


_MODULES = ("usr/lib/*/asterisk/modules", "usr/lib64/asterisk/modules", "usr/lib/asterisk/modules",
            "usr/local/lib/asterisk/modules")  # fmt: skip


def _loader_command(root: Path) -> tuple[str, ...]:
    """`ld.so --library-path … asterisk`: its own C library, not the machine's (ld.so(8))."""
    loader = next(path for path in _loaders(root) if path.is_file())
    libraries = _modules(root).parent.parent
    paths = f"{libraries}:{libraries / 'pulseaudio'}"
    return (str(loader), "--library-path", paths, str(root / "usr" / "sbin" / "asterisk"))


def _loaders(root: Path) -> Iterator[Path]:
    for pattern in ("usr/lib64/ld-linux-*.so.*", "lib64/ld-linux-*.so.*", "usr/lib/ld-linux-*.so.*",
                    "lib/ld-linux-*.so.*", "usr/lib/*/ld-linux-*.so.*"):  # fmt: skip
        yield from root.glob(pattern)


def _source() -> str:
    """Debian releases carry no Asterisk, its development suite does; others have it in their own sources."""
    system = platform.freedesktop_os_release()
    if system.get("ID") != "debian":
        return ""
    mirror = debian_mirror(machine_sources(), system.get("VERSION_CODENAME", "sid"))
    if mirror is None:
        raise SetupFailed("apt 源里没有 Debian 镜像 (no Debian mirror among the apt sources of this machine)")
    return mirror.with_suite("sid")


def _package(apt: Apt) -> str:
    """`asterisk=VERSION`. Raises SetupFailed when apt offers none that will do."""
    offered = apt.versions("asterisk")
    if not offered:
        raise SetupFailed(
            "apt 源里没有 asterisk，或网络不通 (no asterisk among the apt sources, or no network)"
        )
    version = choose(offered)
    if version is None:
        raise SetupFailed(_ELSEWHERE)
    return f"asterisk={version}"


def choose(offered: Sequence[str]) -> str | None:
    """Of Debian versions, newest first: one of major 22, else the newest from 20 on, else None."""
    majors = [int(re.sub(r"^\d+:", "", version).split(".")[0]) for version in offered]
    fitting = [version for version, major in zip(offered, majors, strict=True) if major >= OLDEST]
    pinned = [version for version, major in zip(offered, majors, strict=True) if major == OURS]
    return next(iter(pinned or fitting), None)
