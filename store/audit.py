"""The chain over events and look-ups: built in batches beside the hot path, proved from the first row to the last.

A row is chained within seconds of its commit and never twice. What is chained can't be changed, removed, put in between or
moved without `verify` naming it. A row younger than the chain's reach is covered by the append-only triggers alone.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from store import hot
from store.chain import GENESIS, Sealer
from store.columns import Base
from store.database import Database
from store.errors import KeyMissing, SealBroken
from store.tables import EventRow, Link, Lookup

SETTLED = timedelta(seconds=60)
"""So long a row may stay invisible behind a later one (PostgreSQL; clocks of several machines)."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class _Chained:
    """A table under the chain: `id` names its rows, `order` grows with time."""

    table: type[Base]
    id: Any
    order: Any

    @property
    def name(self) -> str:
        return str(self.table.__tablename__)


CHAINED = (_Chained(EventRow, EventRow.id, EventRow.seq), _Chained(Lookup, Lookup.id, Lookup.id))
_BY_NAME: Mapping[str, _Chained] = {one.name: one for one in CHAINED}
Fault = Literal["changed", "missing", "moved", "inserted", "cut_off"]


@dataclass(frozen=True, slots=True)
class Head:
    """The last link at a moment: kept outside the database, it shows that nothing was cut off the end."""

    n: int
    hash: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the record is not what was chained. `n` 0: not a link of the chain."""

    fault: Fault
    n: int
    table: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What `verify` found. `links`: proved; `waiting`: rows too young to be chained; `broken`: None where all is whole.

    `more`: it stopped at `head` for it was to look at so many only.
    """

    links: int
    waiting: int
    head: Head | None
    broken: Break | None
    more: bool = False


Prove = Callable[[Head | None], Awaitable[Proof]]
"""Proves so many links behind the one where an earlier walk ended, None: from the first."""


class Closed:
    """A row whose sealed words do not open: not as we wrote it."""


class Chain:
    """Adds links; any number of processes may, one of them wins each round."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer
        self._marks: dict[str, list[tuple[datetime, Any]]] = {}

    async def extend(self, at: datetime, most: int = BATCH) -> int:
        """Chain what is not chained yet, up to `most` rows per table; how many."""
        reached: dict[str, Any] = {}
        async with self._database.session() as session:
            last = await head(session, lock=True)
            n, previous, made = (last.n, last.hash, []) if last else (0, GENESIS, [])
            for one in CHAINED:
                for row in await self._loose(session, one, at, most):
                    n += 1
                    row_id = str(getattr(row, one.id.key))
                    link = self._sealer.link(previous, n, one.name, row_id, facts(row))
                    made.append({"n": n, "table_name": one.name, "row_id": row_id, "previous": previous,
                                 "hash": link, "at": at})  # fmt: skip
                    previous = link
                    reached[one.name] = getattr(row, one.order.key)
            await hot.add(session, Link, made)
        for name, order in reached.items():  # only now: a round that failed chained nothing
            self._marks.setdefault(name, []).append((at, order))
        return len(made)

    async def _loose(self, session: AsyncSession, one: _Chained, at: datetime, most: int) -> Sequence[Base]:
        floor = await self._floor(session, one, at)
        question = select(one.table).where(~_linked(one)).order_by(one.order).limit(most)
        question = question.where(one.order > floor) if floor is not None else question
        return (await session.scalars(question)).all()

    async def _floor(self, session: AsyncSession, one: _Chained, at: datetime) -> Any:
        """What lies at or below it is chained for good: the last row chained longer than SETTLED ago."""
        marks = self._marks.get(one.name)
        if marks is None:
            known = await settled(session, one, at)
            self._marks[one.name] = [(at - SETTLED, known)] if known is not None else []
            return known
        old = [mark for mark in marks if mark[0] <= at - SETTLED]
        if not old:
            return None if not marks else await settled(session, one, at)
        self._marks[one.name] = [old[-1], *marks[len(old) :]]
        return old[-1][1]


async def head(session: AsyncSession, lock: bool = False) -> Head | None:
    """The last link. `lock`: others who extend the chain wait, or lose by the link's number."""
    question = select(Link).order_by(Link.n.desc()).limit(1)
    last = await session.scalar(question.with_for_update() if lock else question)
    return Head(last.n, last.hash, last.at.isoformat()) if last else None


async def settled(session: AsyncSession, one: _Chained, at: datetime) -> Any:
    """The order of the last row that was chained longer than SETTLED ago; None where there is none."""
    question = (
        select(one.order).join(Link, (Link.table_name == one.name) & (Link.row_id == one.id))
        .where(Link.at <= at - SETTLED).order_by(one.order.desc()).limit(1)
    )  # fmt: skip
    return await session.scalar(question)


def facts(row: Base) -> dict[str, Any]:
    """Every column of a row, as it is chained and exported."""
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


async def verify(
    database: Database,
    sealer: Sealer,
    heads: Sequence[Head],
    at: datetime,
    after: Head | None = None,
    most: int = 0,
) -> Proof:
    """Walk the chain from its first link, or from the one behind `after`, and stop at the first break.

    heads: as noted outside the database. after: where an earlier walk ended; most: so many links at most, 0 for all.
    """
    known = {one.n: one.hash for one in heads}
    n, previous, last = (after.n, after.hash, after) if after else (0, GENESIS, None)
    begun = n
    async with database.reading() as session:
        async for link, row in _walk(session, n):
            if most and n - begun == most:
                return Proof(n, 0, last, None, more=True)
            fault = _fault(sealer, link, row, n, previous, known)
            if fault is not None:
                return Proof(n, 0, last, Break(fault, link.n, link.table_name, link.row_id))
            n, previous = link.n, link.hash
            last = Head(link.n, link.hash, link.at.isoformat())
        if beyond := [one for one in known if one > n]:
            return Proof(n, 0, last, Break("cut_off", min(beyond), Link.__tablename__, str(min(beyond))))
        waiting = 0
        for one in CHAINED:
            floor = await settled(session, one, at)
            if floor is not None:
                strange = select(one.id).where(~_linked(one), one.order < floor).order_by(one.order).limit(1)
                if (found := await session.scalar(strange)) is not None:
                    return Proof(n, 0, last, Break("inserted", 0, one.name, str(found)))
            loose = select(func.count()).select_from(one.table).where(~_linked(one))
            waiting += (await session.execute(loose)).scalar_one()
    return Proof(n, waiting, last, None)


def _fault(
    sealer: Sealer, link: Link, row: Base | Closed | None, n: int, previous: str, known: Mapping[int, str]
) -> Fault | None:
    if link.n != n + 1 or link.previous != previous:
        return "moved"
    if row is None:
        return "missing"
    if isinstance(row, Closed) or not sealer.holds(
        link.hash, previous, link.n, link.table_name, link.row_id, facts(row)
    ):
        return "changed"
    return "changed" if known.get(link.n, link.hash) != link.hash else None


async def _walk(session: AsyncSession, after: int = 0) -> AsyncIterator[tuple[Link, Base | Closed | None]]:
    """Every link with its row, in order, a batch at a time."""
    while True:
        question = select(Link).where(Link.n > after).order_by(Link.n).limit(BATCH)
        links = (await session.scalars(question)).all()
        if not links:
            return
        rows = {name: await _rows(session, name, links) for name in {link.table_name for link in links}}
        for link in links:
            yield link, rows[link.table_name].get(link.row_id)
        after = links[-1].n
        session.expunge_all()


async def _rows(
    session: AsyncSession, name: str, links: Sequence[Link]
) -> Mapping[str, Base | Closed | None]:
    one = _BY_NAME.get(name)
    if one is None:
        return {}
    ids = [link.row_id for link in links if link.table_name == name]
    question = select(one.table)
    try:
        found = (await session.scalars(question.where(one.id.in_(ids)))).all()
    except (SealBroken, KeyMissing):  # somebody touched what was sealed: look at each by itself
        return {row_id: await _row(session, question.where(one.id == row_id)) for row_id in ids}
    return {str(getattr(row, one.id.key)): row for row in found}


async def _row(session: AsyncSession, question: Select[Any]) -> Base | Closed | None:
    try:
        return (await session.scalars(question)).one_or_none()
    except (SealBroken, KeyMissing):
        return Closed()


async def export(
    database: Database, since: datetime | None, until: datetime | None
) -> AsyncIterator[dict[str, Any]]:
    """Links with their rows, oldest first, by the time they were chained."""
    async with database.reading() as session:
        async for link, row in _walk(session):
            if (since is None or link.at >= since) and (until is None or link.at < until):
                yield {**facts(link), "row": facts(row) if isinstance(row, Base) else None}


def _linked(one: _Chained) -> Any:
    return select(Link.n).where(Link.table_name == one.name, Link.row_id == one.id).exists()
