"""Hints between processes through Redis publish/subscribe; losing Redis costs those between processes, nothing else."""

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from store.hints_local import READER_SIZE, Hint, LocalHints
from store.json import dumps

log = logging.getLogger(__name__)

_OUTBOX = 2000
_WAIT_S = 2.0
_BACK_OFF_S = (0.1, 0.25, 0.5, 1.0, 2.0)
_PREFIX = "hotline:"
_LONGEST = 64 * 1024
_SILENT = 3  # waits without even an answer to our ping


class RedisHints(LocalHints):
    """Hints between processes as well. Two tasks of its own carry them out and in; both come back by themselves.

    This process's readers are served at once and never wait for Redis; what Redis brings back of our own is left out.
    """

    def __init__(self, url: str, size: int = READER_SIZE) -> None:
        super().__init__(size)
        self._url = url
        self._origin = secrets.token_hex(8)
        self._outbox: deque[tuple[str, str]] = deque(maxlen=_OUTBOX)
        self._posted = asyncio.Event()
        self._listening = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        await super().publish(topic, message)
        text = dumps([self._origin, message])
        if len(text) > _LONGEST:
            log.warning("a hint of %s characters on %s stays in this process", len(text), topic)
            return
        self._start()
        self._outbox.append((topic, text))
        self._posted.set()

    def subscribe(self, *topics: str) -> AbstractAsyncContextManager[AsyncIterator[Hint]]:
        self._start()
        return super().subscribe(*topics)

    async def close(self) -> None:
        """Stop carrying; hints not sent yet are lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._listening.clear()

    @property
    def connected(self) -> bool:
        """Whether Redis brings us hints at this moment (for /health)."""
        return self._listening.is_set()

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._keep(part)) for part in (self._send, self._listen)]

    async def _keep(self, part: Any) -> None:
        """Run one direction for ever, with a growing pause after each loss of Redis."""
        losses = 0
        while True:
            client = self._client()
            try:
                async with client:
                    async with asyncio.timeout(_WAIT_S):
                        await client.ping()
                    losses = 0
                    await part(client)
            except (RedisError, OSError, TimeoutError) as error:
                losses += 1
                if losses == 1:
                    log.warning("redis is gone, hints stay in this process: %s", type(error).__name__)
            await asyncio.sleep(_BACK_OFF_S[min(losses, len(_BACK_OFF_S)) - 1])

    def _client(self) -> redis.asyncio.Redis:
        return redis.asyncio.from_url(
            self._url, socket_timeout=_WAIT_S, socket_connect_timeout=_WAIT_S, retry=Retry(NoBackoff(), 0)
        )

    async def _send(self, client: redis.asyncio.Redis) -> None:
        while True:
            while self._outbox:
                batch = [self._outbox.popleft() for _ in range(min(100, len(self._outbox)))]
                async with client.pipeline(transaction=False) as pipeline:
                    for topic, text in batch:
                        pipeline.publish(_PREFIX + topic, text)
                    await pipeline.execute()
            self._posted.clear()
            await self._posted.wait()

    async def _listen(self, client: redis.asyncio.Redis) -> None:
        async with client.pubsub() as channel:
            await channel.psubscribe(_PREFIX + "*")
            silent = 0
            try:
                while silent < _SILENT:
                    found = await channel.get_message(timeout=_WAIT_S)
                    silent = silent + 1 if found is None else 0
                    if found is None:
                        async with asyncio.timeout(_WAIT_S):
                            await channel.ping()
                    else:
                        self._listening.set()
                        self._take(found)
            finally:
                self._listening.clear()
            raise TimeoutError

    def _take(self, found: Mapping[str, Any]) -> None:
        if found["type"] != "pmessage":
            return
        try:
            origin, message = json.loads(found["data"])
            topic = found["channel"].decode().removeprefix(_PREFIX)
        except (ValueError, TypeError):
            log.warning("a hint that is not ours was dropped")
            return
        if origin != self._origin and isinstance(message, dict):
            self.deliver(topic, message)
