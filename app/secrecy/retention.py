"""Deleting what has had its term: a worker's chore once an hour, off until the operator sets a term (no document names one)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from app.settings import Settings
from core.holds import KEPT, KEPT_NAMES, Kept, Terms
from store import retention
from store.database import Database

EVERY = timedelta(hours=1)


def terms_of(settings: Settings) -> Terms:
    """As the operator set them; 0 is for good."""
    return Terms(
        settings.keep_recordings_days or None,
        settings.keep_transcripts_days or None,
        settings.keep_personal_days or None,
    )


class Retention:
    """Runs the terms over a database and the folder of recordings."""

    def __init__(self, database: Database, folder: Path, terms: Terms, clock: Callable[[], datetime]) -> None:
        self._database, self._folder, self._terms, self._clock = database, folder, terms, clock
        self._rested: datetime | None = None

    async def retain(self) -> int:
        """A chore: one batch of each kind; when nothing is left it rests for an hour."""
        at = self._clock()
        if self._rested is not None and at - self._rested < EVERY:
            return 0
        done = sum([await self.run(kind) for kind in KEPT])
        if not done:
            self._rested = at
        return done

    async def run(self, kind: Kept) -> int:
        """One batch of one kind; how many went."""
        at = self._clock()
        before = self._terms.before(kind, at)
        if before is None:
            return 0
        rule = f"{KEPT_NAMES[kind]}保存{getattr(self._terms, kind)}日"
        async with self._database.session() as session:
            if kind == "recordings":
                return await retention.recordings(session, before, rule, at, self._drop)
            run = retention.transcripts if kind == "transcripts" else retention.personal
            return await run(session, before, rule, at)

    async def due(self) -> list[retention.Due]:
        """What the terms have ended for now."""
        at = self._clock()
        async with self._database.reading() as session:
            return [
                await retention.due(session, kind, before)
                for kind in KEPT
                if (before := self._terms.before(kind, at)) is not None
            ]

    def _drop(self, paths: Sequence[str]) -> None:
        """Files before their rows: a run cut short between both finds the row again."""
        root = self._folder.resolve()
        for name in paths:
            path = (root / name).resolve()
            if path.is_relative_to(root) and path != root:
                path.unlink(missing_ok=True)
