"""Sessions: all or nothing, readers beside the writer, failures by name and within their bound."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.errors import NaiveTime
from store import calls, hot, legs, seats
from store.database import Database, driver_url
from store.errors import StoreOutdated, StoreUnavailable
from store.sealed import Keyring
from store.tables import Call, Leg, Unit
from tests import databases
from tests.store import make

pytestmark = pytest.mark.service


@pytest_asyncio.fixture
async def hasty(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """A database whose waits end soon."""
    opened = Database(database_url, keyring, wait_s=0.4, writers=2)
    yield opened
    await opened.close()


async def add_unit(database: Database, code: str = "U1") -> None:
    async with database.session() as session:
        session.add(Unit(code=code, name="市民政局"))


async def has_unit(database: Database, code: str = "U1") -> bool:
    async with database.reading() as session:
        return await session.get(Unit, code) is not None


async def test_a_block_that_ends_is_kept(database: Database) -> None:
    await add_unit(database)
    assert await has_unit(database)


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    async def fails_late() -> None:
        async with database.session() as session:
            session.add(Unit(code="U1", name="市民政局"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails_late()
    assert not await has_unit(database)


async def test_writes_nobody_waits_for_keep_their_order_and_are_seen_by_the_next_question(
    database: Database,
) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await calls.note(session, call.id, step="first")
        await legs.add(session, call.id, "citizen", make.AT)
        await calls.note(session, call.id, step="second")
        assert (await calls.get(session, call.id)).step == "second"
        assert len(await legs.of_call(session, call.id)) == 1
        await calls.note(session, call.id, step="last")
    async with database.reading() as session:
        assert (await calls.get(session, call.id)).step == "last"


async def test_a_writer_given_up_while_it_waited_holds_up_nobody(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        call = await make.call(session)
    file = str(sqlite_database.url.database)

    async def takes_a_step(step: str) -> int:
        async with sqlite_database.session() as session:
            return await hot.change(session, Call, {"id": call.id}, {"step": step})

    with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=0.5)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(takes_a_step("late"))
        await asyncio.sleep(0.1)  # SQLite's thread is in the middle of its wait
        waiting.cancel()
        other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        other.execute("BEGIN IMMEDIATE")  # nothing of ours holds the lock, or takes it later
        other.execute("ROLLBACK")
        assert await takes_a_step("next") == 1
    async with sqlite_database.reading() as session:
        assert (await calls.get(session, call.id)).step == "next"


async def test_a_wrong_write_nobody_waits_for_undoes_its_whole_block(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)

    async def is_wrong() -> None:
        async with database.session() as session:
            await calls.note(session, call.id, step="never")
            await legs.add(session, "call_none", "citizen", make.AT)

    with pytest.raises(IntegrityError):
        await is_wrong()
    await add_unit(database)  # the connection is free and clean
    async with database.reading() as session:
        assert (await calls.get(session, call.id)).step == call.step


async def test_a_block_that_raises_takes_its_unsent_writes_with_it(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)

    async def fails_late() -> None:
        async with database.session() as session:
            await calls.note(session, call.id, step="never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails_late()
    await add_unit(database)
    async with database.reading() as session:
        assert (await calls.get(session, call.id)).step == call.step


async def test_a_cancelled_block_leaves_nothing_and_frees_its_connection(database: Database) -> None:
    begun = asyncio.Event()

    async def hangs() -> None:
        async with database.session() as session:
            session.add(Unit(code="U1", name="市民政局"))
            await session.flush()
            begun.set()
            await asyncio.sleep(60)

    for _ in range(12):
        begun.clear()
        task = asyncio.create_task(hangs())
        async with asyncio.timeout(10):
            await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await add_unit(database)
    assert await has_unit(database)


async def test_what_a_reader_changes_is_not_kept(database: Database) -> None:
    async with database.reading() as session:
        session.add(Unit(code="U1", name="市民政局"))
        await session.flush()
    assert not await has_unit(database)


async def test_readers_see_the_last_commit_while_somebody_writes(database: Database) -> None:
    await add_unit(database)
    async with database.session() as session:
        session.add(Unit(code="U2", name="市水务局"))
        await session.flush()
        assert await has_unit(database)
        assert not await has_unit(database, "U2")
    assert await has_unit(database, "U2")


async def test_writers_at_once_all_get_their_turn(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)

    async def count_up() -> None:
        async with database.session() as session:
            seen = await calls.lock(session, call.id)
            await calls.change(session, call.id, menu_state={"n": seen.menu_state.get("n", 0) + 1})

    await asyncio.gather(*(count_up() for _ in range(40)))
    async with database.reading() as session:
        assert (await calls.get(session, call.id)).menu_state == {"n": 40}


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(NaiveTime):
            await seats.add(session, "8001", "secret", make.AT.replace(tzinfo=None))
        await session.rollback()


async def test_times_come_back_aware_and_to_the_microsecond(database: Database) -> None:
    moment = make.AT.replace(microsecond=123456)
    async with database.session() as session:
        call = await make.call(session, at=moment.astimezone(tz=None))
    assert call.arrived_at == moment
    assert str(call.arrived_at.tzinfo) == "UTC"


async def test_words_the_table_does_not_know_are_refused_by_the_database(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        session.add(Leg(id="leg_1", call_id=call.id, role="stranger", started_at=make.AT))
        with pytest.raises(IntegrityError):
            await session.flush()
        await session.rollback()


async def test_rows_of_calls_nobody_knows_are_refused_by_the_database(database: Database) -> None:
    async with database.session() as session:
        session.add(Leg(id="leg_1", call_id="call_none", role="agent", started_at=make.AT))
        with pytest.raises(IntegrityError):
            await session.flush()
        await session.rollback()


async def test_waiting_for_a_lock_ends_by_name(hasty: Database, database_url: str) -> None:
    if hasty.dialect == "sqlite":
        with sqlite3.connect(hasty.url.database or "", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(10):
                    await add_unit(hasty)
            other.execute("ROLLBACK")
        other.close()
    else:
        with psycopg.connect(database_url) as held:
            held.execute("LOCK TABLE units IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(10):
                    await add_unit(hasty)
    await add_unit(hasty)


async def test_when_all_connections_are_taken_the_wait_ends_by_name(hasty: Database) -> None:
    async with (
        hasty.session() as one,
        hasty.session() if hasty.dialect != "sqlite" else hasty.reading() as two,
    ):
        await one.execute(text("SELECT 1"))
        await two.execute(text("SELECT 1"))
        with pytest.raises(StoreUnavailable) as refused:
            async with asyncio.timeout(10):
                await add_unit(hasty)
    assert refused.value.retryable
    await add_unit(hasty)


async def test_a_server_that_is_not_there_is_named(keyring: Keyring) -> None:
    database = Database(f"postgresql://nobody@127.0.0.1:{databases.free_port()}/none", keyring, wait_s=0.5)
    with pytest.raises(StoreUnavailable):
        async with asyncio.timeout(10):
            await database.check()
    await database.close()


async def test_a_database_of_another_program_is_named(
    tmp_path_factory: pytest.TempPathFactory, keyring: Keyring
) -> None:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('other')}/empty.sqlite", keyring)
    with pytest.raises(StoreOutdated):
        await database.check()
    await database.close()
    with pytest.raises(StoreUnavailable):
        driver_url("mysql://localhost/hotline")


async def test_after_the_server_dropped_us_work_goes_on(postgres_database_url: str, keyring: Keyring) -> None:
    database = Database(postgres_database_url, keyring)
    await add_unit(database)
    with psycopg.connect(postgres_database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(StoreUnavailable):
        await add_unit(database, "U2")
    await add_unit(database, "U3")
    await database.close()


async def test_the_file_is_set_up_to_keep_commits_through_a_kill(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        found = [
            (await session.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 1, 1]


async def test_many_may_ask_at_one_moment_and_health_still_finds_a_connection(
    sqlite_database: Database,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(12):
            session = await stack.enter_async_context(sqlite_database.reading())
            await session.execute(text("SELECT 1"))
        async with asyncio.timeout(30):
            assert await sqlite_database.check()


async def test_the_file_and_what_lies_beside_it_is_for_its_owner_only(
    tmp_path: Path, keyring: Keyring
) -> None:
    path = tmp_path / "hotline.sqlite"
    for _ in range(2):  # made, and made tight where an older version left it open
        database = Database(f"sqlite:///{path}", keyring)
        async with database.session() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS t (n INTEGER)"))
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
        await database.close()
        assert set(modes.values()) == {0o600}, modes
        path.chmod(0o644)
