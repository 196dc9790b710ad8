"""What the tests import, compiled once: on a fresh checkout each of their workers would otherwise compile all of it."""

import contextlib
import os

from app.setup.child import run
from app.setup.failure import ChildFailed
from app.setup.files import digest, write_whole
from app.setup.folders import Folders
from app.setup.python import lock


def has(where: Folders) -> bool:
    """Was it done for these packages? What changes in the sources later is little."""
    try:
        return (where.parts / "stamps" / "compiled").read_text(encoding="utf-8") == _key(where)
    except OSError:
        return False


def bring(where: Folders) -> None:
    """Collect the tests once. Tests that can't be collected are for the run itself to tell."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(where.python), "-m", "pytest", "--collect-only", "-qq"]
    with contextlib.suppress(ChildFailed):
        run(command, log=where.log, env=env, cwd=where.project)
    write_whole(where.parts / "stamps" / "compiled", _key(where))


def absent(where: Folders) -> float:
    """Nothing is downloaded."""
    return 0.0


def _key(where: Folders) -> str:
    return digest(lock(where, "tests"))
