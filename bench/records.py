"""What the product wrote down, read from outside while it runs."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_QUESTION = """
SELECT count(*), count(ended_at), count(agent_answered_at),
       (SELECT count(*) FROM recordings WHERE state = 'ready' AND seconds > 0),
       (SELECT count(*) FROM events)
FROM calls
"""


@dataclass(frozen=True, slots=True)
class Records:
    """Rows so far: calls, those ended, those a seat answered, whole recordings with sound, events."""

    calls: int
    ended: int
    talked: int
    recorded: int
    events: int

    def since(self, before: "Records") -> "Records":
        return Records(*(getattr(self, f) - getattr(before, f) for f in self.__dataclass_fields__))

    @property
    def settled(self) -> bool:
        """Nothing is under way and every talk has its recording."""
        return self.calls == self.ended and self.recorded >= self.talked


def read(database: Path) -> Records:
    """Now; a reader never blocks a writer in WAL mode."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        return Records(*connection.execute(_QUESTION).fetchone())


def settled(database: Path, timeout: float) -> Records:
    """Once nothing is under way any more, or as it is after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        found = read(database)
        if found.settled or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
