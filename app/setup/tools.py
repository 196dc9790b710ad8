"""Programs that only the tests need: a SIP load generator, a relay for sound, Redis, PostgreSQL and a browser with a Chinese font."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from app.setup.apt import Apt, apt_usable
from app.setup.failure import SetupFailed
from app.setup.folders import Folders, folders
from core.errors import PartMissing


@dataclass(frozen=True)
class Tool:
    """A part made of Debian packages; `programs` are what it is wanted for."""

    part: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]


TOOLS = (
    Tool("sipp", ("sip-tester",), ("sipp",)),
    Tool("coturn", ("coturn",), ("turnserver",)),
    Tool("redis", ("redis-server",), ("redis-server", "redis-cli")),
    Tool("postgresql", ("postgresql",), ("initdb", "postgres", "pg_ctl", "psql")),
    Tool("browser", ("chromium-headless-shell", "fonts-wqy-microhei"), ("chromium-headless-shell",)),
)


@dataclass(frozen=True)
class ToolCommand:
    """How to start a program: append arguments to `argv`, merge `env` over the environment."""

    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


def tool(program: str, where: Folders | None = None) -> ToolCommand:
    """The command for one of the programs of TOOLS. Raises PartMissing, naming the remedy.

    initdb and postgres refuse to run as root: start them under an unprivileged uid.
    """
    where = where or folders()
    part = next(one for one in TOOLS if program in one.programs)
    found = _find(part, program, where)
    if found is None:
        raise PartMissing(f"没有 {program}，请运行 ./hotline setup {part.part} (no {program} yet)")
    return found


def has(part: Tool, where: Folders) -> bool:
    """Are all its programs here, on the machine or in our folder?"""
    return all(_find(part, program, where) for program in part.programs)


def bring(part: Tool, where: Folders) -> None:
    """Fetch and unpack it with all it needs but the C library, which is the machine's. Raises SetupFailed."""
    names = " ".join(part.packages)
    if not apt_usable():
        raise SetupFailed(f"这台机器没有 apt，请先安装 {names} (no apt here: install {names} yourself)")
    apt = Apt(where.cache / "apt" / "own", where.log)
    debs = apt.remembered(part.part) or apt.fetch(part.part, part.packages)
    apt.unpack([deb for deb in debs if not deb.name.startswith(("libc6_", "libc-bin_"))], _root(part, where))
    try:
        _try_out(part, where)
    except (PartMissing, SetupFailed) as failed:
        apt.forget(part.part)
        raise SetupFailed(f"软件包 {names}：{failed}") from failed


def absent(part: Tool, where: Folders) -> float:
    """1 unless the package files are in the cache."""
    return float(not Apt(where.cache / "apt" / "own", where.log).remembered(part.part))


def _try_out(part: Tool, where: Folders) -> None:
    """A program whose libraries are not found ends with 127 (ld.so); whatever else it answers, it has started."""
    for program in part.programs:
        command = tool(program, where)
        done = subprocess.run(
            [*command.argv, "--version"],
            env=os.environ | command.env,
            timeout=60,
            capture_output=True,
            check=False,
        )
        if done.returncode == 127:
            raise SetupFailed(f"{program}: {done.stderr.decode(errors='replace').strip()[:300]}")


def _root(part: Tool, where: Folders) -> Path:
    return where.parts / "tools" / part.part


def _find(part: Tool, program: str, where: Folders) -> ToolCommand | None:
    if os.environ.get("HOTLINE_OWN_PARTS") != "1":
        system = _newest(Path("/"), program) or shutil.which(program)
        if system is not None:
            return ToolCommand((str(system),))
    root = _root(part, where)
    ours = _newest(root, program)
    return ToolCommand((str(ours),), {"LD_LIBRARY_PATH": _libraries(root), **_fonts(root)}) if ours else None


def _fonts(root: Path) -> dict[str, str]:
    """Fonts that came with a program are found beside it (fontconfig's xdg folder)."""
    fonts = root / "usr/share/fonts"
    config = root / "etc/fonts/fonts.conf"
    return {"XDG_DATA_HOME": str(fonts.parent), "FONTCONFIG_FILE": str(config)} if fonts.is_dir() else {}


def _newest(root: Path, program: str) -> Path | None:
    """A program's own folder comes first: in usr/bin Debian puts wrappers that look for the system's PostgreSQL and Chromium."""
    postgres = sorted(root.glob("usr/lib/postgresql/*/bin"), key=lambda path: float(path.parent.name))
    places = [*reversed(postgres), root / "usr/lib/chromium", root / "usr/bin", root / "usr/sbin"]
    return next((path / program for path in places if os.access(path / program, os.X_OK)), None)


def _libraries(root: Path) -> str:
    """Some libraries keep others in a folder of their own, which they look for from the root of the system (libpulse does)."""
    folders_of_libraries = [*root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*")]
    folders_of_libraries += [
        own / "pulseaudio" for own in folders_of_libraries if (own / "pulseaudio").is_dir()
    ]
    given = os.environ.get("LD_LIBRARY_PATH", "")
    return ":".join([*map(str, folders_of_libraries), *([given] if given else [])])
