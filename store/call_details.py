"""Asterisk's call details in SQL: each line once, tied to our call."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import CursorResult, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, Cdr, Cel
from store.upsert import insert_into

_TABLES: dict[str, type[Cdr] | type[Cel]] = {"cdr": Cdr, "cel": Cel}


async def keep(session: AsyncSession, table: Literal["cdr", "cel"], rows: Sequence[dict[str, Any]]) -> None:
    """Add lines as agi.call_details reads them; those already there stay as they are."""
    known = await _calls_of(session, {str(row["linkedid"]) for row in rows})
    given = [{**row, "call_id": known.get(row["linkedid"])} for row in rows]
    await session.execute(insert_into(session, _TABLES[table]).on_conflict_do_nothing(), given)


async def tie(session: AsyncSession, since: datetime) -> int:
    """Give lines from `since` on that came before their call's row the call's id; gives how many."""
    tied = 0
    for table, at in ((Cdr, Cdr.start), (Cel, Cel.eventtime)):
        of = select(Call.id).where(Call.linkedid == table.linkedid).scalar_subquery()
        loose = update(table).where(table.call_id.is_(None), at >= since, of.is_not(None)).values(call_id=of)
        done = await session.execute(loose, execution_options={"synchronize_session": False})
        tied += cast("CursorResult[Any]", done).rowcount
    return tied


async def _calls_of(session: AsyncSession, linkedids: set[str]) -> dict[str, str]:
    found = await session.execute(select(Call.linkedid, Call.id).where(Call.linkedid.in_(linkedids)))
    return {row.linkedid: row.id for row in found}


async def cdr_of(session: AsyncSession, call: Call) -> Sequence[Cdr]:
    """Oldest first."""
    mine = select(Cdr).where(Cdr.linkedid == call.linkedid).order_by(Cdr.start, Cdr.sequence)
    return (await session.scalars(mine)).all()


async def cel_of(session: AsyncSession, call: Call) -> Sequence[Cel]:
    """Oldest first."""
    mine = select(Cel).where(Cel.linkedid == call.linkedid).order_by(Cel.eventtime, Cel.id)
    return (await session.scalars(mine)).all()


async def told_whole(session: AsyncSession, since: datetime, until: datetime) -> Sequence[str]:
    """Ids of ended calls that arrived in this time and of which Asterisk has told all, oldest first."""
    all_told = exists().where(Cel.linkedid == Call.linkedid, Cel.eventtype == "LINKEDID_END")
    mine = Call.arrived_at.between(since, until) & Call.ended_at.is_not(None)
    return (await session.scalars(select(Call.id).where(mine, all_told).order_by(Call.arrived_at))).all()


RECENT = timedelta(days=1)
"""How far back a call's row may come after its lines: the fallback's spool is imported when the service is back."""
