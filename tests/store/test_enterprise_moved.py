"""What an older version copied from a ticket's citizen into the enterprises' ledger goes out; the rest is sealed, and opened again when undone."""

import pytest
from sqlalchemy import text

from app.secrecy.keys import KeyTurning
from store import enterprise, tickets
from store.database import Database
from store.keys import is_sealed
from tests.store import make

pytestmark = pytest.mark.service
OLD = (
    'INSERT INTO enterprise_items (id, ticket_id, enterprise, credit_code, matter, state, "by", at, details, version)'
    " SELECT :id, :ticket, :name, '', :matter, 'assigned', filed_by, filed_at, '{}', 1 FROM tickets LIMIT 1"
)


async def test_names_copied_from_citizens_go_and_the_others_are_sealed(database: Database) -> None:
    async with database.session() as session:
        copied, _ = await tickets.file(session, make.ticket(title="补贴"), [], "user_1")
        secret, _ = await tickets.file(session, make.ticket(title="举报", confidential=True), [], "user_1")
    await database.downgrade("0025")
    rows = (
        ("a", copied.id, "张三", "补贴"),
        ("b", secret.id, "李四", "另写的"),
        ("c", None, "某某公司", "水价"),
    )
    async with database.session() as session:
        for item, ticket, name, matter in rows:
            await session.execute(text(OLD), {"id": item, "ticket": ticket, "name": name, "matter": matter})
    await database.create_or_upgrade()
    turning = KeyTurning(database, lambda: make.AT)
    while await turning.turn_keys():
        pass

    async def stored() -> list[str]:
        question = text("SELECT enterprise FROM enterprise_items ORDER BY id")
        async with database.reading() as session:
            return [str(one) for one in (await session.execute(question)).scalars()]

    assert all(is_sealed(one) for one in await stored())
    async with database.reading() as session:
        named = {row.id: row.enterprise for row in (await enterprise.ledger(session)).items}
    assert named == {"a": "补贴", "b": "诉求人", "c": "某某公司"}
    await database.downgrade("0025")
    assert await stored() == ["补贴", "诉求人", "某某公司"]
    await database.create_or_upgrade()
    assert await database.drift() == []
