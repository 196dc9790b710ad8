"""Hot issues among filed matters, found as they come in by a chore of the worker; each is a warning, told once (热点、集中、突发、持续、苗头)."""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from app.anomalies import limits
from app.floor import Floor
from match.hot import Finding, HotIssues, Matter, Rules
from store import events, tickets, warnings
from store.sealed import normal
from store.tables import Ticket as Row
from tickets.anomalies import Anomaly, Limits

EVERY: Final = timedelta(minutes=1)
SETTLED: Final = timedelta(seconds=30)
"""Matters younger than this may still be overtaken by one filed before them."""
AT_ONCE: Final = 500
SHOWN: Final = 50


def rules(found: Limits) -> Rules:
    """The operator's numbers as the detector takes them."""
    return Rules(
        hot_people=found.hot.people,
        hot_within=timedelta(hours=found.hot.hours),
        concentrated_people=found.concentrated.people,
        concentrated_within=timedelta(hours=found.concentrated.hours),
        sudden_people=found.sudden.people,
        sudden_within=timedelta(hours=found.sudden.hours),
        emerging_people=found.emerging.people,
        emerging_age=timedelta(hours=found.emerging.hours),
        lasting_weeks=found.lasting.weeks,
        lasting_of=found.lasting.of,
    )


class HotWatch:
    """Reads what was filed since it last looked; after a start it first reads again what the detector remembers."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._looked: datetime | None = None
        self._issues: HotIssues | None = None
        self._read: tuple[datetime, str] | None = None

    async def watch_hot_issues(self) -> int:
        """A chore: how many warnings were given."""
        at = self._floor.clock()
        if self._looked is not None and at - self._looked < EVERY:
            return 0
        told = 0
        while True:
            rows = await self._next(at)
            told += await self._take(rows)
            if len(rows) < AT_ONCE:
                break
        self._looked = at
        return told

    async def _next(self, at: datetime) -> Sequence[Row]:
        if self._issues is None or self._read is None:
            kept = rules(limits())
            self._issues, self._read = HotIssues(kept), (at - kept.forget_after, "")
        async with self._floor.database.reading() as session:
            return await tickets.filed_between(session, self._read, at - SETTLED, AT_ONCE)

    async def _take(self, rows: Sequence[Row]) -> int:
        """What these matters make of their issues, kept once and told. Their place in the order is kept with the detector."""
        if not rows or self._issues is None:
            return 0
        try:
            found = await asyncio.to_thread(_found, self._issues, rows)
            happened = await self._kept(found, {row.id: row for row in rows})
        except BaseException:
            self._issues = self._read = None  # read again from the rows: nothing is lost, nothing told twice
            raise
        self._read = (rows[-1].filed_at, rows[-1].id)
        for one in happened:
            facts = {"ticket_id": one.ticket_id, "unit": one.unit, "kind": one.kind, **one.facts}
            await self._floor.tell("tickets", one.name, **facts)
        return len(happened)

    async def _kept(self, found: Sequence[tuple[str, Finding]], rows: dict[str, Row]) -> list[Anomaly]:
        happened = []
        async with self._floor.database.session() as session:
            for ticket_id, one in found:
                if await warnings.warned(session, ticket_id, one.kind):
                    continue
                facts = {
                    "words": one.words,
                    "tickets": list(one.matters[-SHOWN:]),
                    "many": len(one.matters),
                    "places": list(one.places),
                }
                happened.append(Anomaly(one.at, one.kind, ticket_id, rows[ticket_id].unit_code, facts))
            await events.append_all(session, happened, "hot-issues")
        return happened


_APART = secrets.token_bytes(16)


def _person(number: str) -> str:
    return hashlib.blake2b(normal(number).encode(), key=_APART, digest_size=16).hexdigest() if number else ""


def _found(issues: HotIssues, rows: Sequence[Row]) -> list[tuple[str, Finding]]:
    """Each finding with the ticket that made it one. A person is told apart by a hash of their number that holds
    for this process: look-up keys turn."""
    found = []
    for row in rows:
        matter = Matter(row.id, row.filed_at, f"{row.title}。{row.body}", row.place, _person(row.caller))
        found += [(row.id, finding) for finding in issues.add(matter)]
    return found
