"""Fixtures shared by all tests: `database` is a fresh one, once on SQLite and once on PostgreSQL."""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
import structlog

from store.database import Database
from store.sealed import Keyring
from tests import databases, owned

_TEMPLATE = "hotline_template"
_SHARED = "hotline_shared"
_EMPTY = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "SET session_replication_role = replica",  # rows that refer to each other, and those nobody may delete
    """DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE 'DELETE FROM ' || one.name; END LOOP;
    FOR one IN SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences
    LOOP EXECUTE 'ALTER SEQUENCE ' || one.name || ' RESTART'; END LOOP;
    END $$""",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long system tests begin first, so that several workers end together; the rest stays shuffled."""
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_run() -> Iterator[None]:
    """A killed run can't tidy up: what it started is ended for it."""
    held = owned.watched()
    yield
    os.close(held)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command run inside a test sets logging up for its process; the next test starts without that."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.generate()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The maintenance database of this run's PostgreSQL server, with an up-to-date template beside it."""
    with databases.postgres() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        _upgrade(_named(url, _TEMPLATE))
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """This run's Redis server."""
    with databases.redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database of this test's own, schema up to date."""
    path = tmp_path / "hotline.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """A fresh PostgreSQL database of this test's own, schema up to date."""
    name = f"t_{secrets.token_hex(8)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        yield _named(postgres_url, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def one_postgres_url(postgres_url: str) -> str:
    """The database that tests use one after the other: emptying it is much less work than making another."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_SHARED} TEMPLATE {_TEMPLATE}")
    return _named(postgres_url, _SHARED)


@pytest.fixture
def emptied_postgres_url(one_postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database without a row, schema up to date; for tests that leave the schema alone."""
    yield one_postgres_url
    with psycopg.connect(one_postgres_url, autocommit=True) as connection:
        for statement in _EMPTY:
            connection.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both kinds, one after the other."""
    kinds = {"sqlite": "sqlite_url", "postgresql": "emptied_postgres_url"}
    return str(request.getfixturevalue(kinds[request.param]))


@pytest_asyncio.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """An open database on each kind."""
    opened = Database(database_url, keyring)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def sqlite_database(sqlite_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """An open SQLite database, for tests that need not run twice."""
    opened = Database(sqlite_url, keyring)
    yield opened
    await opened.close()


def _upgrade(url: str) -> None:
    async def run() -> None:
        database = Database(url, Keyring.generate())
        await database.create_or_upgrade()
        await database.close()

    asyncio.run(run())


def _named(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"
