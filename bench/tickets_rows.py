"""Many open tickets at once: a sample filed by the house, copied inside the database; rows like any other but for their ids."""

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import text

from app import flow
from app.floor import Floor
from bench.city.people import AGENT, raised
from store.database import Database
from store.hot import table_of
from store.tables import Ticket

SAMPLE = 400
LATER = timedelta(days=60)
"""The sample is filed so much after the measuring begins: none of its alarms goes off meanwhile."""
_CHUNK = 100_000
_WIDE_KIB, _USUAL_KIB = 2_000_000, 2_000
_LIKE = "SELECT count(*) FROM tickets WHERE request_key LIKE 'sample/%'"
_ANALYZE = {"sqlite": "ANALYZE", "postgresql": "ANALYZE tickets"}


async def sample(floor: Floor, at: datetime, many: int = SAMPLE) -> list[str]:
    """Ids of some hundred dispatched tickets of all types and units, filed over two months."""
    dice, ids, clock = Random(1), list[str](), floor.clock
    for number in range(10 * SAMPLE):
        asked = raised(number, 10 * SAMPLE, 1, lambda type_: False)
        if asked.order.exit != "dispatch" or asked.order.named:
            continue
        moment = at + LATER + timedelta(hours=dice.uniform(0, 1400))
        floor.clock = lambda moment=moment: moment  # type: ignore[misc]
        ids.append((await flow.ticket_filed(floor, asked.order, AGENT, f"sample/{number}")).id)
        if len(ids) == many:
            break
    floor.clock = clock
    return ids


async def fill(database: Database, many: int) -> None:
    """Copy the sample until there are `many` tickets; then let the database learn how they are spread."""
    columns = [column.name for column in table_of(Ticket).columns]
    own = {
        "id": "'tkt_c' || n.i || substr(t.id, 5)",
        "number": "'c' || n.i || '-' || t.number",
        "request_key": "'c' || n.i || t.request_key",
    }
    values = ", ".join(own.get(name, f"t.{name}") for name in columns)
    copy = text(  # the sample is read once: joined directly it would be looked for in the whole table for every copy
        f"INSERT INTO tickets ({', '.join(columns)}) WITH RECURSIVE n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < :last), "
        "s AS MATERIALIZED (SELECT * FROM tickets WHERE request_key LIKE 'sample/%') "
        f"SELECT {values} FROM n, s t"
    )
    async with database.reading() as session:
        there = int((await session.execute(text("SELECT count(*) FROM tickets"))).scalar_one())
        like = int((await session.execute(text(_LIKE))).scalar_one())
        copied = await session.execute(
            text("SELECT count(*) FROM tickets WHERE id LIKE 'tkt#_c%' ESCAPE '#'")
        )
    first = int(copied.scalar_one()) // like + 1
    copies = first + max(0, -(-(many - there) // like))
    await _cache(database, _WIDE_KIB)
    while first < copies:
        last = min(copies, first + _CHUNK // like)
        async with database.session() as session:
            await session.execute(copy, {"first": first, "last": last - 1})
        first = last
    await _cache(database, _USUAL_KIB)
    async with database.session() as session:
        await session.execute(text(_ANALYZE[database.dialect]))


async def _cache(database: Database, kib: int) -> None:
    """How much of the file SQLite keeps in memory: the product's 2 MiB would write a million rows' indexes over and over."""
    if database.dialect == "sqlite":
        async with database.session() as session:
            await session.execute(text(f"PRAGMA cache_size = -{kib}"))
