"""Minutes of calls for whoever looks at the service level: counted once for many who see as far."""

import time
from datetime import datetime

from core.rights import EVERYTHING, Scope
from core.service_level import DAY, Minute
from store import scope, service_level
from store.database import Database

_FRESH_S = 10.0


class Counted:
    """The last two days, counted anew at most every ten seconds. Raises StoreUnavailable as the database does."""

    def __init__(self, fresh_s: float = _FRESH_S) -> None:
        self._kept: dict[Scope, tuple[float, list[Minute]]] = {}
        self._fresh_s = fresh_s

    async def minutes(self, database: Database, now: datetime, reach: Scope = EVERYTHING) -> list[Minute]:
        """Of calls within reach, in order, from 48 h before `now` on."""
        at, minutes = self._kept.get(reach, (float("-inf"), []))
        if time.monotonic() - at > self._fresh_s:
            async with database.reading() as session:
                minutes = await service_level.minutes(session, now - 2 * DAY, now, scope.calls(reach))
            self._kept[reach] = time.monotonic(), minutes
        return minutes
