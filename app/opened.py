"""The database of the instance in this environment, for commands that look at or change rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from app import seeding
from app.notices.outside import owed_outside
from app.settings import Settings
from core.errors import NotFound
from store.database import Database


class NeverStarted(NotFound):
    """Nothing to look at: no hotline ever ran in this home."""

    code = "never_started"


def has_started(settings: Settings) -> bool:
    """Whether a hotline ever ran in this home; makes nothing."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").is_file()
    return bool(settings.data_key.get_secret_value()) or seeding.data_key_file(settings).is_file()


def must_have_started(settings: Settings) -> None:
    """Raises NeverStarted; makes nothing."""
    if not has_started(settings):
        raise NeverStarted(f"{settings.home} 还没有启动过热线，请先运行 ./hotline up (never started here)")


@asynccontextmanager
async def database(
    settings: Settings, *, looking: bool = False, trial: bool = False
) -> AsyncIterator[Database]:
    """Open and up to date; closed at the end of the block. `looking`: there must be something to look at, nothing is made.

    trial: nothing is kept, so before a hotline's first start a database is used that goes with the block.
    Raises StoreUnavailable, NeverStarted.
    """
    if looking:
        must_have_started(settings)
    if trial and not has_started(settings):
        with TemporaryDirectory(prefix="hotline-trial-") as folder:
            apart = settings.model_copy(update={"home": Path(folder), "database_url": ""})
            async with database(apart) as opened:
                yield opened
        return
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened = Database(settings.database, seeding.keyring(settings))
    try:
        await opened.create_or_upgrade()
        opened.owed = owed_outside(settings)
        yield opened
    finally:
        await opened.close()
