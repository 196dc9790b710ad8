"""Text messages through an HTTP gateway: one signed POST per try.

The body is `{"id", "kind", "to", "text", "facts"}`. A 2xx answer may name the gateway's own id as `{"id": …}`.
"""

import json
from typing import Any

from core.notices import Notice
from notify.signed import SignedPost


class SmsGateway(SignedPost):
    """core.notices.Sender of texts over HTTP."""

    name = "http"
    at_once = 4

    async def send(self, notice: Notice) -> str:
        """Hand one text over; the gateway's own id, or ''. Raises NotSent, Unsure."""
        return _named(await self.post(notice.id, payload(notice), {}))


def payload(notice: Notice) -> bytes:
    """The body as sent; the gateway needs the number in full."""
    content = {
        "id": notice.id,
        "kind": notice.kind,
        "to": notice.to,
        "text": notice.words,
        "facts": notice.facts,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _named(answer: bytes) -> str:
    try:
        found: Any = json.loads(answer)
    except ValueError:
        return ""
    name = found.get("id") if isinstance(found, dict) else None
    return "" if name is None else str(name)[:128]
