"""Looks after what falls due: versions that begin to hold, terms that run out; every process takes up what holds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from app.floor import Floor
from app.knowledge import letters
from app.knowledge.desk import KnowledgeDesk
from app.knowledge.house import CLOCK, TOPIC, Rules, Works
from app.knowledge.misses import forgotten
from core.errors import HotlineError
from core.knowledge import GapOverdue, InForce
from match.propose import MatchIndex
from store import events, knowledge, knowledge_gaps, models
from store.database import Database

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
FORGET_EVERY = timedelta(hours=6)


def rules_of(floor: Floor) -> Rules:
    """As they are now: a calendar may have come."""
    return Rules(floor.policy, floor.calendar, floor.content.register.office)


def knowledge_desk(floor: Floor) -> KnowledgeDesk:
    """The deeds on a floor's knowledge base; every process learns of what holds anew."""

    async def changed() -> None:
        await floor.tell(TOPIC, "knowledge.changed")

    return KnowledgeDesk(Works(floor.database, lambda: rules_of(floor), floor.clock, changed))


class KnowledgeWatch:
    """Chores of a worker; what is to do is read from the rows, so a restart loses nothing (ADR 4)."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._forgot: datetime | None = None

    async def take_effect(self) -> int:
        """Versions whose moment has come are what the articles say now; how many."""
        at = self._floor.clock()
        async with self._floor.database.reading() as session:
            due = await knowledge.to_take(session, at)
        for article_id in due:
            async with self._floor.database.session() as session:
                row = await knowledge.settle(session, article_id, at)
                if row is not None:
                    said = InForce(at, article_id, row.unit_code or "", late=row.late, number=row.number)
                    await events.append(session, said, CLOCK)
        if due:
            await self._floor.tell(TOPIC, "knowledge.in_force", articles=list(due))
        return len(due)

    async def gaps_overdue(self) -> int:
        """Gaps whose term has ended: the fact, and the text to the unit, once."""
        at = self._floor.clock()
        async with self._floor.database.reading() as session:
            due = await knowledge_gaps.overdue(session, at)
        return sum([await self._overdue(gap.id, gap.version, at) for gap in due])

    async def forget_questions(self) -> int:
        """Questions that found nothing are deleted after half a year."""
        at = self._floor.clock()
        if self._forgot is not None and at - self._forgot < FORGET_EVERY:
            return 0
        self._forgot = at
        async with self._floor.database.session() as session:
            return await knowledge_gaps.forget_misses(session, forgotten(at))

    async def _overdue(self, gap_id: str, version: int, at: datetime) -> int:
        """One that somebody is changing must not silence the others."""
        try:
            async with self._floor.database.session() as session:
                gap = await knowledge_gaps.get(session, gap_id)
                await knowledge_gaps.change(session, gap, version, overdue_at=at)
                await letters.gap_overdue(session, gap, at, rules_of(self._floor))
                about = (at, gap.article_id or "", gap.unit_code or "")
                said = GapOverdue(*about, late=True, ref=gap.id, kind=gap.kind, due=gap.due_at)
                await events.append(session, said, CLOCK)
        except HotlineError as error:
            log.warning("an overdue gap is put off", gap=gap_id, reason=str(error))
            return 0
        await self._floor.tell("floor", "knowledge.overdue", gap=gap_id, unit=gap.unit_code)
        return 1


Stamp = tuple[object, ...] | None


async def follow(
    floor: Floor, load: Callable[[], Awaitable[MatchIndex]], seen: Stamp, every_s: float = LOOK_EVERY_S
) -> None:
    """Until cancelled: compile matching anew whenever another text holds, whichever process made it so."""
    async with floor.hints.subscribe(TOPIC) as incoming:
        while True:
            with contextlib.suppress(TimeoutError, StopAsyncIteration):
                async with asyncio.timeout(every_s):
                    await anext(incoming)
            seen = await take_up(floor, load, seen)


async def take_up(floor: Floor, load: Callable[[], Awaitable[MatchIndex]], seen: Stamp) -> Stamp:
    """The stamp of what matching knows now. One that can't be read leaves the old index: calls go on."""
    now = await stamp(floor.database)
    if now is None or now == seen:
        return seen
    try:
        index = await load()
    except HotlineError as error:
        log.error("the knowledge base was not taken up", reason=str(error))
        return seen
    floor.content = replace(floor.content, index=index)
    log.info("knowledge base taken up anew")
    return now


async def stamp(database: Database) -> Stamp:
    """What holds now; None where the database does not answer. To be taken before matching is compiled."""
    try:
        async with database.reading() as session:
            held = await knowledge.stamp(session)
            return (*held, await models.stamp(session))
    except HotlineError as error:
        log.warning("the knowledge base could not be looked at", reason=str(error))
        return None
