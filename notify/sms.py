"""Text messages through an HTTP gateway: one signed POST per try; the outbox that keeps them decides about the next.

The body is `{"id", "kind", "to", "text", "facts"}`, signed as webhooks are (`X-Hotline-Signature`). `Idempotency-Key` is the
text's id, the same over all tries: the gateway sends it once. A 2xx answer may name its own id as `{"id": …}`.
"""

import asyncio
import json
import time
from typing import Any, Self

import httpx

from core.after_call import Sms, TextFailed
from core.errors import BadInput
from notify.webhook import signature

RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
MOST_ANSWER = 64 * 1024


class SmsGateway:
    """core.after_call.Texter over HTTP. Use as an async context manager, or `close()` it.

    url: http(s); secret: at least 16 characters; timeout_s: bound of one try. Raises BadInput.
    """

    def __init__(self, url: str, secret: str, *, timeout_s: float = 10.0) -> None:
        if httpx.URL(url).scheme not in ("http", "https") or not httpx.URL(url).host:
            raise BadInput("a text gateway's address begins with http:// or https://")
        if len(secret) < 16:
            raise BadInput("a text gateway's secret has at least 16 characters")
        self._url, self._secret, self._timeout_s = url, secret.encode(), timeout_s
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, sms: Sms) -> str:
        """Hand one text over; the gateway's own id, or ''. Raises TextFailed, whose words never hold the number."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(sms)
        except TimeoutError:
            raise TextFailed(f"no answer within {self._timeout_s:g} s", retryable=True) from None
        except httpx.HTTPError as error:
            raise TextFailed(type(error).__name__, retryable=True) from None
        return _named(answer)

    async def _post(self, sms: Sms) -> bytes:
        body = payload(sms)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "hotline12345",
            "Idempotency-Key": sms.id,
            "X-Hotline-Signature": signature(self._secret, body, int(time.time())),
        }
        async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
            if not answer.is_success:
                again = answer.status_code in RETRYABLE
                raise TextFailed(f"status {answer.status_code}", retryable=again)
            read = b""
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > MOST_ANSWER:
                    break
            return read


def payload(sms: Sms) -> bytes:
    """The body as sent; the gateway needs the number in full."""
    content = {"id": sms.id, "kind": sms.kind, "to": sms.number, "text": sms.words, "facts": sms.facts}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _named(answer: bytes) -> str:
    try:
        found: Any = json.loads(answer)
    except ValueError:
        return ""
    name = found.get("id", "") if isinstance(found, dict) else ""
    return str(name)[:128]
