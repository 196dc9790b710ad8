"""Webhooks: one signed POST per event, tried again with back-off while trying again can help.

The body is `{"delivery", "event", "subject", "at", "data"}`. `X-Hotline-Signature: t=<unix>,v1=<hex>` is HMAC-SHA256 (RFC 2104)
over `<unix>.<body>`, so that a receiver can refuse old deliveries too; the delivery id stays the same over all tries.
"""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
import structlog

from core.errors import BadInput, HotlineError
from core.events import Event
from core.ids import new_id
from core.masking import mask_name, mask_number, mask_text

log = structlog.get_logger(__name__)

_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_NUMBERS = frozenset({"caller", "phone", "number", "contact"})
_NAMES = frozenset({"citizen_name", "name"})
_LONGEST_BODY = 256 * 1024


class WebhookFailed(HotlineError):
    """The receiver did not take the delivery; `retryable` says whether it may later."""

    code = "webhook_failed"
    status = 502

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Retry:
    """`tries` in all; waits double from `first_s` up to `longest_s`, shortened by up to half at random."""

    tries: int = 5
    first_s: float = 1.0
    longest_s: float = 60.0

    def wait_s(self, tried: int, asked_s: float | None) -> float:
        """Seconds before the next try; a receiver's Retry-After counts, up to the longest wait."""
        if asked_s is not None:
            return min(asked_s, self.longest_s)
        return min(self.first_s * 2.0 ** (tried - 1), self.longest_s) * random.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery the receiver took. `tries`: how many POSTs it needed."""

    delivery: str
    status: int
    tries: int


class Webhook:
    """Delivers events to one address. Use as an async context manager, or `close()` it.

    url: http(s), redirects are not followed (a signature is meant for one receiver); secret: at least 16 characters;
    timeout_s: bound of one try; given_up: told of each delivery that failed for good. Raises BadInput.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        timeout_s: float = 10.0,
        retry: Retry = Retry(),
        given_up: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if httpx.URL(url).scheme not in ("http", "https") or not httpx.URL(url).host:
            raise BadInput("a webhook address begins with http:// or https://")
        if len(secret) < 16:
            raise BadInput("a webhook secret has at least 16 characters")
        self._url, self._secret = url, secret.encode()
        self._timeout_s, self._retry, self._given_up, self._sleep = timeout_s, retry, given_up, sleep
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def deliver(self, event: Event, delivery: str = "") -> Receipt:
        """POST one event. `delivery`: its id where it was tried before. Raises WebhookFailed, BadInput."""
        delivery = delivery or new_id("dlv")
        body = payload(event, delivery)
        for tried in range(1, self._retry.tries + 1):
            status, problem, asked_s = await self._post(event.name, delivery, body)
            if not problem:
                log.info(
                    "webhook_taken", delivery=delivery, event_name=event.name, status=status, tries=tried
                )
                return Receipt(delivery, status, tried)
            again = status == 0 or status in _RETRYABLE
            log.warning(
                "webhook_try_failed", delivery=delivery, event_name=event.name, tried=tried, problem=problem
            )
            if not again or tried == self._retry.tries:
                self._given_up()
                raise WebhookFailed(
                    f"delivery {delivery} failed after {tried} tries: {problem}", retryable=again
                )
            await self._sleep(self._retry.wait_s(tried, asked_s))
        raise WebhookFailed("no try was allowed", retryable=False)

    async def _post(self, name: str, delivery: str, body: bytes) -> tuple[int, str, float | None]:
        """(status or 0, what went wrong or "", seconds the receiver asks us to wait)."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "hotline12345",
            "X-Hotline-Event": name,
            "X-Hotline-Delivery": delivery,
            "X-Hotline-Signature": signature(self._secret, body, int(time.time())),
        }
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                return answer.status_code, _problem(answer), _retry_after(answer.headers)
        except TimeoutError:
            return 0, f"no answer within {self._timeout_s:g} s", None
        except httpx.HTTPError as error:
            return 0, type(error).__name__, None


def payload(event: Event, delivery: str) -> bytes:
    """The body as sent: the event's fields with citizens' names and numbers masked. Raises BadInput above 256 KiB."""
    content = {
        "delivery": delivery,
        "event": event.name,
        "subject": event.subject,
        "at": event.at.isoformat(),
        "data": _masked(event.payload()),
    }
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > _LONGEST_BODY:
        raise BadInput("an event too large for a webhook")
    return body


def signature(secret: bytes, body: bytes, unix: int) -> str:
    """`t=<unix>,v1=<hex>`; a receiver computes the same over the raw body and compares in constant time."""
    digest = hmac.new(secret, b"%d." % unix + body, hashlib.sha256).hexdigest()
    return f"t={unix},v1={digest}"


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


def _problem(answer: httpx.Response) -> str:
    if answer.is_success:
        return ""
    return "redirects are not followed" if answer.is_redirect else f"status {answer.status_code}"


def _retry_after(headers: httpx.Headers) -> float | None:
    asked = headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdigit() else None
