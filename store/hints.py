"""Hints: wake-ups and captions on their way to a screen. They may be lost; facts are in SQL.

Inside one process a hint goes straight to its readers' queues. With Redis it also reaches other processes. A slow reader
loses its oldest hints, a lost Redis loses hints until it is back: nobody waits, nothing is raised.
"""

from core.ports import Hints
from store.hints_local import LocalHints
from store.hints_redis import RedisHints

__all__ = ["LocalHints", "RedisHints", "hints"]


def hints(url: str | None) -> Hints:
    """Hints through Redis at `url`, or within this process where there is none."""
    return RedisHints(url) if url else LocalHints()
