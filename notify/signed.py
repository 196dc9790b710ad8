"""A signed POST, once: what webhooks and the text gateway share.

`X-Hotline-Signature: t=<unix>,v1=<hex>` is HMAC-SHA256 (RFC 2104) over `<unix>.<body>`, so that a receiver can refuse old
deliveries too. `Idempotency-Key` is the notice's id, the same over all tries: a receiver takes it once.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Self

import httpx

from core.errors import BadInput
from core.notices import NotSent, Unsure

_RETRYABLE = frozenset({408, 409, 425, 429, 503})
_NOT_DONE = frozenset({501, 503, 505})
"""Answers of a server that says it did nothing; any other 5xx may come from what stands behind, or before, one that took it."""
_MOST_ANSWER = 64 * 1024
_NOT_EVEN_ASKED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class SignedPost:
    """POSTs to one address. Use as an async context manager, or `close()` it.

    url: http(s), redirects are not followed (a signature is meant for one receiver); secret: at least 16 characters;
    timeout_s: bound of one try. Raises BadInput.
    """

    honours_key = True

    def __init__(self, url: str, secret: str, *, timeout_s: float = 10.0) -> None:
        if httpx.URL(url).scheme not in ("http", "https") or not httpx.URL(url).host:
            raise BadInput("a receiver's address begins with http:// or https://")
        if len(secret) < 16:
            raise BadInput("a receiver's secret has at least 16 characters")
        self._url, self._secret, self._timeout_s = url, secret.encode(), timeout_s
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @property
    def most_s(self) -> float:
        return self._timeout_s + 1.0

    async def post(self, key: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The beginning of a good answer. Raises NotSent, and Unsure where it was handed over and no answer tells what became of it."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(key, body, headers)
        except TimeoutError:
            raise Unsure(f"{self._timeout_s:g} 秒内没有应答") from None
        except _NOT_EVEN_ASKED as error:
            raise NotSent(f"连接失败（{type(error).__name__}）", retryable=True) from None
        except httpx.HTTPError as error:
            raise Unsure(f"连接中断（{type(error).__name__}）") from None

    async def _post(self, key: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        sent = {
            "Content-Type": "application/json",
            "User-Agent": "hotline12345",
            "Idempotency-Key": key,
            "X-Hotline-Signature": signature(self._secret, body, int(time.time())),
            **headers,
        }
        async with self._client.stream("POST", self._url, content=body, headers=sent) as answer:
            if not answer.is_success:
                raise _refused(answer)
            read = b""
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > _MOST_ANSWER:
                    break
            return read[:_MOST_ANSWER]


def signature(secret: bytes, body: bytes, unix: int) -> str:
    """`t=<unix>,v1=<hex>`; a receiver computes the same over the raw body and compares in constant time."""
    digest = hmac.new(secret, b"%d." % unix + body, hashlib.sha256).hexdigest()
    return f"t={unix},v1={digest}"


def _refused(answer: httpx.Response) -> NotSent | Unsure:
    if answer.is_server_error and answer.status_code not in _NOT_DONE:
        return Unsure(f"对方答复 {answer.status_code}，不知是否已收下")
    if answer.is_redirect:
        return NotSent("对方要求转向其他地址，不予跟随", retryable=False)
    asked = answer.headers.get("retry-after", "")
    after_s = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0.0
    again = answer.status_code in _RETRYABLE
    return NotSent(f"对方答复 {answer.status_code}", retryable=again, after_s=after_s)
