"""Who hears which topic in this process: a message is read from the hints once, written out once per way it may be seen, handed to all.

Nobody waits for a screen here: what it has not taken yet lies in its own bounded queue (`live.py`).
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from api.masked import masked
from core.masking import mask_name, mask_number
from core.ports import Hints

log = structlog.get_logger(__name__)
_SEALED = {"caller": mask_number, "phone": mask_number, "citizen_name": mask_name}


class Listener(Protocol):
    """A screen. Neither may wait or raise."""

    def offer(self, text: str) -> None: ...

    def interrupted(self) -> None: ...


class Audience:
    """All screens of this process by topic. A topic is listened to from its first screen to its last."""

    def __init__(self, hints: Hints) -> None:
        self._hints = hints
        self._circles: dict[str, _Circle] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # those cut short too, until they are over

    async def join(self, topic: str, listener: Listener, *, in_full: bool) -> None:
        """Returns once this topic's messages reach the listener, or it was told that they can't. in_full: with the citizen's number and name."""
        circle = self._circles.get(topic)
        if circle is None:
            circle = self._circles[topic] = _Circle()
            circle.task = asyncio.create_task(self._carry(topic, circle), name=f"live {topic}")
            self._tasks.add(circle.task)
            circle.task.add_done_callback(self._tasks.discard)
        circle.listeners[listener] = in_full
        await circle.heard.wait()

    def leave(self, topic: str, listener: Listener) -> None:
        """Again is harmless."""
        circle = self._circles.get(topic)
        if circle is None or circle.listeners.pop(listener, None) is None or circle.listeners:
            return
        del self._circles[topic]
        circle.task.cancel()

    async def _carry(self, topic: str, circle: "_Circle") -> None:
        try:
            async with self._hints.subscribe(topic) as messages:
                circle.heard.set()
                async for name, message in messages:
                    circle.tell(name, message)
        except Exception as error:  # noqa: BLE001 - the last edge of a topic: its screens come back
            log.error("live_topic_failed", topic=topic, error=type(error).__name__)
        if self._circles.get(topic) is circle:
            del self._circles[topic]
        circle.heard.set()
        for listener in circle.listeners:
            listener.interrupted()


def sealed(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message for who need not know the citizen's number and name."""
    return {
        key: _SEALED[key](value) if key in _SEALED else masked(value, key) for key, value in message.items()
    }


class _Circle:
    """Those who hear one topic, and whether each sees it in full."""

    task: "asyncio.Task[None]"

    def __init__(self) -> None:
        self.listeners: dict[Listener, bool] = {}
        self.heard = asyncio.Event()

    def tell(self, topic: str, message: Mapping[str, Any]) -> None:
        texts: dict[bool, str] = {}
        for listener, in_full in self.listeners.items():
            text = texts.get(in_full)
            if text is None:
                data = dict(message) if in_full else sealed(message)
                text = json.dumps({"type": "event", "topic": topic, "data": data}, ensure_ascii=False)
                texts[in_full] = text
            listener.offer(text)
