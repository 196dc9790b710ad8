"""Every talk is checked once its words are there: a chore that reads from the rows what is still to do (ADR 4)."""

from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.quality.rules import first_rules
from core.quality import QualityChecked, Rules, judge, read_quality, score
from core.speech_facts import Line, facts
from store import quality, utterances

log = structlog.get_logger(__name__)

AT_ONCE = 20
BACK = timedelta(days=7)
"""Older transcripts stay unchecked: an installation that turns this on does not go through its archive."""


async def standing(session: AsyncSession) -> tuple[int, Rules]:
    """The rules in force and their version; 0 for those the installation began with."""
    row = await quality.in_force(session)
    return (row.version, read_quality(row.rules)) if row else (0, first_rules())


class QualityChecks:
    """Work for a worker."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def check_quality(self) -> int:
        """Some calls of those that are still to check; each in a transaction of its own."""
        at = self._floor.clock()
        async with self._floor.database.reading() as session:
            waiting = await quality.to_check(session, at - BACK, AT_ONCE)
            version, rules = await standing(session) if waiting else (0, first_rules())
        for call_id in waiting:
            await self._check(call_id, version, rules)
        return len(waiting)

    async def _check(self, call_id: str, version: int, rules: Rules) -> None:
        async with self._floor.database.session() as session:
            said = await utterances.of_call(session, call_id)
            lines = [Line(one.speaker, one.text, one.start_s, one.end_s) for one in said]
            counted = facts(lines)
            found = judge(rules, lines, counted)
            failed = tuple(one.rule for one in found if one.applied and not one.passed)
            event = QualityChecked(self._floor.clock(), call_id, version, score(found), failed)
            await quality.keep_check(
                session, version, counted.to_json(), [one.to_json() for one in found], event
            )
        await self._floor.tell(f"call.{call_id}", "call.quality", score=event.score)
