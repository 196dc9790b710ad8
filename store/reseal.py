"""Turning keys while the service runs: what is sealed or hashed under an older key is made anew, a few rows at a time.

A row is changed only where it still holds the very ciphertext that was read: whoever changes it meanwhile wins, and has sealed
it under the present key already. Append-only tables keep their facts; only the sealing of their words changes, with their guard lifted
within the one transaction that does it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Column, Connection, Date, Table, false, func, literal_column, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from store import facts
from store.database import Database
from store.facts import SealedFacts
from store.guards import lift, put_back
from store.json import dumps
from store.keys import Keyring, is_sealed
from store.marks import Marks, made
from store.sealed import LookupHash, Sealed, SealedJson, SealedSince
from store.tables import metadata

BATCH = 500
GONE_AFTER = timedelta(days=2)
"""A code that ran out counts against new ones for a while; no count looks back further."""
_KINDS = Sealed | SealedJson | SealedFacts | Marks | LookupHash
_NOBODY = "gone:"
"""So begins, instead of a hash, what nobody is found by any more."""
Was = Mapping[Any, Any]
"""What a row's columns held when it was read, as text; `row`: its key; `gone_COLUMN`: whether nobody asks for it any more."""
log = structlog.get_logger(__name__)


class _Change(NamedTuple):
    """The columns that are changed, and those that must be what they were, with content and without."""

    columns: tuple[str, ...]
    there: tuple[str, ...]
    absent: tuple[str, ...]


_New = tuple[_Change, dict[str, Any]]
"""What is to be changed in a row, and with which values."""


@dataclass(frozen=True, slots=True)
class Step:
    """One table's batch. `after`: the last row looked at; None: the table is done. `left`: rows that stay under an older key for now."""

    table: str
    changed: int
    after: Any
    left: int = 0


def tables() -> Iterator[Table]:
    """Every table with sealed or hashed columns, in a fixed order."""
    for table in metadata.sorted_tables:
        if _kept(table):
            yield table


async def batch(database: Database, table: Table, at: datetime, after: Any = None, most: int = BATCH) -> Step:
    """Look at the next `most` rows of a table by their key and seal and hash anew those that are not under the present one.

    Each look is short. at: now; what nobody asks for any more since GONE_AFTER keeps no hash.
    """
    ring, (key,), columns = database.keyring, tuple(table.primary_key), _kept(table)
    asked = [_as_text(column).label(column.name) for column in columns]
    question = select(key.label("row"), *asked, *_gone(table, at)).select_from(table)
    question = question.where(key > after) if after is not None else question
    async with database.reading() as session:  # a long look must keep nobody from writing
        found = (await session.execute(question.order_by(key).limit(most))).mappings().all()
    if not found:
        return Step(table.name, 0, None)
    made_new = [new for row in found if (new := _anew(ring, table, row)) is not None]
    changed = await _written(database, table, made_new) if made_new else 0
    left = sum(any(_waits(ring, column, row) for column in columns) for row in found)
    return Step(table.name, changed, found[-1]["row"], left)


async def uses(database: Database, key_id: str) -> dict[str, int]:
    """Table -> how many of its rows still hold something sealed, hashed or marked under this key."""
    found: dict[str, int] = {}
    async with database.reading() as session:
        for table in tables():
            under = or_(
                *(
                    _as_text(column).like(
                        f"{key_id}:%" if isinstance(column.type, Marks) else f"%:{key_id}:%"
                    )
                    for column in _kept(table)
                )
            )
            many = await session.scalar(select(func.count()).select_from(table).where(under))
            if many:
                found[table.name] = int(many)
    return found


async def _written(database: Database, table: Table, rows: Sequence[_New]) -> int:
    """Those that nobody changed meanwhile, together; where one of them can't be, the others each by itself."""
    try:
        async with database.session() as session:
            return await _change(session, table, rows)
    except IntegrityError:
        if len(rows) == 1:
            log.error(
                "a row can't be hashed anew: another holds its number",
                table=table.name,
                row=rows[0][1]["row"],
            )
            return 0
    return sum([await _written(database, table, [row]) for row in rows])


async def _change(session: AsyncSession, table: Table, rows: Sequence[_New]) -> int:
    changed, together = 0, dict[str, list[dict[str, Any]]]()
    for change, given in rows:
        together.setdefault(_statement(session, table, change), []).append(given)
    guards = await _run(session, lift, table.name)
    for statement, many in together.items():
        done: Any = await session.execute(text(statement), many)
        changed += int(done.rowcount)
    await _run(session, put_back, guards)
    return changed


def _anew(ring: Keyring, table: Table, was: Was) -> _New | None:
    """What is to be changed in one row, and only where what was read of it still stands there; None: nothing."""
    columns = {column.name: column for column in _kept(table)}
    new = {name: _new(ring, column, was) for name, column in columns.items() if _is_old(ring, column, was)}
    if not new:
        return None
    read = {*new, *(source for name in new if (source := _source(columns[name])))}
    there = tuple(sorted(name for name in read if was[name] is not None))
    given: dict[str, Any] = {"row": was["row"]} | {f"now_{name}": value for name, value in new.items()}
    change = _Change(tuple(new), there, tuple(sorted(read.difference(there))))
    return change, given | {f"was_{name}": was[name] for name in there}


def _statement(session: AsyncSession, table: Table, change: _Change) -> str:
    postgres = session.get_bind().dialect.name == "postgresql"
    (key,) = tuple(table.primary_key)
    sets = (
        f'"{name}" = CAST(:now_{name} AS JSONB)'
        if postgres and _in_json(table.c[name])
        else f'"{name}" = :now_{name}'
        for name in change.columns
    )
    same = [f'"{key.name}" = :row']
    same += [f'CAST("{name}" AS TEXT) = :was_{name}' for name in change.there]
    same += [f'"{name}" IS NULL' for name in change.absent]
    return f'UPDATE "{table.name}" SET {", ".join(sets)} WHERE {" AND ".join(same)}'


async def _run(session: AsyncSession, work: Callable[[Connection, Any], Any], given: Any) -> Any:
    return await (await session.connection()).run_sync(work, given)


def _source(column: Column[Any]) -> str:
    """The sealed column of the same row from which this one is made, '' for none."""
    return column.type.of if isinstance(column.type, Marks | LookupHash) else ""


def _gone(table: Table, at: datetime) -> Iterator[Any]:
    """For each hash whose number stands nowhere: whether nobody asks for it any more."""
    for column in table.c:
        if isinstance(column.type, LookupHash) and column.type.over:
            before = at - GONE_AFTER
            moments = (table.c[name] for name in column.type.over)
            over = (one < (before.date() if isinstance(one.type, Date) else before) for one in moments)
            yield func.coalesce(or_(*over), false()).label(f"gone_{column.name}")


def _waits(ring: Keyring, column: Column[Any], was: Was) -> bool:
    """Whether it is a hash under an older key that somebody may still ask for, and nothing it could be made anew from."""
    if not isinstance(column.type, LookupHash) or column.type.of or was[f"gone_{column.name}"]:
        return False
    kept = was[column.name]
    return kept is not None and not kept.startswith(_NOBODY) and not ring.is_current(kept)


def _is_old(ring: Keyring, column: Column[Any], was: Was) -> bool:
    """Whether it is in the clear or under another key than the present one, and can be made anew."""
    kept, of = was[column.name], _source(column)
    if isinstance(column.type, Marks):
        return was[of] is not None and not (kept or "").startswith(f"{ring.lookup_keys[0]}:")
    if isinstance(column.type, LookupHash):
        past = kept is None or kept.startswith(_NOBODY) or ring.is_current(kept)
        return not past and not _waits(ring, column, was)
    if kept is not None and isinstance(column.type, SealedFacts):
        return facts.is_old(ring, json.loads(kept))
    under = f"{ring.algorithm}:{ring.current}:"
    return kept is not None and not kept.startswith(f'"{under}' if _in_json(column) else under)


def _new(ring: Keyring, column: Column[Any], was: Was) -> str:
    """The same content under the present key; what was kept in the clear until now is sealed for the first time."""
    kept, of = was[column.name] or "", _source(column)
    if isinstance(column.type, Marks):
        return made(ring, _opened(ring, was[of] or ""))
    if isinstance(column.type, LookupHash):
        return ring.lookup(_opened(ring, was[of] or "")) if of else f"{_NOBODY}{was['row']}"
    if isinstance(column.type, SealedFacts):
        return dumps(facts.sealed(ring, facts.opened(ring, json.loads(kept))))
    if not _in_json(column):
        return ring.seal(_opened(ring, kept))
    found = json.loads(kept)
    return json.dumps(ring.seal(ring.open(found) if isinstance(found, str) else dumps(found)))


def _opened(ring: Keyring, kept: str) -> str:
    return ring.open(kept) if is_sealed(kept) else kept


def _in_json(column: Column[Any]) -> bool:
    return isinstance(column.type, SealedJson | SealedFacts)


def _as_text(column: Column[Any]) -> Any:
    return literal_column(f'CAST("{column.name}" AS TEXT)')


def _kept(table: Table) -> list[Column[Any]]:
    """The columns that keys have to do with."""
    return [column for column in table.c if isinstance(column.type, _KINDS)]


def late(table: Table) -> bool:
    """Whether an older version kept some of it in the clear."""
    return any(isinstance(column.type, SealedSince | SealedJson | SealedFacts) for column in table.c)
