"""The database of the instance in this environment, for commands that look at or change rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app import seeding
from app.notices.outside import owed_outside
from app.settings import Settings
from store.database import Database


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Open and up to date; closed at the end of the block. Raises StoreUnavailable."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened = Database(settings.database, seeding.keyring(settings))
    try:
        await opened.create_or_upgrade()
        opened.owed = owed_outside(settings)
        yield opened
    finally:
        await opened.close()
