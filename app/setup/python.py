"""The virtual environment, in layers: each lock file holds all of the one before it.

base: a node without speech (api, agi). speech: plus recognition, speech synthesis and the demo's telephones
(what `up` and `demo` need). tests: plus the tools of `./hotline test`.
"""

import shutil
import sys
from pathlib import Path

from app.setup.child import run
from app.setup.failure import ChildFailed
from app.setup.files import digest
from app.setup.folders import Folders
from app.setup.lockfile import Requirement, read_lock
from app.setup.pip import first_pip
from app.setup.wheels import Wheels, offline

LAYERS = ("base", "speech", "tests")


def lock(folders: Folders, name: str) -> Path:
    """The lock file of a layer, or of `build` (pip and what builds the few packages that come as source)."""
    return folders.project / "requirements" / f"{name}.lock"


def environment_folder(folders: Folders) -> Path:
    """The folder of the environment that fits the lock files and this Python: other locks, another folder.

    So a running instance keeps its own environment while a newer one is being made.
    """
    key = digest(*(lock(folders, name) for name in ("build", *LAYERS)))[:12]
    return folders.parts / "venvs" / f"py{sys.version_info[0]}.{sys.version_info[1]}-{key}"


def has(layer: str, folders: Folders) -> bool:
    """Is this layer, or one that holds it, installed and in use?"""
    home = environment_folder(folders)
    if not (folders.python.exists() and folders.venv.resolve() == home.resolve()):
        return False
    return any((home / f".has-{name}").exists() for name in LAYERS[LAYERS.index(layer) :])


def bring(layer: str, folders: Folders) -> None:
    """Download what is missing, install it and switch to it. Raises SetupFailed."""
    home = environment_folder(folders)
    wheels = Wheels(folders)
    if not (home / ".has-build").exists():
        _begin(folders, home, wheels)
    pip = [str(home / "bin" / "python"), "-m", "pip"]
    locked = read_lock(lock(folders, layer))
    wheels.fetch(pip, locked)
    try:
        _install(folders, pip, wheels, layer)
    except ChildFailed:  # a file of the cache is gone or spoilt: fetch it again, once
        wheels.forget_absent(locked)
        wheels.fetch(pip, locked)
        _install(folders, pip, wheels, layer)
    _switch(folders, home)


def absent(layer: str, folders: Folders) -> float:
    """The share of this layer's packages that is not in the cache, 0 to 1."""
    locked = read_lock(lock(folders, layer))
    return len(Wheels(folders).missing(locked)) / len(locked)


def _begin(folders: Folders, home: Path, wheels: Wheels) -> None:
    shutil.rmtree(home, ignore_errors=True)
    run([sys.executable, "-m", "venv", "--without-pip", home], log=folders.log, timeout_s=120)
    locked = read_lock(lock(folders, "build"))
    wheels.fetch(first_pip(folders), locked)
    wheel = next(wheels.folder.glob(f"pip-{_version(locked, 'pip')}-*.whl"))
    _install(folders, [str(home / "bin" / "python"), str(wheel / "pip")], wheels, "build")


def _version(locked: list[Requirement], name: str) -> str:
    return next(one.version for one in locked if one.name == name)


def _install(folders: Folders, pip: list[str], wheels: Wheels, layer: str) -> None:
    command = [
        *pip,
        "install",
        "--no-index",
        "--find-links",
        str(wheels.folder),
        "--require-hashes",
        "--no-deps",
    ]
    # misaki says it wants Python < 3.13 though its Mandarin part runs there; the lock says what we tried.
    command += ["--ignore-requires-python"]
    command += ["--no-build-isolation", "--no-compile", "-r", str(lock(folders, layer))]
    run(command, log=folders.log, env=offline())
    (Path(pip[0]).parent.parent / f".has-{layer}").touch()


def _switch(folders: Folders, home: Path) -> None:
    """Point `venv` at the new environment and drop all but the one before it, which may still be running."""
    before = folders.venv.resolve()
    if folders.venv.is_dir() and not folders.venv.is_symlink():
        shutil.rmtree(folders.venv)
    link = folders.parts / ".venv.new"
    link.unlink(missing_ok=True)
    link.symlink_to(home.relative_to(folders.parts))
    link.replace(folders.venv)
    for other in home.parent.iterdir():
        if other not in (home, before):
            shutil.rmtree(other, ignore_errors=True)
