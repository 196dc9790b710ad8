"""Releases used by whoever runs a command on the machine: as at the edge, kept before anything is written."""

import getpass
import os
from pathlib import Path

from api.actor import Actor
from app.floor import now
from app.secrecy.release_desk import ReleaseDesk
from core.errors import BadInput
from store import frozen
from store.database import Database
from store.tables import FrozenSheet


def who() -> Actor:
    """The login of the shell, on record as such."""
    name = f"shell:{getpass.getuser()}"[:64]
    return Actor(name, name, name, "office")


def release_desk(database: Database, recordings: Path) -> ReleaseDesk:
    async def sheet(_actor: Actor, sheet_id: str) -> FrozenSheet:
        async with database.reading() as session:
            return await frozen.get(session, sheet_id)

    return ReleaseDesk(database, recordings, now, sheet)


def must_be_free(target: Path) -> None:
    """Raises BadInput where something is there already, or nothing can be: a hand-over on record did leave."""
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK | os.X_OK)):
        raise BadInput(f"无法写入：{target.parent} 不存在或不可写")
    if target.exists():
        raise BadInput(f"文件已存在：{target}")
