"""Webhooks: one signed POST per event and try; the notice that keeps it decides about the next.

The body is `{"delivery", "event", "subject", "at", "data"}`; `delivery` is the notice's id, the same over all tries and replays.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from core.events import Event
from core.masking import mask_name, mask_number, mask_text
from core.notices import Notice
from notify.signed import SignedPost

_NUMBERS = frozenset({"caller", "phone", "number", "contact"})
_NAMES = frozenset({"citizen_name", "name"})
LONGEST_BODY = 256 * 1024


class Webhook(SignedPost):
    """core.notices.Sender of events to the operator's own system."""

    name = "webhook"
    at_once = 1  # a receiver gets events in their order while all goes well

    async def send(self, notice: Notice) -> str:
        """POST the body that was written with the event. Raises NotSent, Unsure."""
        event = str(notice.facts.get("event", ""))
        headers = {"X-Hotline-Event": event, "X-Hotline-Delivery": notice.id}
        await self.post(notice.id, notice.words.encode(), headers)
        return ""


def payload(event: Event, delivery: str, veil: Callable[[Any], Any] | None = None) -> str:
    """The body: the event's fields with citizens' names and numbers masked; an event too large is told without its data.

    veil: of a confidential matter, lies over the fields as they were said, before they are masked.
    """
    data = event.payload()
    content = {
        "delivery": delivery,
        "event": event.name,
        "subject": event.subject,
        "at": event.at.isoformat(),
        "data": _masked(veil(data) if veil else data),
    }
    body = _json(content)
    return body if len(body.encode()) <= LONGEST_BODY else _json(content | {"data": {"too_large": True}})


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _masked(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {k: _masked(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(v, key) for v in value]
    if not isinstance(value, str) or key in ("at", "id", "due", "linkedid") or key.endswith("_id"):
        return value  # our own ids and times hold long digits that are nobody's number
    if key in _NUMBERS:
        return mask_number(value)
    return mask_name(value) if key in _NAMES else mask_text(value)
