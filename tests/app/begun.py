"""A home whose hotline has started once: commands that only look want one."""

import shutil
from pathlib import Path

from sqlalchemy import make_url

from app import seeding
from app.settings import settings
from tests import databases


def begin() -> None:
    """Its database, empty and up to date, and its key."""
    home = settings()
    home.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    seeding.keyring(home)
    shutil.copyfile(databases.sqlite_template(), Path(str(make_url(home.database).database)))
