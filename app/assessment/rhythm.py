"""A worker's watch over the rhythm of assessment: that a month, quarter or year is over and to be scored is told once."""

from datetime import datetime, timedelta

from app.floor import Floor
from core.assessment import PeriodOver
from store import events, service_level, tickets
from tickets.assessment.rhythm import over

LOOK_EVERY = timedelta(minutes=10)


class RhythmWatch:
    """A chore. What was told is read from the events, so a restart tells nothing twice."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._looked: datetime | None = None

    async def watch_rhythm(self) -> int:
        """How many periods were told to be over."""
        at, policy = self._floor.clock(), self._floor.policy
        if self._looked is not None and at - self._looked < LOOK_EVERY:
            return 0
        self._looked = at
        told: list[PeriodOver] = []
        async with self._floor.database.session() as session:
            await service_level.alone(session)
            rhythm = policy.assessment.rhythm if policy.assessment else ()
            last = {one.kind: one for one in reversed(over(rhythm, await tickets.first_filed(session), at))}
            for one in last.values():
                event = PeriodOver(at, policy.name, one.name, one.title)
                if not await events.of(session, event.subject):
                    told.append(event)
            await events.append_all(session, told, "clock")
        for event in told:
            await self._floor.tell("tickets", event.name, period=event.period)
        return len(told)
