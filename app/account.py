"""Calls that lived while the service was away get their times from Asterisk's own events, once those are imported."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from core.account import CallTimes, LegTimes, call_times, differs, is_over, leg_times
from store import call_details, calls, legs
from store.tables import Call

log = structlog.get_logger(__name__)

BEFORE = timedelta(hours=2)  # a talk that began this long before we were back may have ended unseen
AFTER = timedelta(seconds=30)  # questions repeated while we started, ends told late
LOOK_FOR = timedelta(minutes=20)
LOOK_EVERY = timedelta(seconds=2)
MOST = 100


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
        async with self._floor.database.reading() as session:
            since, until = self._doubted - BEFORE, self._doubted + AFTER
            told = await call_details.told_whole(session, since, until)
        waiting = [call_id for call_id in told if call_id not in self._done][:MOST]
        for call_id in waiting:
            async with self._floor.database.reading() as session:  # most agree, and reading holds up nobody
                wrong = await _found(session, await calls.get(session, call_id))
            if wrong is not None:
                async with self._floor.database.session() as session:
                    await settle(session, await calls.lock(session, call_id))
            self._done.add(call_id)
        return len(waiting)


async def _found(session: AsyncSession, call: Call) -> tuple[CallTimes, bool, list[LegTimes]] | None:
    """What Asterisk says otherwise: the call's times, whether its row is wrong, the legs that are; None where all agree."""
    events = await call_details.cel_of(session, call)
    times = call_times(call, events)
    if times is None or call.ended_at is None or not is_over(events):
        return None
    legs_wrong = leg_times(await legs.of_call(session, call.id), events)
    off = differs(call, times)
    return (times, off, legs_wrong) if off or legs_wrong else None


async def settle(session: AsyncSession, call: Call) -> bool:
    """Make a finished call's rows agree with Asterisk's events; False where they did or Asterisk does not know it."""
    found = await _found(session, call)
    if found is None:
        return False
    times, off, wrong = found
    for leg in wrong:
        await legs.correct(session, leg.id, channel=leg.channel, ended_at=leg.ended_at)
    if off:
        await calls.correct(session, call.id, **_changes(times.agent_answered_at, times.talk_seconds),
            channel=times.channel, arrived_at=times.arrived_at, ended_at=times.ended_at)  # fmt: skip
    log.info("times by Asterisk's account", call=call.id, legs=len(wrong))
    return True


def _changes(answered: datetime | None, seconds: float) -> dict[str, object]:
    return {"agent_answered_at": answered, "talk_seconds": seconds} if answered else {}
