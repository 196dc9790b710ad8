"""What SQLite itself is asked, whichever way the question came, and how it goes about it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_WORK = ("SELECT", "UPDATE", "DELETE", "WITH")


@asynccontextmanager
async def asked_of(session: AsyncSession) -> AsyncIterator[list[str]]:
    """Every question and change of this session while the block runs, with its values written out."""
    connection = (await (await session.connection()).get_raw_connection()).driver_connection
    assert connection is not None
    heard: list[str] = []
    await connection.set_trace_callback(lambda sql: heard.append(sql) if sql.startswith(_WORK) else None)
    try:
        yield heard
    finally:
        await connection.set_trace_callback(None)


async def steps_of(session: AsyncSession, question: str) -> list[str]:
    """The steps of SQLite's plan."""
    plan = await session.execute(text(f"EXPLAIN QUERY PLAN {question.replace(':', chr(92) + ':')}"))
    return [str(row[-1]) for row in plan]
