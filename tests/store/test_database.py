"""Sessions, failures by name, and what a process kill leaves behind."""

import pytest

from store.database import Database
from store.tables import Unit

pytestmark = pytest.mark.service


async def test_a_block_that_ends_is_kept(database: Database) -> None:
    async with database.session() as session:
        session.add(Unit(code="U1", name="市民政局"))
    async with database.reading() as session:
        assert (await session.get_one(Unit, "U1")).name == "市民政局"


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    async def fails_late() -> None:
        async with database.session() as session:
            session.add(Unit(code="U1", name="市民政局"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails_late()
    async with database.reading() as session:
        assert await session.get(Unit, "U1") is None
