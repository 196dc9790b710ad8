"""`./hotline backup FILE` and `restore FILE`: database, recordings and spool in one file with checksums."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.settings import Settings, settings
from core.errors import BadInput

Json = Annotated[bool, typer.Option("--json", help="JSON")]


def backup(
    file: Annotated[Path, typer.Argument(help="写到哪里（.tar） · where to")],
    json: Json = False,
) -> None:
    """备份数据库、录音和留言；运行中也可以 · also while the service runs. Keep the data key elsewhere: run/secrets/data_key."""
    from app.opened import database
    from store.backup import backup as write

    async def run() -> Any:
        async with database(settings(), looking=True) as opened:
            return await write(opened, folders(settings()), file.resolve())

    _tell(asyncio.run(run()), file, json)


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件 · the backup")],
    json: Json = False,
) -> None:
    """恢复到一个空的目录；需要备份时的数据密钥 · into an empty home that holds the data key of the backup."""
    from app import seeding
    from store.backup import restore as read
    from store.database import Database

    s = settings()
    if not file.is_file():
        raise BadInput(f"没有这个文件：{file}")

    async def run() -> Any:
        s.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = Database(s.database, seeding.keyring(s))
        try:
            return await read(file.resolve(), opened, folders(s))
        finally:
            await opened.close()

    _tell(asyncio.run(run()), file, json)


def folders(s: Settings) -> dict[str, Path]:
    """What belongs to a backup beside the database; secrets do not."""
    return {"recordings": s.recordings, "spool": s.spool, "calendars": s.home / "calendars"}


def _tell(manifest: Any, file: Path, json: bool) -> None:
    found = asdict(manifest)
    if json:
        emit({"file": str(file), **found})
        return
    files = found.get("files", {})
    out.print(
        f"✓ {file}  {found['dialect']} {found['revision']}  {len(files)} files  {found['made_at']}",
        highlight=False,
    )
