"""Something many ask for, made anew at most every few seconds by one of those who ask."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


class Kept:
    """`fresh_s`: how old it may be."""

    def __init__(self, fresh_s: float) -> None:
        self._fresh_s, self._at, self._value = fresh_s, float("-inf"), None
        self._one = asyncio.Lock()

    async def get(self, make: Callable[[], Awaitable[Any]]) -> Any:
        """Raises what `make` raises; nothing is kept then."""
        async with self._one:
            if time.monotonic() - self._at > self._fresh_s:
                self._value = await make()
                self._at = time.monotonic()
            return self._value
