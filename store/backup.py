"""Backup and restore: one tar file with the database, the folders beside it and a manifest of checksums.

The database is copied while the service runs (SQLite's online backup, pg_dump), then the folders; a file that is in the
database's copy is therefore in the tar too. The key that opens sealed columns is NOT in it: keep that file elsewhere, without it
citizens' numbers and texts in a backup stay closed, for a thief and for you.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import URL, text

from core.errors import PartMissing
from store import archive
from store.archive import Manifest, read_manifest
from store.database import Database
from store.errors import BackupFailed, BackupUnusable

__all__ = ["Manifest", "backup", "read_manifest", "restore"]

_DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
_KEY_PROBE = "hotline12345 backup"
_DUMP_S = 6 * 3600.0


async def backup(database: Database, folders: Mapping[str, Path], target: Path) -> Manifest:
    """Write `target` (a .tar) while the service runs. folders: name in the tar -> folder.

    The file appears whole or not at all, readable by its owner only. Raises BackupFailed, PartMissing (pg_dump).
    """
    if any("/" in name or "." in name for name in folders):
        raise BackupFailed("a folder in a backup needs a plain name of its own")
    manifest = Manifest(
        made_at=datetime.now(UTC).isoformat(),
        dialect=database.dialect,
        revision=await database.check(),
        key_check=database.keyring.lookup(_KEY_PROBE),
    )
    await asyncio.to_thread(_write, database.url, dict(folders), target, manifest)
    return manifest


async def restore(source: Path, database: Database, folders: Mapping[str, Path]) -> Manifest:
    """Put a backup into an empty database and empty or absent folders, and bring the schema up to date.

    Everything is checked before anything is put in place. Raises BackupUnusable, BackupFailed, PartMissing (pg_restore).
    """
    await _require_empty(database, folders)
    with tempfile.TemporaryDirectory(prefix="hotline-restore-", dir=_beside(database, folders)) as staging:
        manifest = await asyncio.to_thread(
            archive.unpack, source, Path(staging), set(_DATABASE.values()), set(folders)
        )
        if manifest.dialect != database.dialect:
            raise BackupUnusable(f"此备份是 {manifest.dialect} 的，这里的数据库是 {database.dialect}")
        if manifest.key_check not in database.keyring.hashes(_KEY_PROBE):
            raise BackupUnusable("此备份由另一把密钥加密，请先放好那把密钥")
        await asyncio.to_thread(_put_in_place, Path(staging), database.url, dict(folders))
    await database.create_or_upgrade()
    return manifest


def _write(url: URL, folders: dict[str, Path], target: Path, manifest: Manifest) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as staging:
        copy = _copy_database(url, Path(staging))
        archive.write(target, manifest, chain([(copy.name, copy)], _files_of(folders)))


def _copy_database(url: URL, staging: Path) -> Path:
    if url.get_backend_name() == "postgresql":
        dump = staging / _DATABASE["postgresql"]
        _postgres("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
        return dump
    copy = staging / _DATABASE["sqlite"]
    with (
        closing(sqlite3.connect(url.database or "", timeout=30)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        found = target.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise BackupFailed(f"数据库已损坏：{found}")
    return copy


def _files_of(folders: dict[str, Path]) -> Iterator[tuple[str, Path]]:
    for name, folder in sorted(folders.items()):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _put_in_place(staging: Path, url: URL, folders: dict[str, Path]) -> None:
    for name, folder in folders.items():
        if (staging / name).is_dir():
            shutil.copytree(staging / name, folder, dirs_exist_ok=True)
    if url.get_backend_name() == "postgresql":
        _postgres(
            "pg_restore",
            url,
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            str(staging / _DATABASE["postgresql"]),
        )
        return
    shutil.copyfile(staging / _DATABASE["sqlite"], url.database or "")


async def _require_empty(database: Database, folders: Mapping[str, Path]) -> None:
    for folder in folders.values():
        if folder.is_dir() and any(folder.iterdir()):
            raise BackupUnusable(f"{folder} 不是空的，请先移走")
    if database.dialect == "sqlite":
        path = Path(database.url.database or "")
        if path.exists() and path.stat().st_size:
            raise BackupUnusable(f"{path} 已存在，请先移走")
        return
    async with database.reading() as session:
        question = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()"
        if (await session.execute(text(question))).scalar_one():
            raise BackupUnusable(f"数据库 {database.url.database} 不是空的，请新建一个")


def _beside(database: Database, folders: Mapping[str, Path]) -> str | None:
    """Where there is surely room of the right kind: beside what will be written."""
    places = [Path(database.url.database or "")] if database.dialect == "sqlite" else list(folders.values())
    if not places:
        return None
    places[0].parent.mkdir(parents=True, exist_ok=True)
    return str(places[0].parent)


def _postgres(program: str, url: URL, *arguments: str) -> None:
    """Run a client program; the password travels in the environment, where other users can't read it."""
    path = shutil.which(program)
    if path is None:
        raise PartMissing(f"{program} is not on the PATH; install the PostgreSQL client programs")
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [path, f"--dbname={plain}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=_DUMP_S, check=False)
    if done.returncode:
        raise BackupFailed(f"{program}: {done.stderr.decode(errors='replace').strip()[-500:]}")
