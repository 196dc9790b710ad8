"""Fixtures shared by all tests: `database` is a fresh one, once on SQLite and once on PostgreSQL."""

import contextlib
import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
import structlog

from store.database import Database
from store.sealed import Keyring
from tests import databases, owned, workers

os.environ.setdefault("HOTLINE_EMBEDDING", "off")
"""Each fresh home would compute the vectors of all articles anew; what the embedding does is tested by itself."""
gc.set_threshold(1_000_000)  # while everything is loaded
_LOGGED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=False),
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
]
"""As by default, but for the traceback: drawing one with all its locals stops the event loop for seconds."""
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
    """The longest tests begin first, so that several workers end together; the rest stays shuffled."""
    items.sort(key=workers.longest_first)


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: searching it for garbage took a fifth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> workers.Sharing | None:
    return workers.Sharing(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Where there are workers they share a PostgreSQL server and a folder, from before they start until they have ended."""
    if hasattr(session.config, "workerinput") or getattr(session.config.option, "dist", "no") == "no":
        return
    held = contextlib.ExitStack()
    session.config.add_cleanup(held.close)
    os.environ[databases.RUN_FOLDER] = held.enter_context(tempfile.TemporaryDirectory(prefix="hotline-run-"))
    with contextlib.suppress(pytest.skip.Exception, pytest.fail.Exception):  # a worker will say it
        os.environ[databases.RUN_POSTGRES] = held.enter_context(databases.postgres())


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_run() -> Iterator[None]:
    """A killed run can't tidy up: what it started is ended for it."""
    held = owned.watched()
    yield
    os.close(held)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command run inside a test sets logging up for its process; the next test starts without that."""
    structlog.configure(processors=_LOGGED)
    yield
    structlog.reset_defaults()


@pytest.fixture
def keyring() -> Keyring:
    """A ring of this test's own: turning its keys turns nobody else's."""
    return Keyring.generate()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The maintenance database of this run's PostgreSQL server, with an up-to-date template beside it."""
    given = os.environ.get(databases.RUN_POSTGRES)
    with contextlib.nullcontext(given) if given else databases.postgres() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(1)")  # of several workers the first makes it
            there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [_TEMPLATE]).fetchone()
            if there is None:
                connection.execute(f"CREATE DATABASE {_TEMPLATE}_fresh")
                databases.upgrade(_named(url, f"{_TEMPLATE}_fresh"))
                connection.execute(f"ALTER DATABASE {_TEMPLATE}_fresh RENAME TO {_TEMPLATE}")
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """This run's Redis server."""
    with databases.redis_server() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite database of this test's own, schema up to date."""
    path = tmp_path / "hotline.sqlite"
    shutil.copyfile(databases.sqlite_template(), path)
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
    """The database that a worker's tests use one after the other: emptying it is much less work than making another."""
    name = f"{_SHARED}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    return _named(postgres_url, name)


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


def _named(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"
