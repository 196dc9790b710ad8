"""Calls that lived while the service was away get their times from Asterisk's own events, once those are imported."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from core.account import CallLeg, CallRow, LegTimes, call_times, differs, is_over, leg_times
from core.discrepancies import CallTimes
from core.talks import ChannelEvent
from store import call_details, calls, legs
from store.tables import Call

log = structlog.get_logger(__name__)

BEFORE = timedelta(hours=2)  # a talk that began this long before we were back may have ended unseen
AFTER = timedelta(seconds=30)  # questions repeated while we started, ends told late
LOOK_FOR = timedelta(minutes=20)
LOOK_EVERY = timedelta(seconds=2)
MOST = 500


class Account:
    """A worker's chore. Doubts the times of calls around its own start, and around every moment it is told of."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._doubted = floor.clock()
        self._done: set[str] = set()
        self._looked: datetime | None = None

    def doubt(self) -> None:
        """We were away until now."""
        self._doubted = self._floor.clock()
        self._done.clear()

    async def settle_times(self) -> int:
        """Correct the rows of doubtful calls whose events are complete; gives how many were looked at."""
        at = self._floor.clock()
        if at > self._doubted + LOOK_FOR or (self._looked is not None and at < self._looked + LOOK_EVERY):
            return 0
        self._looked = at
        since, until = self._doubted - BEFORE, self._doubted + AFTER
        async with self._floor.database.reading() as session:  # most agree, and reading holds up nobody
            told = await call_details.told_whole(session, since, until)
            waiting = [call for call in told if call.id not in self._done][:MOST]
            wrong = await _wrong(session, waiting) if waiting else {}
        for call_id in wrong:
            async with self._floor.database.session() as session:
                await settle(session, await calls.lock(session, call_id))
        self._done.update(call.id for call in waiting)
        return len(waiting)


Wrong = tuple[CallTimes | None, list[LegTimes]]
"""What Asterisk says otherwise: the call's times (None where its row agrees), the legs that do not."""


async def _wrong(session: AsyncSession, of: Sequence[CallRow]) -> dict[str, Wrong]:
    """By id, those of these calls whose rows and Asterisk's events differ."""
    events = await call_details.events_of(session, [call.linkedid for call in of])
    known = await call_details.legs_of(session, [call.id for call in of])
    judged = {call.id: _judged(call, events[call.linkedid], known[call.id]) for call in of}
    return {call_id: wrong for call_id, wrong in judged.items() if any(wrong)}


def _judged(call: CallRow, events: Sequence[ChannelEvent], known: Sequence[CallLeg]) -> Wrong:
    times = call_times(call, events)
    if times is None or call.ended_at is None or not is_over(events):
        return None, []
    return (times if differs(call, times) else None), leg_times(known, events)


async def settle(session: AsyncSession, call: Call) -> bool:
    """Make a finished call's rows agree with Asterisk's events; False where they did or Asterisk does not know it."""
    found = (await _wrong(session, [call])).get(call.id)
    if found is None:
        return False
    times, legs_wrong = found
    for leg in legs_wrong:
        await legs.correct(session, leg.id, channel=leg.channel, ended_at=leg.ended_at)
    if times:
        await calls.correct(session, call.id, **_changes(times.agent_answered_at, times.talk_seconds),
            channel=times.channel, arrived_at=times.arrived_at, ended_at=times.ended_at)  # fmt: skip
    log.info("times by Asterisk's account", call=call.id, legs=len(legs_wrong))
    return True


def _changes(answered: datetime | None, seconds: float) -> dict[str, object]:
    return {"agent_answered_at": answered, "talk_seconds": seconds} if answered else {}
