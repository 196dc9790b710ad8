"""Alembic, driven from code: there is no alembic.ini. Each function works on an open connection inside a transaction."""

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from store.errors import StoreOutdated
from store.tables import metadata

_UPGRADE_LOCK = 12345  # one upgrade at a time; SQLite's write lock does the same there


def config(connection: Connection | None = None) -> Config:
    """Where the migrations lie, and the connection they run on."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    found.attributes["connection"] = connection
    return found


def upgrade(connection: Connection) -> None:
    _lock(connection)
    if _revision(connection) == head():
        return  # as at nearly every start, and for every command
    command.upgrade(config(connection), "head")
    _check_references(connection)


def downgrade(connection: Connection, revision: str) -> None:
    _lock(connection)
    command.downgrade(config(connection), revision)


def drift(connection: Connection) -> list[Any]:
    """Differences between code and database, as `alembic check` finds them; [] is clean."""
    return list(
        compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    )


@cache
def head() -> str:
    """The revision this program was written for."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def require_current(connection: Connection) -> str:
    """The database's revision. Raises StoreOutdated where it is not the one this program was written for."""
    found = _revision(connection)
    if found != head():
        raise StoreOutdated(
            f"the database is at revision {found}, this program needs {head()}: run the upgrade"
        )
    return found or ""


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})


def _check_references(connection: Connection) -> None:
    """SQLite rebuilds tables with foreign keys off; look afterwards that none points nowhere."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreOutdated(f"the upgrade left a broken reference in {broken[0]}; nothing was changed")
