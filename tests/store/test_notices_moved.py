"""Texts of an older version become notices with their ids, numbers and states, and come back as they were."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import text

from store import notices
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service
WAITING = (
    "INSERT INTO texts (id, kind, subject, number, number_hash, words, token_hash, state, due_at, tries, created_at, version) "
    "VALUES (:id, 'grade', :subject, :number, :hash, :words, :token, :state, :due, :tries, :due, 3)"
)


async def test_texts_move_and_come_back(database: Database) -> None:
    await database.downgrade("0010")
    ring, due = database.keyring, make.AT.astimezone(UTC)
    kept = due.replace(tzinfo=None) if database.dialect == "sqlite" else due
    async with database.session() as session:
        for state, tries in (("due", 0), ("sending", 1), ("not_sent", 0), ("failed", 6)):
            row = {
                "id": f"txt_{state}", "subject": f"grade/{state}", "number": ring.seal(make.CALLER),
                "hash": ring.lookup(make.CALLER), "words": ring.seal("请评价"), "token": notices.hash_of(state),
                "state": state, "due": str(kept) if database.dialect == "sqlite" else kept, "tries": tries,
            }  # fmt: skip
            await session.execute(text(WAITING), row)
    await database.create_or_upgrade()
    async with database.reading() as session:
        moved = {row.state: row for row in (await notices.find(session, channel="sms")).items}
        found = await notices.by_token(session, "due")
        (asked,) = await notices.asked_of(session, make.CALLER)
    assert set(moved) == {"due", "sending", "not_sent", "failed"}
    one = moved["sending"]
    assert (one.id, one.key, one.recipient, one.words, one.tries, one.via) == (
        "txt_sending", "grade/sending", make.CALLER, "请评价", 1, "http",
    )  # fmt: skip
    assert (one.due_at, one.expires_at, one.facts) == (due, due + timedelta(days=1), {})
    assert (moved["due"].via, found and found.id, asked.id) == (None, "txt_due", "txt_sending")
    await database.downgrade("0010")
    async with database.reading() as session:
        back = (
            await session.execute(text("SELECT id, subject, state, version FROM texts ORDER BY id"))
        ).all()
    assert [tuple(row) for row in back] == [
        ("txt_due", "grade/due", "due", 3),
        ("txt_failed", "grade/failed", "failed", 3),
        ("txt_not_sent", "grade/not_sent", "not_sent", 3),
        ("txt_sending", "grade/sending", "sending", 3),
    ]
    await database.create_or_upgrade()
    assert await database.drift() == []
