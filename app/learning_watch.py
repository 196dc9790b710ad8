"""Learning anew in the background: when enough has been decided since, a version that does no worse on the kept sample serves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from app import learning
from app.floor import Floor
from core.errors import Conflict
from match.learn import TooFew
from match.meaning import Meaning
from store import models

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = timedelta(hours=1)
ANEW_AFTER: Final = timedelta(days=1)
GROWN: Final = 1.1  # decisions now over decisions then
CLOCK: Final = "clock"


class LearningWatch:
    """A chore of a worker; when it last learned is read from the rows."""

    def __init__(self, floor: Floor, meaning: Callable[[], Meaning | None] = lambda: None) -> None:
        self._floor = floor
        self._meaning = meaning
        self._looked: datetime | None = None

    async def learn_anew(self) -> int:
        """1 where a new version serves now. What people took out of service is left so."""
        at = self._floor.clock()
        if self._looked is not None and at - self._looked < LOOK_EVERY:
            return 0
        self._looked = at
        if not await self._due(at):
            return 0
        try:
            made = await learning.train(self._floor.database, CLOCK, at, self._meaning())
            await learning.serve(self._floor.database, made.version, CLOCK, at)
        except TooFew:
            return 0
        except Conflict as doubt:
            log.info("a learned model waits for a person", reason=str(doubt))
            return 0
        log.info("a newly learned model serves", version=made.version, learned_from=made.learned_from)
        return 1

    async def _due(self, at: datetime) -> bool:
        async with self._floor.database.reading() as session:
            known, many = await models.versions(session), await models.how_many(session)
        if not known:
            return many >= learning.ENOUGH
        last = known[0]
        taken_out = any(one.served_at for one in known) and not any(one.state == "serving" for one in known)
        grown = many >= GROWN * (last.learned_from + last.kept)
        return grown and at - last.made_at >= ANEW_AFTER and not taken_out
