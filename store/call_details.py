"""Asterisk's call details in SQL: each line once, tied to our call."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import CursorResult, Row, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from store import hot
from store.tables import Call, Cdr, Cel, Leg

_TABLES: dict[str, type[Cdr] | type[Cel]] = {"cdr": Cdr, "cel": Cel}


async def keep(session: AsyncSession, table: Literal["cdr", "cel"], rows: Sequence[dict[str, Any]]) -> None:
    """Add lines as agi.call_details reads them; those already there stay as they are."""
    known = await _calls_of(session, {str(row["linkedid"]) for row in rows})
    given = [{**row, "call_id": known.get(row["linkedid"])} for row in rows]
    await hot.add_unless_there(session, _TABLES[table], "id", given)


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


_FACTS: tuple[Any, ...] = (
    Call.id, Call.linkedid, Call.channel, Call.arrived_at, Call.agent_answered_at, Call.ended_at, Call.talk_seconds,
)  # fmt: skip
_EVENTS: tuple[Any, ...] = (Cel.linkedid, Cel.eventtype, Cel.eventtime, Cel.channame, Cel.uniqueid, Cel.extra)
_LEGS: tuple[Any, ...] = (
    Leg.call_id, Leg.id, Leg.role, Leg.number, Leg.channel, Leg.started_at, Leg.answered_at, Leg.ended_at,
)  # fmt: skip


async def told_whole(session: AsyncSession, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Ended calls that arrived in this time and of which Asterisk has told all, oldest first: core.talks.CallFacts."""
    all_told = exists().where(Cel.linkedid == Call.linkedid, Cel.eventtype == "LINKEDID_END")
    mine = Call.arrived_at.between(since, until) & Call.ended_at.is_not(None)
    return (await session.execute(select(*_FACTS).where(mine, all_told).order_by(Call.arrived_at))).all()


async def events_of(session: AsyncSession, linkedids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """By linkedid, oldest first: core.talks.ChannelEvent. Without people's numbers, which nobody needs for counting."""
    found = select(*_EVENTS).where(Cel.linkedid.in_(linkedids)).order_by(Cel.eventtime, Cel.id)
    of: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(found):
        of[row.linkedid].append(row)
    return of


async def legs_of(session: AsyncSession, call_ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """By call, oldest first: core.account.CallLeg."""
    of: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(
        select(*_LEGS).where(Leg.call_id.in_(call_ids)).order_by(Leg.started_at, Leg.id)
    ):
        of[row.call_id].append(row)
    return of


RECENT = timedelta(days=1)
"""How far back a call's row may come after its lines: the fallback's spool is imported when the service is back."""
