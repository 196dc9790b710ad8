"""The door to the database: one engine, one session per unit of work, one way to bring the schema up to date.

Writers queue in order: on SQLite a pool of one connection is the queue (two writers would only wait for each other inside
SQLite, polling), on PostgreSQL up to `writers` work side by side. Readers have connections of their own. Every wait ends in
StoreUnavailable. What a commit survives is written down in docs/adr/0003-facts-in-sql.md.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy.exc as sa
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from store import schema, sealed, sqlite
from store.errors import AppendOnly, StoreUnavailable
from store.events import OWED, Owed
from store.guards import GuardedSession
from store.json import dumps

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_WAIT_S = 5.0
_READERS = 16
"""Connections for questions on SQLite: all chores of a process and several of /health's parts may ask at one moment."""
_MIGRATE_S = 60.0
_MIGRATING: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def driver_url(url: str | URL) -> URL:
    """`sqlite:///file` or `postgresql://…` with the async driver we use. Raises StoreUnavailable for others."""
    parsed = make_url(url)
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise StoreUnavailable(
            f"no database of the kind {parsed.get_backend_name()!r}; use sqlite or postgresql"
        )
    return parsed.set(drivername=driver)


class Database:
    """`url`: sqlite:///path or postgresql://…; `keyring`: seals citizens' data; `wait_s`: bound of each wait, seconds."""

    def __init__(
        self, url: str | URL, keyring: sealed.Keyring, *, wait_s: float = _WAIT_S, writers: int = 8
    ) -> None:
        self.url = driver_url(url)
        self.dialect = self.url.get_backend_name()
        self.keyring = keyring
        self.owed: Owed | None = None  # what facts make us owe, added in their own transaction
        self._wait_s = wait_s
        self._writer = self._engine(1 if self.dialect == "sqlite" else writers, begin=sqlite.WRITE)
        self._reader = self._engine(_READERS, begin=sqlite.READ) if self.dialect == "sqlite" else self._writer

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """One unit of work: commits when the block ends, rolls back when it raises.

        Raises StoreUnavailable where the database is locked beyond the bound or gone.
        """
        async with _named(), self._open(self._writer) as session:
            try:
                yield session
                await session.commit()
            except BaseException:
                await session.rollback()
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A consistent view for questions only: never waits for writers on SQLite; what it changes is rolled back."""
        async with _named(), self._open(self._reader) as session:
            yield session

    async def create_or_upgrade(self) -> None:
        """Bring an empty or older database to this program's schema; safe to run from several processes at once."""
        await self._migrate(schema.upgrade)

    async def downgrade(self, revision: str = "base") -> None:
        """Take the schema back to `revision`; rows of dropped tables are lost."""
        await self._migrate(schema.downgrade, revision)

    async def drift(self) -> list[Any]:
        """What `alembic check` would find: differences between the tables in code and in the database."""
        return list(await self._migrate(schema.drift))

    async def check(self) -> str:
        """Answer for /health: the schema revision. Raises StoreUnavailable or StoreOutdated."""
        async with _named(), asyncio.timeout(self._wait_s), self._reader.connect() as connection:
            return await connection.run_sync(schema.require_current)

    async def close(self) -> None:
        """Close every connection; waits for none that is in use."""
        await self._writer.dispose()
        await self._reader.dispose()

    def _open(self, engine: AsyncEngine) -> AsyncSession:
        info = {OWED: self.owed}
        return AsyncSession(engine, expire_on_commit=False, sync_session_class=GuardedSession, info=info)

    def _engine(self, size: int, begin: str) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=self._wait_s,
            pool_pre_ping=False,
            json_serializer=dumps,
            hide_parameters=True,  # an error's text must not carry what citizens said
            connect_args=_connect_args(self.dialect, self._wait_s),
        )
        sealed.use(engine.dialect, self.keyring)
        if self.dialect == "sqlite":
            sqlite.tune(engine, begin, self._wait_s)
        return engine

    async def _migrate(self, work: Any, *args: Any) -> Any:
        """Run schema work on a connection of its own, without the short bounds of daily work."""
        if self.dialect == "sqlite":
            engine = create_async_engine(self.url, connect_args={"async_creator_fn": sqlite.connect})
            sqlite.tune(engine, sqlite.WRITE, _MIGRATE_S, foreign_keys=False)
        else:
            engine = create_async_engine(self.url, connect_args={"connect_timeout": int(_MIGRATE_S)})
        sealed.use(engine.dialect, self.keyring)
        try:
            async with _one_at_a_time(), _named(), engine.begin() as connection:
                return await connection.run_sync(work, *args)
        finally:
            await engine.dispose()


def _connect_args(dialect: str, wait_s: float) -> dict[str, Any]:
    if dialect == "sqlite":
        return {"async_creator_fn": sqlite.connect}
    ms = int(wait_s * 1000)
    bounds = (
        f"-c statement_timeout={2 * ms} -c lock_timeout={ms} -c idle_in_transaction_session_timeout={6 * ms}"
    )
    return {"connect_timeout": max(2, int(wait_s)), "options": f"{bounds} -c timezone=UTC"}


def _one_at_a_time() -> asyncio.Lock:
    """Alembic keeps its state in module globals: within one event loop only one migration runs."""
    return _MIGRATING.setdefault(asyncio.get_running_loop(), asyncio.Lock())


@asynccontextmanager
async def _named() -> AsyncIterator[None]:
    """Give the database's failures their names; a rule broken by the caller (IntegrityError) passes as it is."""
    try:
        yield
    except sa.DBAPIError as error:
        if "append-only" in str(error.orig):
            raise AppendOnly(str(error.orig)) from error
        if isinstance(error, sa.OperationalError | sa.InterfaceError) or error.connection_invalidated:
            raise StoreUnavailable(f"the database does not answer: {error.orig}") from error
        raise
    except (sa.TimeoutError, TimeoutError) as error:
        raise StoreUnavailable("the database did not answer in time") from error
