"""A ticket may have several precedents, of which one holds; an older version keeps the last."""

import pytest

from store import precedents, tickets
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service


async def test_an_older_version_keeps_the_last_precedent_of_each_ticket(database: Database) -> None:
    async with database.session() as session:
        await make.unit(session)
        rows = [(await tickets.file(session, make.ticket(request_key=key), [], "u"))[0] for key in "ab"]
        for n, row in enumerate((rows[0], rows[1], rows[0])):
            given = (f"第{n}次", "三定方案", "office", row.id, "u", make.later(n))
            await precedents.add(session, "WATER", *given)
    async with database.reading() as session:
        kept = (await precedents.find(session, "", 10, 0)).items
    assert [(one.matter, one.retired_why) for one in kept] == [
        ("第2次", None), ("第1次", None), ("第0次", precedents.SUPERSEDED)
    ]  # fmt: skip
    await database.downgrade("0039")
    await database.create_or_upgrade()
    assert await database.drift() == []
    async with database.reading() as session:
        held = await precedents.of_unit(session, "WATER")
        every = (await precedents.find(session, "", 10, 0)).total
    assert ([one.matter for one in held], every) == (["第1次", "第2次"], 2)
