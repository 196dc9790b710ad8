"""A pip to begin with. Distributions cut it out of their python3 in different ways, so several places are tried."""

import glob
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from app.setup.apt import Apt, apt_usable
from app.setup.child import run
from app.setup.failure import ChildFailed, SetupFailed
from app.setup.folders import Folders

WHEELS_OF_DISTRIBUTIONS = "/usr/share/python-wheels/pip-*.whl"


def first_pip(folders: Folders) -> list[str]:
    """A command that is pip and runs under this very Python. Raises SetupFailed when there is none to be had."""
    if os.environ.get("HOTLINE_OWN_PARTS") != "1":
        if _has_pip():
            return [sys.executable, "-m", "pip"]
        for wheel in _pip_wheels(folders):
            return [sys.executable, str(wheel / "pip")]
    return [sys.executable, str(_pip_from_deb(folders) / "pip")]


def _pip_wheels(folders: Folders) -> Iterator[Path]:
    yield from sorted(folders.wheels.glob("pip-*.whl"), reverse=True)
    bundled = importlib.util.find_spec("ensurepip")
    if bundled is not None and bundled.origin:
        yield from Path(bundled.origin).parent.glob("_bundled/pip-*.whl")
    yield from map(Path, sorted(glob.glob(WHEELS_OF_DISTRIBUTIONS), reverse=True))


def _has_pip() -> bool:
    if importlib.util.find_spec("pip") is None:
        return False
    try:
        run([sys.executable, "-m", "pip", "--version"], timeout_s=60)
    except ChildFailed:
        return False
    return True


def _pip_from_deb(folders: Folders) -> Path:
    if not apt_usable():
        raise SetupFailed(
            "这个 python3 没有 pip，请安装 python3-pip (this python3 has no pip: install python3-pip)"
        )
    root = folders.cache / "pip"
    if not list(root.glob("usr/share/python-wheels/pip-*.whl")):
        apt = Apt(folders.cache / "apt" / "pip", folders.log)  # of its own: others may be fetching programs
        debs = apt.remembered("pip") or apt.fetch("pip", ["python3-pip-whl"])
        apt.unpack(debs, root)
    found = sorted(root.glob("usr/share/python-wheels/pip-*.whl"))
    if not found:
        raise SetupFailed("python3-pip-whl 里没有 pip (no pip in the package python3-pip-whl)")
    return found[-1]
