"""Hints inside one process: straight into each reader's bounded queue."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self

Hint = tuple[str, dict[str, Any]]
READER_SIZE = 1000  # hints one slow reader may lag behind


class Reader:
    """One reader's bounded queue: full, it forgets its oldest hint. Waiting for the next one may be cancelled."""

    def __init__(self, topics: tuple[str, ...], size: int) -> None:
        self._topics = topics
        self._queue: deque[Hint] = deque(maxlen=size)
        self._wake = asyncio.Event()

    def offer(self, topic: str, message: dict[str, Any]) -> None:
        if any(_matches(wanted, topic) for wanted in self._topics):
            self._queue.append((topic, message))
            self._wake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Hint:
        while not self._queue:
            self._wake.clear()
            await self._wake.wait()
        return self._queue.popleft()


def _matches(wanted: str, topic: str) -> bool:
    return topic.startswith(wanted[:-1]) if wanted.endswith("*") else topic == wanted


class LocalHints:
    """Hints within this process. A topic that ends in `*` subscribes to all that begin like it."""

    def __init__(self, size: int = READER_SIZE) -> None:
        self._size = size
        self._readers: set[Reader] = set()

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        self.deliver(topic, dict(message))

    def deliver(self, topic: str, message: dict[str, Any]) -> None:
        for reader in self._readers:
            reader.offer(topic, message)

    def subscribe(self, *topics: str) -> AbstractAsyncContextManager[AsyncIterator[Hint]]:
        return self._reader(topics)

    @asynccontextmanager
    async def _reader(self, topics: tuple[str, ...]) -> AsyncIterator[AsyncIterator[Hint]]:
        reader = Reader(topics, self._size)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    async def close(self) -> None:
        """Nothing to close."""
