"""Minutes of calls for whoever looks at the service level: counted once for many who ask."""

import time
from datetime import datetime

from core.service_level import DAY, Minute
from store import service_level
from store.database import Database

_FRESH_S = 10.0


class Counted:
    """The last two days, counted anew at most every ten seconds. Raises StoreUnavailable as the database does."""

    def __init__(self, fresh_s: float = _FRESH_S) -> None:
        self._minutes: list[Minute] = []
        self._at = float("-inf")
        self._fresh_s = fresh_s

    async def minutes(self, database: Database, now: datetime) -> list[Minute]:
        """In order, from 48 h before `now` on."""
        if time.monotonic() - self._at > self._fresh_s:
            async with database.reading() as session:
                self._minutes = await service_level.minutes(session, now - 2 * DAY, now)
            self._at = time.monotonic()
        return self._minutes
