"""A worker's watch over the telephone: Asterisk's call details into SQL, the GB/T service level with its alarms."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from agi import call_details as written
from app.floor import Floor
from core.events import Event, ServiceLow, ServiceRestored
from core.service_level import DAY, MEASURES, Level, Measure, is_low, window
from store import call_details, events, service_level

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=20)
TIE_EVERY = timedelta(minutes=1)


class Monitor:
    """Chores of a worker. `asterisk_log`: where the Asterisk on this machine writes its call details."""

    def __init__(self, floor: Floor, asterisk_log: Path) -> None:
        self._floor = floor
        self._log = asterisk_log
        self._looked: datetime | None = None
        self._tied: datetime | None = None

    async def import_call_details(self) -> int:
        """What Asterisk wrote since the last look. Gives 0: a file must rest before it is read, so there is no hurry."""
        await written.import_details(self._log, self._keep)
        at = self._floor.clock()
        if self._tied is None or at - self._tied >= TIE_EVERY:
            self._tied = at
            async with self._floor.database.session() as session:
                await call_details.tie(session, at - call_details.RECENT)
        return 0

    async def _keep(self, table: written.Table, rows: Sequence[dict[str, Any]]) -> None:
        async with self._floor.database.session() as session:
            await call_details.keep(session, table, rows)

    async def watch_service_level(self) -> int:
        """Begin or end an alarm where the last 24 h say so; how it stands is read from the events, so a restart loses nothing."""
        at = self._floor.clock()
        if self._looked is not None and at - self._looked < LOOK_EVERY:
            return 0
        self._looked = at
        async with self._floor.database.reading() as session:
            day = window(await service_level.minutes(session, at - DAY, at), at, DAY)
        happened = [event for measure in MEASURES if (event := await self._judge(measure, day, at))]
        for event in happened:
            await self._tell(event)
        return len(happened)

    async def _judge(self, measure: Measure, day: Level, at: datetime) -> Event | None:
        """The alarm's beginning or end as an event row, None where nothing changed."""
        async with self._floor.database.reading() as session:
            stands = await service_level.standing(session, measure)
        if is_low(day, measure, stands.low) == stands.low:
            return None
        async with self._floor.database.session() as session:
            await service_level.alone(session)
            stands = await service_level.standing(session, measure)
            low = is_low(day, measure, stands.low)
            if low == stands.low:
                return None
            share = day.share(measure)
            event: Event = ServiceRestored(at, measure, share, day.offered)
            if low:
                event = ServiceLow(at, measure, share or 0.0, day.offered)
            await events.append(session, event, "clock")
        return event

    async def _tell(self, event: Event) -> None:
        facts = {name: value for name, value in event.payload().items() if name != "at"}
        if isinstance(event, ServiceLow):
            log.error("the service level is low", **facts)
        else:
            log.warning("the service level is well again", **facts)
        await self._floor.tell("floor", event.name, **facts)
