"""Anomalies as they happen: of a step in its own transaction, and of what stands still by a chore of the worker."""

import functools
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.policies import policy_folders
from core.events import Event
from store import events, warnings
from store.tables import Ticket as Row
from tickets.anomalies import (
    Anomaly,
    BadAnomalies,
    Limits,
    Step,
    disputed_too_long,
    found,
    looked_at,
    parse_limits,
    standing,
)
from tickets.lifecycle import Applied
from tickets.running import RUNNING
from tickets.ticket import Entry

FILE = Path("care") / "anomalies.yaml"
EVERY = timedelta(minutes=10)
ONCE = timedelta(days=1)
"""A unit with many tickets overdue is told of once a day while it stays so."""
_WITH_UNIT = tuple(state for state, stages in RUNNING.items() if "handle" in stages or "redo" in stages)


@functools.cache
def limits() -> Limits:
    """The operator's file before the house's own. Raises BadAnomalies."""
    path = next(folder / FILE for folder in policy_folders() if (folder / FILE).is_file())
    try:
        return parse_limits(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadAnomalies(f"{path}: 读不出：{getattr(error, 'strerror', None) or '不是 UTF-8'}") from error


async def of_step(session: AsyncSession, row: Row, done: Applied) -> list[Event]:
    """What is out of the ordinary in what was just done to a ticket or passed over it, kept with it. `row` is as it was before."""
    happened: list[Event] = [
        Anomaly(one.at, kind, row.id, row.unit_code) for one in done.events if (kind := standing(one))
    ]
    steps = [one for one in done.entries if looked_at(one.action, one.late)]
    if steps:
        happened += await _of_steps(session, row, done, steps)
    await events.append_all(session, happened, "anomalies")
    return happened


async def _of_steps(session: AsyncSession, row: Row, done: Applied, steps: list[Entry]) -> list[Event]:
    history = [
        str(one.payload["action"]) for one in await events.of(session, row.id) if "action" in one.payload
    ]
    before = history[: len(history) - len(done.entries)]
    happened: list[Event] = []
    for one in done.entries:
        if one in steps:
            step = Step(one.action, one.late, done.ticket.relation, before)  # type: ignore[arg-type]
            unit = row.unit_code or done.ticket.unit
            happened += [Anomaly(one.at, kind, row.id, unit) for kind in found(step, limits())]
        before = [*before, one.action]
    return happened


class AnomalyWatch:
    """What no step shows: disputes nobody decides, units where tickets pile up overdue."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._looked: datetime | None = None

    async def watch_anomalies(self) -> int:
        """A chore: how many anomalies were found, looked for every ten minutes."""
        at = self._floor.clock()
        if self._looked is not None and at - self._looked < EVERY:
            return 0
        self._looked = at
        async with self._floor.database.session() as session:
            told = await self._disputes(session, at) + await self._units(session, at)
            await events.append_all(session, told, "anomalies")
        for one in told:
            facts = {"ticket_id": one.ticket_id, "unit": one.unit, "kind": one.kind, **one.facts}
            await self._floor.tell("tickets", one.name, **facts)
        return len(told)

    async def _disputes(self, session: AsyncSession, at: datetime) -> list[Anomaly]:
        return [
            Anomaly(at, "dispute_long", ticket, unit or None, {"since": since.isoformat()})
            for ticket, unit, since in await warnings.disputed(session)
            if disputed_too_long(since, at, limits())
            and not await warnings.warned(session, ticket, "dispute_long", since)
        ]

    async def _units(self, session: AsyncSession, at: datetime) -> list[Anomaly]:
        crowded = await warnings.overdue(session, _WITH_UNIT, at, limits().unit_overdue.from_)
        return [
            Anomaly(at, "unit_overdue", "", unit, {"overdue": many})
            for unit, many in crowded
            if not await warnings.warned(session, unit, "unit_overdue", at - ONCE)
        ]
