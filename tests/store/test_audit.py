"""The audit chain: whole while nobody touches the record, and broken by name wherever somebody does."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.events import Ended
from store import audit, events, lookups
from store.audit import Chain, Head
from store.chain import Sealer
from store.database import Database
from store.errors import AppendOnly, StoreUnavailable
from tests.store import make

pytestmark = pytest.mark.service
SEALER = Sealer(b"k" * 32)
LATER = make.later(600)
UNGUARDED = {
    "sqlite": ("DROP TRIGGER IF EXISTS {0}_no_update", "DROP TRIGGER IF EXISTS {0}_no_delete"),
    "postgresql": ("ALTER TABLE {0} DISABLE TRIGGER USER",),
}
GUARDED = {"sqlite": (), "postgresql": ("ALTER TABLE {0} ENABLE TRIGGER USER",)}


async def record(database: Database, many: int = 6, since: int = 0) -> None:
    async with database.session() as session:
        for n in range(since, since + many):
            await events.append(session, Ended(make.later(n), f"call_{n}", "citizen", 1.5), "switch")
            await lookups.note(session, "user_1", "look", f"call_{n}", make.later(n), "核实")


async def chained(database: Database) -> Chain:
    await record(database)
    chain = Chain(database, SEALER)
    while await chain.extend(make.AT):
        pass
    return chain


async def behind_our_back(database: Database, *statements: str, table: str = "events") -> None:
    """As somebody does who owns the database: triggers off, the rows changed, triggers on."""
    async with database.session() as session:
        for statement in UNGUARDED[database.dialect]:
            await session.execute(text(statement.format(table)))
        for statement in statements:
            await session.execute(text(statement))
        for statement in GUARDED[database.dialect]:
            await session.execute(text(statement.format(table)))


async def proved(database: Database, *heads: Head) -> audit.Proof:
    return await audit.verify(database, SEALER, heads, LATER)


async def last(database: Database) -> Head:
    async with database.reading() as session:
        found = await audit.head(session)
    assert found is not None
    return found


async def test_what_nobody_touched_is_whole(database: Database) -> None:
    chain = await chained(database)
    await record(database, since=6)
    assert await proved(database) == audit.Proof(12, 12, await last(database), None)
    assert await chain.extend(LATER) == 12
    found = await proved(database, await last(database))
    assert (found.links, found.waiting, found.broken) == (24, 0, None)


async def test_a_chain_is_proved_in_pieces_that_hold_together(database: Database) -> None:
    await chained(database)
    first = await audit.verify(database, SEALER, (), LATER, most=5)
    assert (first.links, first.more, first.broken) == (5, True, None)
    rest = await audit.verify(database, SEALER, (), LATER, first.head, most=7)
    assert (rest.links, rest.more, rest.head) == (12, False, await last(database))
    forged = await audit.verify(database, SEALER, (), LATER, Head(5, "h-sm3:00"), most=5)
    assert forged.broken is not None
    assert (forged.broken.fault, forged.broken.n) == ("moved", 6)


async def test_a_second_worker_goes_on_where_the_first_ended(database: Database) -> None:
    await chained(database)
    await record(database, since=6)
    assert await Chain(database, SEALER).extend(LATER) == 12
    assert await Chain(database, SEALER).extend(LATER) == 0
    assert (await proved(database)).broken is None


async def test_what_a_failed_round_would_have_chained_is_chained_by_a_later_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: Any) -> None:
        raise StoreUnavailable("disk full")

    await record(database, many=3)
    chain = Chain(database, SEALER)
    with monkeypatch.context() as failing:
        failing.setattr(audit.hot, "add", refused)
        with pytest.raises(StoreUnavailable):
            await chain.extend(make.AT)
    await record(database, many=3, since=3)
    assert await chain.extend(make.later(61)) == 12
    assert await chain.extend(make.later(122)) == 0
    found = await proved(database)
    assert (found.links, found.waiting, found.broken) == (12, 0, None)


@pytest.mark.parametrize("nth", [0, 2, 5])
@pytest.mark.parametrize("column", ["actor = 'somebody'", "subject = 'call_x'", "payload = '{}'"])
async def test_a_changed_event_is_found(database: Database, nth: int, column: str) -> None:
    await chained(database)
    row_id, n = await _event(database, nth)
    await behind_our_back(database, f"UPDATE events SET {column} WHERE id = '{row_id}'")
    assert (await proved(database)).broken == audit.Break("changed", n, "events", row_id)


@pytest.mark.parametrize("nth", [0, 2, 5])
async def test_a_deleted_event_is_found(database: Database, nth: int) -> None:
    await chained(database)
    row_id, n = await _event(database, nth)
    await behind_our_back(database, f"DELETE FROM events WHERE id = '{row_id}'")
    assert (await proved(database)).broken == audit.Break("missing", n, "events", row_id)


async def test_a_changed_look_up_is_found(database: Database) -> None:
    await chained(database)
    await behind_our_back(
        database, "UPDATE lookups SET purpose = '' WHERE subject = 'call_3'", table="lookups"
    )
    broken = (await proved(database)).broken
    assert broken is not None
    assert (broken.fault, broken.table) == ("changed", "lookups")


async def test_a_link_taken_out_is_found(database: Database) -> None:
    await chained(database)
    row_id, _ = await _event(database, 2)
    await behind_our_back(
        database,
        f"DELETE FROM audit_chain WHERE row_id = '{row_id}'",
        table="audit_chain",
    )
    broken = (await proved(database)).broken
    assert broken is not None
    assert broken.fault == "moved"


async def test_a_row_smuggled_in_with_an_old_number_is_found(database: Database) -> None:
    await record(database, 3)
    async with database.session() as session:
        await events.append(session, Ended(make.AT, "call_gap", "citizen", 0.0), "switch")
    await behind_our_back(database, "DELETE FROM events WHERE subject = 'call_gap'")
    await record(database, 3, since=3)
    chain = Chain(database, SEALER)
    await chain.extend(make.AT)
    columns = "seq, id, name, subject, at, actor, payload"
    await behind_our_back(
        database,
        f"INSERT INTO events ({columns}) SELECT 4, 'ev_smuggled', name, subject, at, actor, payload"
        " FROM events WHERE subject = 'call_0'",
    )
    await chain.extend(LATER)
    assert (await proved(database)).broken == audit.Break("inserted", 0, "events", "ev_smuggled")


async def test_links_that_changed_places_are_found(database: Database) -> None:
    await chained(database)
    (first, _), (second, _) = await _event(database, 1), await _event(database, 2)
    swap = "UPDATE audit_chain SET row_id = '{1}' WHERE row_id = '{0}'"
    await behind_our_back(
        database, swap.format(first, "x"), swap.format(second, first), swap.format("x", second),
        table="audit_chain",
    )  # fmt: skip
    broken = (await proved(database)).broken
    assert broken is not None
    assert (broken.fault, broken.row_id) == ("changed", second)


async def test_links_made_without_the_key_do_not_hold(database: Database) -> None:
    await record(database)
    await Chain(database, Sealer(b"x" * 32)).extend(make.AT)
    broken = (await proved(database)).broken
    assert broken is not None
    assert (broken.fault, broken.n) == ("changed", 1)


async def test_an_end_that_was_cut_off_shows_by_the_head_noted_elsewhere(database: Database) -> None:
    await chained(database)
    noted = await last(database)
    for table, where in (
        ("audit_chain", "n > 10"),
        ("lookups", "id NOT IN (SELECT row_id FROM audit_chain)"),
    ):
        await behind_our_back(database, f"DELETE FROM {table} WHERE {where}", table=table)
    assert (await proved(database)).broken is None, "the end alone tells nothing"
    assert (await proved(database, noted)).broken == audit.Break("cut_off", 12, "audit_chain", "12")


async def test_a_rebuilt_chain_shows_by_the_head_noted_elsewhere(database: Database) -> None:
    await chained(database)
    forged = Head(5, "h-sm3:00")
    assert (await proved(database, forged)).broken is not None


@pytest.mark.parametrize("deed", ["UPDATE audit_chain SET hash = ''", "DELETE FROM audit_chain"])
async def test_the_chain_itself_can_only_grow(database: Database, deed: str) -> None:
    await chained(database)
    with pytest.raises(AppendOnly):
        async with database.session() as session:
            await session.execute(text(deed))


async def test_an_export_holds_every_row_with_its_hash(database: Database) -> None:
    await chained(database)
    rows: list[dict[str, Any]] = [row async for row in audit.export(database, make.AT, None)]
    assert [row["n"] for row in rows] == list(range(1, 13))
    assert all(row["previous"] == before["hash"] for before, row in itertools.pairwise(rows))
    assert rows[0]["row"]["subject"] == "call_0"
    assert [row async for row in audit.export(database, LATER, None)] == []


async def test_many_rows_are_proved_in_batches(sqlite_database: Database) -> None:
    chain = Chain(sqlite_database, SEALER)
    await record(sqlite_database, many=700)
    while await chain.extend(make.AT + timedelta(hours=1)):
        pass
    assert (await audit.verify(sqlite_database, SEALER, [], LATER)).links == 1400


async def _event(database: Database, nth: int) -> tuple[str, int]:
    async def read(session: AsyncSession) -> tuple[str, int]:
        found = await session.execute(
            text("SELECT row_id, n FROM audit_chain WHERE table_name = 'events' ORDER BY n")
        )
        row = found.all()[nth]
        return row[0], row[1]

    async with database.reading() as session:
        return await read(session)
