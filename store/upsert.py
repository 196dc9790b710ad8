"""INSERT … ON CONFLICT, which SQLite and PostgreSQL both speak but SQLAlchemy spells once for each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from store.columns import Base

Insert = postgresql.Insert | sqlite.Insert
_PARAMETERS = 5000  # stay well below what one statement may carry (SQLite 32 766, PostgreSQL 65 535)


def insert_into(session: AsyncSession, table: type[Base]) -> Any:
    """An insert of this session's database, with on_conflict_do_nothing / on_conflict_do_update."""
    return (
        postgresql.insert(table) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(table)
    )


async def put(
    session: AsyncSession, table: type[Base], rows: Sequence[dict[str, Any]], *, replace: bool
) -> int:
    """Insert rows by primary key; those already there are replaced or left. Gives how many were written."""
    keys = [column.name for column in inspect(table).primary_key]
    written = 0
    size = max(1, _PARAMETERS // max(1, len(table.__table__.columns)))
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        statement = insert_into(session, table)
        others = {name: statement.excluded[name] for name in batch[0] if name not in keys}
        if replace and others:
            statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
        else:
            statement = statement.on_conflict_do_nothing()
        written += len((await session.execute(statement.returning(literal(1)), batch)).all())
    return written
