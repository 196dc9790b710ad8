"""The enterprises' ledger over versions: what was copied from a ticket's citizen goes out, and a call may have several lines."""

import pytest
from sqlalchemy import text

from app.secrecy.keys import KeyTurning
from store import calls, enterprise, tickets
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


async def test_an_older_version_knows_the_first_line_of_a_call_and_the_others_by_their_tickets(
    database: Database,
) -> None:
    async with database.session() as session:
        call_id, _ = await calls.add_call(session, make.arrival())
        for n, call in enumerate((call_id, call_id, None, None)):
            row, _ = await tickets.file(session, make.ticket(request_key=f"k{n}"), [], "user_1")
            facts = {"enterprise": f"第{n}家", "matter": "补贴", "call_id": call, "ticket_id": row.id}
            await enterprise.enter(session, "user_1", make.later(n), **facts)
    await database.downgrade("0038")
    await database.create_or_upgrade()
    assert await database.drift() == []
    async with database.reading() as session:
        kept = {row.enterprise: row.call_id for row in (await enterprise.ledger(session)).items}
    assert kept == {"第0家": call_id, "第1家": None, "第2家": None, "第3家": None}
