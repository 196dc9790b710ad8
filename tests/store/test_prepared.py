"""What is bound without SQLAlchemy's execution reaches the database as if it had been bound with it."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Dialect, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from store import hot
from store.database import Database
from store.prepared import prepared
from store.tables import Call
from tests.store import make

pytestmark = pytest.mark.service
CALLS = hot.table_of(Call)


@pytest.fixture
async def dialect(sqlite_database: Database) -> AsyncIterator[Dialect]:
    async with sqlite_database.reading() as session:
        yield session.get_bind().dialect


def call(**changes: Any) -> dict[str, Any]:
    known = {
        "id": "call_1",
        "linkedid": "1763690400.1",
        "line": "12345",
        "channel": "",
        "caller": make.CALLER,
    }
    return known | {"caller_hash": make.CALLER, "arrived_at": make.AT} | changes


async def test_a_row_is_written_the_same_either_way(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await session.execute(insert(CALLS), call())
        await hot.add(session, Call, [call(id="call_2", linkedid="1763690400.2")])
    with sqlite3.connect(str(sqlite_database.url.database)) as file:
        file.row_factory = sqlite3.Row
        one, other = (dict(row) for row in file.execute("SELECT * FROM calls ORDER BY id"))
    sealed = {"id", "linkedid", "caller"}
    assert {name: one[name] for name in one.keys() - sealed} == {
        name: other[name] for name in other.keys() - sealed
    }
    assert (other["menu_state"], other["version"], other["state"]) == ("{}", 1, "arrived")
    async with sqlite_database.reading() as session:
        assert {row.caller for row in await session.scalars(select(Call))} == {make.CALLER}


def test_every_row_gets_its_own_default(dialect: Dialect) -> None:
    ready = prepared(dialect, insert(CALLS), tuple(call()))
    assert ready is not None
    assert ready.bound(call()) != ready.bound(call(id="call_2"))
    assert len(ready.bound(call())) == ready.sql.count("?")


def test_rows_of_one_write_name_the_same_columns(dialect: Dialect) -> None:
    ready = prepared(dialect, insert(CALLS), tuple(call()))
    assert ready is not None
    with pytest.raises(ValueError, match="state"):
        ready.bound(call(state="ended"))


def test_a_statement_whose_text_depends_on_its_values_is_left_to_sqlalchemy(dialect: Dialect) -> None:
    some = select(CALLS.c.id).where(CALLS.c.id.in_(bindparam("ids", expanding=True)))
    assert prepared(dialect, some, ("ids",)) is None


def test_what_a_statement_says_itself_stays(dialect: Dialect) -> None:
    counted = update(CALLS).where(CALLS.c.state == "queued").values(version=CALLS.c.version + 1)
    ready = prepared(dialect, counted, ("step",))
    assert ready is not None
    assert sorted(map(str, ready.bound({"step": "menu"}))) == ["1", "menu", "queued"]


async def test_a_rule_that_is_broken_is_named_as_ever(database: Database) -> None:
    async with database.session() as session:
        await hot.add(session, Call, [call()])
    with pytest.raises(IntegrityError):
        async with database.session() as session:
            await hot.do(session, insert(CALLS), call(linkedid="1763690400.2"))


async def test_a_change_says_how_many_rows_it_met(database: Database) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    async with database.session() as session:
        await hot.add(
            session, Call, [call(state="arrived"), call(id="call_2", linkedid="1763690400.2", state="queued")]
        )
    async with database.session() as session:
        assert await hot.change(session, Call, {"state__in": ("arrived", "queued")}, {"ended_at": at}) == 2
        assert await hot.change(session, Call, {"state__in": ()}, {"ended_at": at}) == 0
        assert await hot.change(session, Call, {"ended_at__null": True}, {"ended_at": at}) == 0
        assert await hot.change(session, Call, {"ended_at__upto": at, "id": "call_2"}, {"step": "bye"}) == 1
