"""Statements of the hot path are built once and bound later: building one anew costs more than running it.

They bypass the ORM's session state, so a row read before such a change is as it was when it was read; the `get` functions
of these modules always read again.
"""

import functools
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import (
    CursorResult,
    Dialect,
    Executable,
    Select,
    Table,
    Update,
    bindparam,
    false,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from store.columns import Base
from store.loading import objects, shape_of
from store.prepared import Prepared, Statement, prepared
from store.sqlite import QUICK, Connection

_WAS = "was_"
_DRIVER, _DIALECT = "hotline_driver", "hotline_dialect"
Row = TypeVar("Row", bound=Base)
Asked = TypeVar("Asked", bound=Executable)


def table_of(entity: type[Base]) -> Table:
    return cast(Table, entity.__table__)


@functools.cache
def _update(table: Table, conditions: tuple[str, ...], counted: bool) -> Update:
    """UPDATE whose conditions come as parameters; what is set is whatever other columns the parameters name."""
    statement = update(table)
    for name in conditions:
        column, _, operator = name.partition("__")
        kept = table.c[column]
        if operator == "upto":
            statement = statement.where(kept <= bindparam(_WAS + name, type_=kept.type))
        elif operator == "null":
            statement = statement.where(kept.is_(None))
        elif operator.startswith("in"):  # written out: a list would be compiled anew each time
            given = (
                bindparam(f"{_WAS}{name}_{place}", type_=kept.type) for place in range(int(operator[2:]))
            )
            statement = statement.where(or_(false(), *(kept == one for one in given)))
        else:
            statement = statement.where(kept == bindparam(_WAS + name, type_=kept.type))
    statement = statement.execution_options(**{QUICK: True})
    return statement.values(version=table.c.version + 1) if counted else statement


def _change(
    entity: type[Base], where: Mapping[str, Any], changes: Mapping[str, Any]
) -> tuple[Update, dict[str, Any]]:
    """The statement and its parameters; conditions with a list are named by its length."""
    conditions, given = [], dict(changes)
    for name, value in where.items():
        if name.endswith("__in"):
            conditions.append(f"{name}{len(value)}")
            given |= {f"{_WAS}{conditions[-1]}_{place}": one for place, one in enumerate(value)}
        else:
            conditions.append(name)
            given |= {} if name.endswith("__null") else {_WAS + name: value}
    table = table_of(entity)
    return _update(table, tuple(conditions), "version" in table.c), given


async def change(
    session: AsyncSession, entity: type[Base], where: Mapping[str, Any], changes: Mapping[str, Any]
) -> int:
    """Change the rows that fit `where`; gives how many. A table with a `version` counts it up.

    where: column -> value, `column__in` -> a tuple of values, `column__upto` -> the greatest value, `column__null` -> True.
    """
    return (await do(session, *_change(entity, where, changes))).changed


async def note(
    session: AsyncSession, entity: type[Base], where: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    """As `change`, where nobody asks how many: what is wrong with it shows at the latest when the session ends."""
    statement, given = _change(entity, where, changes)
    await _later(session, statement, [given])


class Done(NamedTuple):
    """How many rows a statement changed where it gives none, and those it gives."""

    changed: int
    rows: Sequence[Any]


async def do(session: AsyncSession, statement: Statement, given: Mapping[str, Any]) -> Done:
    """Carry out a statement that was built once, now. A question writes first what the session's objects have not written yet.

    Its rows are tuples as the database gives them: for columns of plain text and numbers only.
    """
    if isinstance(statement, Select):
        await _written(session)
    ready, connection = await _ready(session, statement, given)
    if ready is None or connection is None:
        done = await session.execute(statement, given)
        if isinstance(done, CursorResult) and not done.returns_rows:
            return Done(done.rowcount, ())
        return Done(-1, done.all())
    _, count, _, given_back = await _quick(connection, ready, given)
    return Done(count, given_back)


async def _quick(connection: Connection, ready: Prepared, given: Mapping[str, Any]) -> Any:
    """Carried out now. Raises SQLAlchemy's DBAPIError."""
    try:
        return await connection.quick(ready.sql, ready.bound(given))
    except sqlite3.Error as error:
        raise DBAPIError.instance(ready.sql, None, error, sqlite3.Error, hide_parameters=True) from error


async def _later(session: AsyncSession, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
    """Carry out a write nobody asks the outcome of: on SQLite together with this session's next statement or its end."""
    ready, connection = await _ready(session, statement, rows[0])
    if ready is None or connection is None:
        await session.execute(statement, rows[0] if len(rows) == 1 else rows)
    else:
        connection.later(ready.sql, [ready.bound(row) for row in rows])


async def _ready(
    session: AsyncSession, statement: Statement, given: Mapping[str, Any]
) -> tuple[Prepared | None, Connection | None]:
    """The statement prepared and SQLite's own connection, which the session keeps until it ends; (None, None) elsewhere."""
    dialect = dialect_of(session)
    ready = prepared(dialect, statement, tuple(given)) if dialect.name == "sqlite" else None
    if ready is None:
        return None, None
    if _DRIVER not in session.info:
        found = await (await session.connection()).get_raw_connection()
        session.info[_DRIVER] = found.driver_connection
    return ready, cast(Connection, session.info[_DRIVER])


def dialect_of(session: AsyncSession) -> Dialect:
    """Asked once for each session."""
    if _DIALECT not in session.info:
        session.info[_DIALECT] = session.get_bind().dialect
    return cast(Dialect, session.info[_DIALECT])


async def change_each(
    session: AsyncSession, entity: type[Base], key: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Change many rows with one statement: each of `rows` names its row in column `key` and gives its other columns."""
    if rows:
        table = table_of(entity)
        statement = _update(table, (key,), "version" in table.c)
        given = [{_WAS + key if name == key else name: value for name, value in row.items()} for row in rows]
        await _later(session, statement, given)


@functools.cache
def _insert(table: Table) -> Any:
    return insert(table).execution_options(**{QUICK: True})


async def add(session: AsyncSession, entity: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows; every column without a value must be nullable. Refused rows show when the session ends, or before."""
    if rows:
        await _later(session, _insert(table_of(entity)), rows)


@functools.cache
def _insert_or_same(table: Table, dialect: str, key: str) -> Any:
    statement: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    same = statement.on_conflict_do_update(index_elements=[key], set_={key: statement.excluded[key]})
    return same.returning(table.c.id).execution_options(**{QUICK: True})


async def add_or_same(session: AsyncSession, entity: type[Base], key: str, row: dict[str, Any]) -> str:
    """Insert a row unless one with the same unique `key` is there; the id of whichever is there now."""
    statement = _insert_or_same(table_of(entity), dialect_of(session).name, key)
    ((found,),) = (await do(session, statement, row)).rows
    return str(found)


@functools.cache
def _insert_unless_there(table: Table, dialect: str, key: str) -> Any:
    statement: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.on_conflict_do_nothing(index_elements=[key]).execution_options(**{QUICK: True})


async def add_unless_there(
    session: AsyncSession, entity: type[Base], key: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Insert rows unless one with the same unique `key` is there; nobody asks which."""
    if rows:
        statement = _insert_unless_there(table_of(entity), dialect_of(session).name, key)
        await _later(session, statement, rows)


@functools.cache
def _insert_if_new(table: Table, dialect: str) -> Any:
    statement: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.on_conflict_do_nothing().returning(table.c.id).execution_options(**{QUICK: True})


async def add_if_new(session: AsyncSession, entity: type[Base], row: dict[str, Any]) -> bool:
    """Insert a row unless any of its unique values is taken; False where one is."""
    statement = _insert_if_new(table_of(entity), dialect_of(session).name)
    return bool((await do(session, statement, row)).rows)


@functools.cache
def _select(entity: type[Base], column: str, lock: bool = False) -> Select[Any]:
    found = table_of(entity).c[column]
    wanted = select(entity).where(found == bindparam("wanted", type_=found.type))
    wanted = wanted.with_for_update() if lock else wanted
    return quick(wanted.execution_options(populate_existing=True))


def quick(statement: Asked) -> Asked:
    """Marks a SELECT, built once, that finds its few rows by an index."""
    return statement.execution_options(**{QUICK: True})


async def found(session: AsyncSession, statement: Select[Row], given: Mapping[str, Any]) -> Sequence[Row]:
    """The rows a SELECT that was built once finds, as objects: whole rows of one table, and few of them, by an index."""
    await _written(session)
    ready, connection = await _ready(session, statement, given)
    if ready is None or connection is None:
        return (await session.scalars(statement, dict(given))).all()
    _, _, _, raw = await _quick(connection, ready, given)
    return objects(session.sync_session, shape_of(dialect_of(session), statement), raw)


async def _written(session: AsyncSession) -> None:
    """As SQLAlchemy does before its own questions."""
    if session.new or session.dirty or session.deleted:
        await session.flush()


async def rows(session: AsyncSession, entity: type[Row], **where: Any) -> Sequence[Row]:
    """The rows with this value in this one column, as they are now whatever this session read before."""
    ((column, wanted),) = where.items()
    return await found(session, _select(entity, column), {"wanted": wanted})


async def row(session: AsyncSession, entity: type[Row], **where: Any) -> Row | None:
    """The first such row, or None."""
    return next(iter(await rows(session, entity, **where)), None)


async def locked(session: AsyncSession, entity: type[Row], **where: Any) -> Row | None:
    """The row as it is now, kept from others until this session ends, or None."""
    ((column, wanted),) = where.items()
    return next(iter(await found(session, _select(entity, column, lock=True), {"wanted": wanted})), None)
