"""kill -9 of a writer: everything it was told is committed is there, nothing half-done is."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from store import calls
from store.database import Database
from store.sealed import Keyring
from store.tables import Call
from tests.store import make

pytestmark = pytest.mark.edge
PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("commits", [0, 1, 25])
async def test_a_killed_writer_loses_no_committed_row(
    database: Database, database_url: str, keyring: Keyring, commits: int
) -> None:
    told = await _write_and_kill(database_url, keyring, commits)
    async with database.reading() as session:
        kept = set(await session.scalars(select(Call.linkedid)))
    assert told == [f"kept.{number}" for number in range(commits)]
    assert kept == set(told)


async def test_the_survivors_write_on_at_once(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    await _write_and_kill(database_url, keyring, 1)
    async with asyncio.timeout(10), database.session() as session:
        call_id, created = await calls.add_call(session, make.arrival("open.1"))
    assert created
    assert call_id


async def _write_and_kill(url: str, keyring: Keyring, commits: int) -> list[str]:
    """What the writer said it had committed, before it was killed in the middle of a transaction."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.writer", url, str(commits),
        cwd=PROJECT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert writer.stdin is not None
    assert writer.stdout is not None
    told: list[str] = []
    try:
        async with asyncio.timeout(60):
            writer.stdin.write(keyring.dump().encode())
            await writer.stdin.drain()
            while (line := (await writer.stdout.readline()).decode().strip()) != "open":
                assert line, "the writer ended before it was killed"
                told.append(line)
    finally:
        writer.kill()
        async with asyncio.timeout(20):
            await writer.wait()
    return told
