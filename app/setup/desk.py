"""The web desk, built from desk/ with Node into a folder named by what it was built from: nothing is built twice."""

import hashlib
import os
import shutil
from pathlib import Path

from app.setup import node
from app.setup.child import run
from app.setup.failure import ChildFailed, SetupFailed
from app.setup.files import digest, fresh_folder, write_whole
from app.setup.folders import Folders

INDEX = "index.html"
_KEPT = 20  # built desks of other states of the sources, for whoever goes back and forth between them
_LEFT_OUT = {"node_modules", "dist", "schema.d.ts"}  # made, not written


def sources(where: Folders) -> list[Path]:
    """What the built pages depend on, in a fixed order; tests and lint rules are not among it."""
    root = where.project / "desk"
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - _LEFT_OUT)
        found += [Path(folder) / name for name in sorted(names) if name not in _LEFT_OUT]
    return [
        path
        for path in found
        if not path.name.endswith((".test.ts", ".md")) and path.name != "eslint.config.js"
    ]


def key(where: Folders) -> str:
    """Twelve hex digits over names and contents of the sources."""
    total = hashlib.sha256()
    for path in sources(where):
        total.update(f"{path.relative_to(where.project)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:12]


def built(where: Folders) -> Path | None:
    """The folder of pages built from the sources as they are now; None where there is none yet."""
    folder = where.parts / "desk" / key(where)
    return folder if (folder / INDEX).is_file() else None


def has(where: Folders) -> bool:
    return built(where) is not None


def bring(where: Folders) -> None:
    """Install the desk's packages and build it. Raises SetupFailed."""
    packages(where)
    final = where.parts / "desk" / key(where)
    with fresh_folder(final) as work:
        env = {**node.environment(where), "HOTLINE_DESK_OUT": str(work)}
        run(
            [*node.npm(where), "run", "build"],
            log=where.log,
            env=env,
            cwd=where.project / "desk",
            timeout_s=600,
        )
        if not (work / INDEX).is_file():
            raise SetupFailed("网页工作台没有构建成功 (the desk's build made no index.html)")
    _sweep(final)


def packages(where: Folders) -> None:
    """desk/node_modules as package-lock.json says, each file checked against its sha512; from the cache where they are there.

    Registry, mirror and proxy are those of the user's own npm configuration. Raises SetupFailed.
    """
    desk = where.project / "desk"
    stamp = desk / "node_modules" / ".hotline"
    wanted = digest(desk / "package-lock.json", desk / "package.json")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    command = [*node.npm(where), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    try:
        run(command, log=where.log, env=node.environment(where), cwd=desk)
    except ChildFailed as failed:
        raise SetupFailed(
            f"网页工作台的软件包没有装成：{failed}；已下载的会保留 (npm ci failed; what has arrived is kept)"
        ) from failed
    write_whole(stamp, wanted)


def absent(where: Folders) -> float:
    """1 until packages were fetched once by this user: npm's cache is not asked package by package."""
    return float(not (where.cache / "npm" / "_cacache").is_dir())


def _sweep(current: Path) -> None:
    others = [path for path in current.parent.iterdir() if path.is_dir() and path != current]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
