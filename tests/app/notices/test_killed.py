"""kill -9 between the gateway's answer and our writing it down, on both databases: shown or sent again under the same key."""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.floor import now
from app.notices.worker import Notices
from store import notices
from store.database import Database
from store.notices import NewNotice
from store.sealed import Keyring
from store.tables import NoticeRow
from tests.app.notices.sending import sender
from tests.notify.receiver import answer, receiving
from tests.notify.smsc import smsc

pytestmark = pytest.mark.edge
PROJECT = Path(__file__).resolve().parents[3]
NUMBER = "13812345678"


def later() -> datetime:
    """When the dead process's claim is over."""
    return now() + timedelta(seconds=400)


async def test_an_smsc_is_not_asked_again_and_the_doubt_is_shown(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    async with smsc() as carrier:
        notice_id = await _owing(database)
        assert await _sent_and_killed(database_url, keyring, "smpp", carrier.port) == "id-1"
        assert (await _row(database, notice_id)).state == "sending"
        await _next_worker(database, "smpp", carrier.port)
    row = await _row(database, notice_id)
    assert (row.state, row.tries, len(carrier.taken)) == ("uncertain", 1, 1)
    async with database.reading() as session:
        assert [(one.channel, one.state, one.many) for one in await notices.standing(session)] == [
            ("sms", "uncertain", 1)
        ]


async def test_a_gateway_that_honours_the_key_is_asked_again_under_the_same_one(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    async with receiving(answer("200 OK", body=b'{"id":"g-1"}')) as receiver:
        port = int(receiver.url.rpartition(":")[2].partition("/")[0])
        notice_id = await _owing(database)
        assert await _sent_and_killed(database_url, keyring, "http", port) == "g-1"
        await _next_worker(database, "http", port)
    row = await _row(database, notice_id)
    assert (row.state, row.tries, row.gateway_id) == ("sent", 2, "g-1")
    assert [head["idempotency-key"] for head in receiver.heads] == [notice_id, notice_id]
    assert receiver.bodies[0] == receiver.bodies[1]


async def _owing(database: Database) -> str:
    new = NewNotice("card", "sms", "card/1", NUMBER, "红牌", now())
    async with database.session() as session:
        assert await notices.add(session, new, now())
    return new.id


async def _row(database: Database, notice_id: str) -> NoticeRow:
    async with database.reading() as session:
        return await notices.get(session, notice_id)


async def _next_worker(database: Database, way: str, port: int) -> None:
    """Sees nothing to do while the claim lasts, and afterwards what became of it."""
    gateway = sender(way, port)
    try:
        assert await Notices(database, now, {"sms": gateway}).round("sms") == 0
        assert await Notices(database, later, {"sms": gateway}).round("sms") == 1
    finally:
        await gateway.close()  # type: ignore[attr-defined]


async def _sent_and_killed(url: str, keyring: Keyring, way: str, port: int) -> str:
    """What the gateway answered, as the process told before it was killed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.app.notices.sending", url, way, str(port),
        cwd=PROJECT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(keyring.dump().encode())
        child.stdin.close()
        async with asyncio.timeout(60):
            return (await child.stdout.readline()).decode().strip()
    finally:
        child.kill()
        async with asyncio.timeout(20):
            await child.wait()
