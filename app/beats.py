"""Whether a worker still works: each chore leaves a beat when a round is done; silence is told by /health."""

import functools
import time
from collections.abc import Awaitable, Callable

from core.errors import PartMissing

Chore = Callable[[], Awaitable[int]]
SILENT_S = 120.0
"""A round may take long (a recording is transcribed, a backlog imported); no round at all for this long is a fault."""


class Beats:
    """When each chore last ended a round well. Times by the monotonic clock, seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._well: dict[str, float] = {}

    def watched(self, chore: Chore) -> Chore:
        """The same chore, leaving a beat after each round that did not fail."""
        name = getattr(chore, "__name__", "chore")
        self._well[name] = self._clock()

        @functools.wraps(chore)
        async def run() -> int:
            done = await chore()
            self._well[name] = self._clock()
            return done

        return run

    async def health(self) -> str:
        """For /health. Raises PartMissing naming the chores that have been silent too long."""
        now = self._clock()
        silent = sorted(name for name, at in self._well.items() if now - at > SILENT_S)
        if silent:
            raise PartMissing(f"{SILENT_S:g} 秒没有轮到：{', '.join(silent)}")
        return f"{len(self._well)} 项定期工作，最久的在 {max((now - at for at in self._well.values()), default=0):.0f} 秒前"
