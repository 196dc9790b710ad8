"""Migrations: up, clean, down, up again, on both databases and from several processes at once."""

import asyncio
import itertools
import secrets
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from store import schema
from store.database import Database
from store.sealed import Keyring
from store.tables import Unit, metadata

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.service


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('empty')}/empty.sqlite"
    server, name = str(request.getfixturevalue("postgres_url")), f"e_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


@pytest_asyncio.fixture
async def empty(empty_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = Database(empty_url, keyring)
    yield opened
    await opened.close()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def test_up_is_clean_down_is_empty_and_up_again_is_clean(empty: Database) -> None:
    for _ in range(2):
        await empty.create_or_upgrade()
        assert await empty.drift() == []
        await empty._migrate(lambda connection: command.check(schema.config(connection)))
        assert await empty._migrate(tables) == set(metadata.tables)
        assert await empty.check() == schema.head()
        await empty.downgrade()
        assert await empty._migrate(tables) == set()


async def test_each_step_down_and_up_is_clean(empty: Database) -> None:
    """At each revision: one step down and up again leaves every table, column, index and constraint as it was."""
    await empty.create_or_upgrade()
    revisions = [script.revision for script in ScriptDirectory.from_config(schema.config()).walk_revisions()]
    for newer, older in itertools.pairwise(revisions):
        before = await empty._migrate(shape)
        await empty.downgrade(older)
        await empty._migrate(lambda connection, to: command.upgrade(schema.config(connection), to), newer)
        assert await empty._migrate(shape) == before, newer
        await empty.downgrade(older)
    await empty.create_or_upgrade()
    assert await empty.drift() == []


def shape(connection: Connection) -> dict[str, dict[str, list[str]]]:
    """Of each table all that was declared; what has no order sorted."""
    seen = inspect(
        connection
    )  # asked for all tables at once: PostgreSQL answers each question of its catalogue slowly
    columns, keys, indexes = (
        seen.get_multi_columns(),
        seen.get_multi_pk_constraint(),
        seen.get_multi_indexes(),
    )
    unique, checks = seen.get_multi_unique_constraints(), seen.get_multi_check_constraints()
    references = seen.get_multi_foreign_keys()
    return {
        table[1]: {
            "columns": sorted(f"{c['name']} {c['type']} {c['nullable']} {c['default']}" for c in columns[table]),
            "key": list(keys[table]["constrained_columns"]),
            "indexes": sorted(
                f"{i['name']} {i['column_names']} {i['unique']} {[str(one) for one in i.get('dialect_options', {}).values()]}"
                for i in indexes[table]
            ),
            "unique": sorted(f"{u['name']} {u['column_names']}" for u in unique[table]),
            "checks": sorted(f"{c['name']} {c['sqltext']}" for c in checks[table]),
            "references": sorted(
                f"{f['name']} {f['constrained_columns']} {f['referred_table']} {f['referred_columns']} {f['options']}"
                for f in references[table]
            ),
        }
        for table in columns
    }  # fmt: skip


async def test_the_check_sees_a_table_that_differs(empty: Database) -> None:
    await empty.create_or_upgrade()
    async with empty.session() as session:
        await session.execute(text("DROP INDEX ix_tickets_next_alarm_at"))
        await session.execute(text("ALTER TABLE units ADD COLUMN surprise INTEGER"))
    found = {difference[0] for difference in await empty.drift()}
    assert found == {"add_index", "remove_column"}


async def test_several_may_upgrade_at_once(empty_url: str, keyring: Keyring) -> None:
    several = [Database(empty_url, keyring) for _ in range(2)]
    own = (database.create_or_upgrade() for database in several)
    other = (_upgrade_in_a_process(empty_url) for _ in range(2))
    async with asyncio.timeout(120):
        await asyncio.gather(*own, *other)
    assert await several[0].drift() == []
    for database in several:
        await database.close()


async def _upgrade_in_a_process(url: str) -> None:
    program = (
        "import asyncio, sys; from store.database import Database; from store.sealed import Keyring; "
        "asyncio.run(Database(sys.argv[1], Keyring.generate()).create_or_upgrade())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, url, cwd=PROJECT)
    async with asyncio.timeout(100):
        assert await process.wait() == 0


async def test_upgrading_again_keeps_the_rows(database: Database) -> None:
    async with database.session() as session:
        session.add(Unit(code="U1", name="市民政局"))
    await database.create_or_upgrade()
    async with database.reading() as session:
        assert (await session.get_one(Unit, "U1")).name == "市民政局"
