"""SQLite as we use it: pragmas, and one trip to the connection's thread for each answer that somebody waits for.

Plain aiosqlite goes to its thread four times for one statement (cursor, execute, fetch, close) and once more for BEGIN and for
the pool's clean-up; a call's records then cost more in waking threads than in SQLite. Here BEGIN, and writes kept for later of
which nobody asks how many rows they changed, travel with the next statement or with COMMIT, in order: what is wrong with one
shows there, inside the same transaction. Once a transaction has begun nobody can make it wait, so its QUICK statements need no
thread at all, and a QUICK first one only where another process is writing. See docs/adr/0003-facts-in-sql.md.
"""

import asyncio
import contextlib
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import aiosqlite
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

QUICK = "hotline_quick"
"""Execution option of a statement that finds its few rows by an index; other databases ignore it."""

SWITCH_S = 0.0005
"""How long the event loop may keep Python to itself while a connection's thread waits to go on; Python's own 5 ms, paid at
every statement by whoever queues to write, would make a busy minute a slow one."""

READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"

_Write = tuple[Callable[..., sqlite3.Cursor], str, Any]


class Cursor:
    """The part of a cursor that SQLAlchemy's adapter uses; each execute brings all its rows back at once."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1
        self._rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        await self._run(sqlite3.Cursor.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        await self._run(sqlite3.Cursor.executemany, sql, parameters)

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = ()

    async def _run(self, how: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> None:
        done = await self._connection.run(how, sql, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows = done


class Connection(aiosqlite.Connection):
    """An aiosqlite connection whose BEGIN and later writes travel with others, and whose empty commits stay at home."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.next_is_quick = False
        self.busy_ms = 0
        self._reads = False
        self._begin = ""
        self._later: list[_Write] = []
        self._unsure = False

    def cursor(self) -> Any:
        return Cursor(self)

    def begin_with_next(self, sql: str) -> None:
        self._begin, self._reads = sql, sql == READ

    def later(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Keep a write for the next statement of this transaction, or its COMMIT."""
        many = len(rows) != 1
        how: Callable[..., sqlite3.Cursor] = sqlite3.Cursor.executemany if many else sqlite3.Cursor.execute
        self._later.append((how, sql, rows if many else rows[0]))

    async def quick(self, sql: str, parameters: Sequence[Any]) -> Any:
        """As `run`, for a statement of the hot path."""
        self.next_is_quick = True
        return await self.run(sqlite3.Cursor.execute, sql, parameters)

    async def run(self, how: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> Any:
        quick, self.next_is_quick = self.next_is_quick, False
        begin, self._begin = self._begin, ""
        later, self._later = self._later, []
        statements = [*later, (how, sql, parameters)]
        first: list[_Write] = [(sqlite3.Cursor.execute, begin, ())] if begin else []
        if quick and not self._unsure:
            if not begin and self.in_transaction:
                return _trip(self._conn, statements)
            if begin and (done := self._without_waiting([*first, *statements])):
                return done
        try:
            return await self._execute(_trip, self._conn, [*first, *statements])  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._unsure = True  # its thread goes on, and may begin the transaction after all
            raise

    def _without_waiting(self, statements: Sequence[_Write]) -> Any:
        """Begin here and now; None where another process holds the database: then the thread may wait for it."""
        self._conn.execute("PRAGMA busy_timeout = 0").close()
        try:
            return _trip(self._conn, statements)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK").close()
            return None
        finally:
            self._conn.execute(f"PRAGMA busy_timeout = {self.busy_ms}").close()

    async def commit(self) -> None:
        if self._later:
            await self.run(sqlite3.Cursor.execute, "COMMIT", ())
        elif self.in_transaction:
            self._unsure = True  # until the thread is back: who waits for it may be cancelled
            await super().commit()
            self._unsure = False
        self._begin = ""

    async def rollback(self) -> None:
        self._begin = ""
        self._later = []
        self.next_is_quick = False
        if self._unsure or (self.in_transaction and not self._reads):
            self._unsure = True
            await super().rollback()
            self._unsure = False
        elif self.in_transaction:
            self._conn.rollback()  # a question: there is next to nothing to take back


def _trip(connection: sqlite3.Connection, statements: Sequence[_Write]) -> Any:
    """Carry out statements in order; what the last one gave."""
    cursor = connection.cursor()
    try:
        for how, sql, parameters in statements:
            how(cursor, sql, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()


def _keep_private(path: str) -> None:
    """The file, and what SQLite keeps beside it, is for its owner only. Never opened here: closing it would drop SQLite's locks."""
    if not os.path.isabs(path):
        return  # ":memory:" and the like
    with contextlib.suppress(OSError):  # SQLite says by itself what is wrong with the file
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for one in (path, f"{path}-wal", f"{path}-shm"):
        with contextlib.suppress(OSError):
            if stat.S_IMODE(os.stat(one).st_mode) & 0o077:
                os.chmod(one, 0o600)


def connect(path: str, **options: Any) -> Connection:
    """Given to SQLAlchemy as the creator of connections; awaiting it opens the file."""

    def opened() -> sqlite3.Connection:
        _keep_private(path)
        found: sqlite3.Connection = sqlite3.connect(path, isolation_level=None, **options)
        return found

    connection = Connection(
        opened,
        iter_chunk_size=64,
    )
    connection._thread.daemon = True  # a process that ends without closing must not hang on this thread
    return connection


def tune(engine: AsyncEngine, begin: str, wait_s: float, *, foreign_keys: bool = True) -> None:
    """WAL lets readers and one writer work together; NORMAL keeps every commit through a process kill."""

    def connected(connection: Any, _record: Any) -> None:
        connection.driver_connection.busy_ms = int(wait_s * 1000)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        cursor.close()

    def marked(connection: Any, _cursor: Any, _sql: str, _given: Any, context: Any, _many: bool) -> None:
        if QUICK in context.execution_options:
            connection.connection.driver_connection.next_is_quick = True

    def began(connection: Any) -> None:
        connection.connection.driver_connection.begin_with_next(begin)

    sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_S))
    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "before_cursor_execute", marked)
    event.listen(engine.sync_engine, "begin", began)
