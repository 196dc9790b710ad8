"""Events on their way to the operator's webhook: a bounded queue and one sender, so that nobody waits for it."""

import asyncio

import structlog

from core.errors import HotlineError
from core.events import Event
from notify.webhook import Webhook

log = structlog.get_logger(__name__)

WAITING = 10_000


class Outbox:
    """What is in the queue when the process dies is not sent again (docs/limits.md); the events themselves are rows."""

    def __init__(self, hook: Webhook) -> None:
        self._hook = hook
        self._queue: asyncio.Queue[Event] = asyncio.Queue(WAITING)

    async def put(self, event: Event) -> None:
        """Never waits; a full queue drops the event and says so."""
        if self._queue.full():
            log.error("webhook queue full, event not sent", event_name=event.name)
            return
        self._queue.put_nowait(event)

    async def run(self) -> None:
        """Deliver one after the other, in order, until cancelled. One that fails for good is logged by the webhook."""
        while True:
            event = await self._queue.get()
            try:
                await self._hook.deliver(event)
            except HotlineError as error:
                log.error("webhook delivery given up", event_name=event.name, reason=str(error))
