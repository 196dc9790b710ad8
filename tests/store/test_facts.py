"""Words in events' facts are sealed; ids, codes and moments are there to be asked for."""

import json
from typing import Any

import pytest
from sqlalchemy import select, text

from app.secrecy.keys import KeyTurning
from core.events import Event, Supervised, TicketFiled
from store import audit, events, facts, reseal, warnings
from store.database import Database
from store.errors import AppendOnly
from store.keys import Keyring
from store.tables import EventRow
from tests.store import make
from tests.store.test_audit import LATER, SEALER, behind_our_back
from tickets.anomalies import Anomaly
from tickets.ticket import TicketStepped

pytestmark = pytest.mark.service
STEPPED = TicketStepped(
    make.AT,
    "tkt_1",
    "return",
    "returned",
    "user_1",
    facts={"why": "张三住建设路九号，不归我们", "hours": 3},
    unit="WATER",
)
HEARD = Supervised(make.AT, "call_1", "sup_1", "8001", "listen", "投诉人李四说没人管")
HOT = Anomaly(make.AT, "hot", "tkt_1", "WATER", {"words": "三号楼 停水", "tickets": ["tkt_1"], "many": 4})
FILED = TicketFiled(make.AT, "tkt_1", None, "help")
TOLD: tuple[Event, ...] = (STEPPED, HEARD, HOT, FILED)
WORDS = ("张三", "建设路", "李四", "三号楼")


async def _told(database: Database) -> None:
    async with database.session() as session:
        await events.append_all(session, TOLD, "user_1")


async def _stored(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as session:
        found = await session.execute(text("SELECT CAST(payload AS TEXT) FROM events ORDER BY seq"))
        return [json.loads(str(one)) for one in found.scalars()]


async def _read(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as session:
        return [row.payload for row in await session.scalars(select(EventRow).order_by(EventRow.seq))]


def _plainly(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(event.payload()))
    return told


async def _turned(database: Database) -> None:
    work = KeyTurning(database, lambda: make.AT)
    while await work.turn_keys():
        pass


async def test_words_are_sealed_and_read_as_they_were(database: Database) -> None:
    await _told(database)
    stored = await _stored(database)
    assert not any(word in str(stored) for word in WORDS)
    assert [facts.SEALED in one for one in stored] == [True, True, True, False]
    assert await _read(database) == [_plainly(one) for one in TOLD]
    async with database.reading() as session:
        assert [row.payload for row in await events.of(session, "tkt_1")] == [
            _plainly(one) for one in (STEPPED, HOT, FILED)
        ]


async def test_the_database_is_asked_about_plain_names_as_before(database: Database) -> None:
    await _told(database)
    async with database.reading() as session:
        mine = await warnings.find(session, warnings.UNIT == "WATER", name="ticket.anomaly", kinds=("hot",))
        others = await warnings.find(session, warnings.UNIT == "POWER", name="ticket.anomaly", kinds=("hot",))
    assert [one.payload["facts"]["words"] for one in mine.items] == ["三号楼 停水"]
    assert others.total == 0


async def test_events_of_an_older_version_are_read_sealed_and_stay_proved(database: Database) -> None:
    await _told(database)
    chain = audit.Chain(database, SEALER)
    await chain.extend(make.AT)
    await database.downgrade("0035")
    assert await _stored(database) == [_plainly(one) for one in TOLD]
    await database.create_or_upgrade()
    assert await _read(database) == [_plainly(one) for one in TOLD]
    await _told(database)
    await chain.extend(LATER)
    before = await audit.verify(database, SEALER, (), LATER)
    assert (before.links, before.broken) == (2 * len(TOLD), None)
    await _turned(database)
    stored = str(await _stored(database))
    assert not any(word in stored for word in WORDS)
    assert await _read(database) == [_plainly(one) for one in (*TOLD, *TOLD)]
    assert await audit.verify(database, SEALER, (), LATER) == before
    with pytest.raises(AppendOnly):
        async with database.session() as session:
            await session.execute(text("UPDATE events SET actor = 'somebody'"))
    assert await database.drift() == []


async def test_a_turned_key_reaches_them_and_the_old_one_may_go(database: Database) -> None:
    await _told(database)
    chain = audit.Chain(database, SEALER)
    await chain.extend(make.AT)
    ring = database.keyring.with_new()
    turned = Database(database.url, ring)
    assert (await reseal.uses(turned, "k1")).get("events") == 3
    await _turned(turned)
    assert "events" not in await reseal.uses(turned, "k1")
    rest = Database(database.url, ring.without("k1"))
    assert await _read(rest) == [_plainly(one) for one in TOLD]
    assert (await audit.verify(rest, SEALER, (), LATER)).broken is None
    await turned.close()
    await rest.close()


@pytest.mark.parametrize("sealed", ["sm4-gcm:k1:AAAA", "sm4-gcm:k9:AAAA", "plain"])
async def test_sealed_words_that_somebody_touched_are_named_as_changed(
    database: Database, sealed: str
) -> None:
    await _told(database)
    await audit.Chain(database, SEALER).extend(make.AT)
    async with database.reading() as session:
        row_id = str(await session.scalar(text("SELECT id FROM events WHERE name = 'call.supervised'")))
    given = json.dumps({facts.SEALED: sealed})
    await behind_our_back(
        database, f"UPDATE events SET payload = '{given}' WHERE id = '{row_id}'".replace(":", "\\:")
    )
    broken = (await audit.verify(database, SEALER, (), LATER)).broken
    assert broken == audit.Break("changed", 2, "events", row_id)


def test_a_name_that_nobody_called_plain_is_sealed() -> None:
    ring = Keyring.generate()
    kept = facts.sealed(
        ring, {"ticket_id": "tkt_1", "new": "张三", "late": False, "count": 2, "none": None, "to": {}}
    )
    assert set(kept) == {"ticket_id", "late", "count", "none", "to", facts.SEALED}
    assert not facts.is_old(ring, kept)
    assert facts.is_old(ring.with_new(), kept)
    assert facts.is_old(ring, {"new": "张三"})


def test_no_event_has_a_field_of_the_sealed_name() -> None:
    assert not facts.SEALED.isidentifier()
