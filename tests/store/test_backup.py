"""A backup made while the service writes, put back elsewhere, is the same; a damaged one is refused."""

import asyncio
import os
import secrets
import shutil
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import select

from core.errors import PartMissing
from core.events import Ended
from store import calls, events, recordings, tickets
from store.archive import read_manifest
from store.backup import backup, restore
from store.database import Database
from store.errors import BackupFailed, BackupUnusable
from store.sealed import Keyring
from store.tables import Call, EventRow, Recording
from tests.databases import find
from tests.need import need
from tests.store import make

pytestmark = pytest.mark.edge


@pytest.fixture(autouse=True)
def _client_programs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump lies beside the server's programs."""
    if database.dialect == "postgresql":
        server = find("postgres")
        monkeypatch.setenv("PATH", f"{Path(server.argv[0]).resolve().parent}{os.pathsep}{os.environ['PATH']}")
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        need("pg_dump", shutil.which("pg_dump"))


@pytest.fixture
def elsewhere_url(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[str]:
    """An empty database of the same kind."""
    if database.dialect == "sqlite":
        yield f"sqlite:///{tmp_path}/elsewhere/hotline.sqlite"
        return
    server, name = str(request.getfixturevalue("postgres_url")), f"r_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def elsewhere(elsewhere_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = Database(elsewhere_url, keyring)
    yield opened
    await opened.close()


@asynccontextmanager
async def writing(database: Database, folder: Path) -> AsyncIterator[list[str]]:
    """Calls with their sound files go on being written; gives the ids committed so far."""
    done: list[str] = []

    async def write() -> None:
        while True:
            number = len(done)
            async with database.session() as session:
                call = await make.call(session, f"w.{number}")
                await recordings.add(session, call.id, f"w{number}", make.AT)
                await events.append(session, Ended(make.AT, call.id, "citizen", 1.0), "agi")
            (folder / f"w{number}.wav").write_bytes(os.urandom(2000))
            done.append(call.id)
            await asyncio.sleep(0.005)

    task = asyncio.create_task(write())
    try:
        yield done
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def grown(done: list[str], by: int) -> None:
    goal = len(done) + by
    async with asyncio.timeout(60):
        while len(done) < goal:
            await asyncio.sleep(0.01)


async def rows(database: Database) -> dict[str, str]:
    async with database.reading() as session:
        found = await session.execute(select(Call.id, Call.caller))
        return {call_id: caller for call_id, caller in found}


async def test_a_backup_made_while_writing_is_whole_elsewhere(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    sounds, back = tmp_path / "recordings", tmp_path / "back" / "recordings"
    sounds.mkdir()
    async with database.session() as session:
        ticket, _ = await tickets.file(session, make.ticket(citizen_name="张三"), [], "user_1")
    async with writing(database, sounds) as done:
        await grown(done, 10)
        before = list(done)
        await backup(database, {"recordings": sounds}, tmp_path / "b.tar")
        await grown(done, 5)
    manifest = await restore(tmp_path / "b.tar", elsewhere, {"recordings": back})

    kept, original = await rows(elsewhere), await rows(database)
    assert set(before) <= set(kept)
    assert kept.items() <= original.items()
    assert set(kept.values()) == {make.CALLER}
    async with elsewhere.reading() as session:
        assert (await tickets.get(session, ticket.id)).citizen_name == "张三"
        noted, happened = await session.scalars(select(Recording)), await session.scalars(select(EventRow))
        assert {row.call_id for row in noted} == {row.subject for row in happened} == set(kept)
    for number in range(len(before)):
        assert (back / f"w{number}.wav").read_bytes() == (sounds / f"w{number}.wav").read_bytes()
    assert len(manifest.files) >= len(before) + 1
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0


async def test_what_was_restored_goes_on_working(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    async with database.session() as session:
        await events.append(session, Ended(make.AT, "call_1", "citizen", 1.0), "agi")
    await backup(database, {}, tmp_path / "b.tar")
    await restore(tmp_path / "b.tar", elsewhere, {})
    assert await elsewhere.drift() == []
    async with elsewhere.session() as session:
        await calls.add_call(session, make.arrival())
        await events.append(session, Ended(make.AT, "call_1", "citizen", 1.0), "agi")
        first, second = await events.of(session, "call_1")
    assert second.seq > first.seq


async def test_nothing_that_is_there_is_overwritten(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    sounds = tmp_path / "recordings"
    sounds.mkdir()
    (sounds / "a.wav").write_bytes(b"RIFF")
    await backup(database, {"recordings": sounds}, tmp_path / "b.tar")
    with pytest.raises(BackupFailed, match=r"不是空的|已存在"):
        await restore(tmp_path / "b.tar", database, {})
    with pytest.raises(BackupFailed, match="不是空的"):
        await restore(tmp_path / "b.tar", elsewhere, {"recordings": sounds})


async def test_a_backup_of_another_key_is_refused(
    database: Database, elsewhere_url: str, tmp_path: Path
) -> None:
    await backup(database, {}, tmp_path / "b.tar")
    stranger = Database(elsewhere_url, Keyring.generate())
    with pytest.raises(BackupFailed, match="另一把密钥"):
        await restore(tmp_path / "b.tar", stranger, {})
    await stranger.close()


async def test_a_damaged_backup_is_refused_and_changes_nothing(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    sounds, target = tmp_path / "recordings", tmp_path / "b.tar"
    sounds.mkdir()
    (sounds / "a.wav").write_bytes(b"R" * 5000)
    await backup(database, {"recordings": sounds}, target)
    whole = target.read_bytes()
    flipped = whole.replace(b"R" * 5000, b"R" * 4999 + b"S")
    for damaged in (flipped, whole[: len(whole) // 2], b"", b"not a tar" * 100):
        target.write_bytes(damaged)
        with pytest.raises(BackupUnusable):
            await restore(target, elsewhere, {"recordings": tmp_path / "back"})
    assert not (tmp_path / "back").exists()
    target.write_bytes(whole)
    await restore(target, elsewhere, {"recordings": tmp_path / "back"})
    assert (tmp_path / "back" / "a.wav").stat().st_size == 5000


async def test_a_tar_that_reaches_outside_is_refused(
    sqlite_database: Database, tmp_path: Path, database: Database
) -> None:
    for name in ("../evil", "/evil", "recordings/../../evil", "other/evil"):
        with tarfile.open(tmp_path / "evil.tar", "w") as tar:
            tar.add(__file__, name)
        fresh = Database(f"sqlite:///{tmp_path}/fresh.sqlite", sqlite_database.keyring)
        with pytest.raises(BackupFailed, match="不属于备份"):
            await restore(tmp_path / "evil.tar", fresh, {"recordings": tmp_path / "back"})
        await fresh.close()


async def test_the_manifest_can_be_read_by_itself(database: Database, tmp_path: Path) -> None:
    made = await backup(database, {}, tmp_path / "b.tar")
    assert (
        read_manifest(tmp_path / "b.tar") == made or read_manifest(tmp_path / "b.tar").made_at == made.made_at
    )
    with pytest.raises(BackupFailed):
        read_manifest(tmp_path / "none.tar")


async def test_without_the_client_programs_the_missing_one_is_named(
    postgres_database_url: str,
    database: Database,
    keyring: Keyring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    opened = Database(postgres_database_url, keyring)
    with pytest.raises(PartMissing, match="pg_dump"):
        await backup(opened, {}, tmp_path / "b.tar")
    await opened.close()
    assert not list(tmp_path.glob("*.tar*"))
