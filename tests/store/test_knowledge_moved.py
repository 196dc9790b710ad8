"""What an older version knew becomes version 1 of each article, and goes away again with the tables."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from store import knowledge
from store.database import Database

pytestmark = pytest.mark.service
UNIT = "INSERT INTO units (code, name, aliases, level, section, version, details, active) VALUES ('SW', '水务局', '[]', '', '', 1, '{}', :yes)"
ARTICLE = (
    "INSERT INTO articles (id, title, questions, answer, kind, unit_code, clause, city, version, valid_from, details, active) "
    "VALUES (:id, '停水', '[\"停水找谁\"]', '先看公告', '办事指南', 'SW', '三', 'heyuan', :version, :since, '{}', :active)"
)
BEFORE = "0015"


async def test_articles_become_versions_and_stay_when_it_is_undone(database: Database) -> None:
    await database.downgrade(BEFORE)
    since = "2026-01-01" if database.dialect == "sqlite" else date(2026, 1, 1)
    async with database.session() as session:
        await session.execute(text(UNIT), {"yes": True})
        for name, version, active in (("first", 1, True), ("third", 3, True), ("gone", 1, False)):
            row = {"id": name, "version": version, "active": active, "since": since}
            await session.execute(text(ARTICLE), row)
    await database.create_or_upgrade()
    now = datetime.now(UTC)
    async with database.session() as session:
        (first,) = await knowledge.chain(session, "first")
        (third,) = await knowledge.chain(session, "third")
        held = [await knowledge.held(session, name, now) for name in ("first", "third", "gone")]
        assert await knowledge.keep_register(session, now, "seed") == 0
    assert (first.number, first.source, first.questions, first.valid_from) == (
        1,
        "register",
        ["停水找谁"],
        date(2026, 1, 1),
    )
    assert (third.number, third.state, first.serves_from, first.writers) == (
        3,
        "published",
        knowledge.SINCE,
        [],
    )
    assert held == [1, 3, None]
    async with database.reading() as session:
        article = await knowledge.article(session, "first")
    assert first.digest == knowledge.digest(knowledge.seen(article))
    await database.downgrade(BEFORE)
    async with database.reading() as session:
        kept = (await session.execute(text("SELECT id, version FROM articles ORDER BY id"))).all()
    assert [tuple(row) for row in kept] == [("first", 1), ("gone", 1), ("third", 3)]
    await database.create_or_upgrade()
    assert await database.drift() == []
