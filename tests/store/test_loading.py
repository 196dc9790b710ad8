"""Objects made of rows without SQLAlchemy's execution are what SQLAlchemy would have made of them."""

import pytest
from sqlalchemy import bindparam, func, inspect, select

from store import hot, tickets
from store.database import Database
from store.loading import shape_of
from store.tables import Ticket
from tests.store import make

pytestmark = pytest.mark.service
BY_ID = hot.quick(select(Ticket).where(Ticket.id == bindparam("wanted")))


async def filed(database: Database) -> Ticket:
    async with database.session() as session:
        row, _ = await tickets.file(session, make.ticket(), [], "agent")
    return row


async def test_every_column_reads_the_same_either_way(database: Database) -> None:
    row = await filed(database)
    async with database.reading() as session:
        plain = (await session.scalars(select(Ticket))).one()
    async with database.reading() as session:
        (quick,) = await hot.found(session, BY_ID, {"wanted": row.id})
    names = [one.key for one in inspect(Ticket).column_attrs]
    assert {name: getattr(quick, name) for name in names} == {name: getattr(plain, name) for name in names}


async def test_a_session_has_one_object_for_a_row(database: Database) -> None:
    row = await filed(database)
    async with database.reading() as session:
        (first,) = await hot.found(session, BY_ID, {"wanted": row.id})
        assert await session.get(Ticket, row.id) is first
        assert await tickets.get(session, row.id) is first


async def test_what_was_read_before_stays_as_it_was_until_it_is_asked_for_anew(database: Database) -> None:
    row = await filed(database)
    async with database.session() as session:
        (first,) = await hot.found(session, BY_ID, {"wanted": row.id})
        await tickets.change(session, row.id, row.version, [], "agent", state="signed")
        await hot.found(session, BY_ID, {"wanted": row.id})
        assert first.state == row.state
        assert (await tickets.get(session, row.id)).state == "signed"
        assert first.state == "signed"


async def test_an_object_found_quickly_is_written_like_any_other(database: Database) -> None:
    row = await filed(database)
    async with database.session() as session:
        (found,) = await hot.found(session, BY_ID, {"wanted": row.id})
        found.title = "另一个标题"
        (again,) = await hot.found(session, BY_ID, {"wanted": row.id})
        assert again.title == "另一个标题"
    async with database.reading() as session:
        assert (await tickets.get(session, row.id)).title == "另一个标题"


async def test_only_whole_rows_of_one_table_become_objects(sqlite_database: Database) -> None:
    async with sqlite_database.reading() as session:
        dialect = session.get_bind().dialect
    for statement in (select(Ticket.id), select(func.count(Ticket.id))):
        with pytest.raises(TypeError, match="whole rows"):
            shape_of(dialect, statement)
