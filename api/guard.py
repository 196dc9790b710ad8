"""The outermost layer of every request: an id, a time limit, safe headers, one log line, and no leaking error."""

import asyncio
import re
import time
import traceback
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.parts import Parts
from api.problems import problem
from core.ids import new_id
from core.masking import mask_text

log = structlog.get_logger(__name__)

_GIVEN_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # labels must stay few
_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware around the whole API; live events (WebSocket) pass with an id only, they log for themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        scope["hotline.request_id"] = given if _GIVEN_ID.fullmatch(given) else new_id("req")
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        parts: Parts = scope["app"].state.parts
        await self._http(_Exchange(scope, receive, send, parts.settings.transfer_timeout_s), parts)

    async def _http(self, exchange: "_Exchange", parts: Parts) -> None:
        started = time.monotonic()
        try:
            async with asyncio.timeout(parts.settings.request_timeout_s) as limit:
                await exchange.carry(self._app, limit)
        except TimeoutError:
            log.warning("request_too_slow", request_id=exchange.id, route=exchange.route)
            await exchange.fail(503, "处理超时，请稍后再试", retryable=True)
        except Exception as error:  # noqa: BLE001 - the last edge: logged here, told to nobody outside
            log.error("request_failed", request_id=exchange.id, route=exchange.route, trace=trace(error))
            await exchange.fail(500, "系统内部错误，请联系管理员并提供请求编号")
        finally:
            self._note(exchange, parts.metrics, time.monotonic() - started)

    def _note(self, exchange: "_Exchange", metrics: Metrics, seconds: float) -> None:
        route = exchange.route
        method = exchange.scope["method"]
        metrics.http_requests.labels(
            method if method in _METHODS else "OTHER", route, str(exchange.status)
        ).inc()
        metrics.http_seconds.labels(route).observe(seconds)
        client = exchange.scope.get("client")
        log.info(
            "request",
            request_id=exchange.id,
            method=method,
            path=mask_text(exchange.scope["path"]),  # never the query: it may hold a name or a number
            status=exchange.status,
            ms=round(seconds * 1000),
            client=client[0] if client else "",
            user=exchange.scope.get("hotline.user", ""),
        )


class _Exchange:
    """One request and its answer on the way out: safe headers are added, a plain-text error becomes a problem."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, transfer_timeout_s: float) -> None:
        self.scope, self.receive = scope, receive
        self._send = send
        self._transfer_timeout_s = transfer_timeout_s
        self.id: str = scope["hotline.request_id"]
        self.status = 0
        self._limit: asyncio.Timeout | None = None
        self._replaced = False

    @property
    def route(self) -> str:
        """The path with its parameters' names instead of their values: few labels, and nobody's number."""
        if "route" not in self.scope:
            return "unknown"
        names = {str(value): f"{{{name}}}" for name, value in self.scope.get("path_params", {}).items()}
        return "/".join(names.get(part, part) for part in self.scope["path"].split("/"))

    async def carry(self, app: ASGIApp, limit: asyncio.Timeout) -> None:
        """Let the application answer within `limit`."""
        self._limit = limit
        try:
            await app(self.scope, self.receive, self.send)
        finally:
            self._limit = None

    async def send(self, message: Message) -> None:
        if self._replaced:
            return  # the body of the error we answered in our own words
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if message["status"] >= 400 and headers.get("content-type", "text/plain").startswith(
                "text/plain"
            ):
                self._replaced = True
                await self.fail(message["status"], headers=_kept(headers))
                return
            self._begin(message, headers)
        await self._send(message)

    def _begin(self, message: Message, headers: MutableHeaders) -> None:
        self.status = message["status"]
        headers["X-Request-Id"] = self.id
        for name, value in _SAFE_HEADERS.items():
            headers.setdefault(name, value)
        if (
            self._limit is not None and not self._limit.expired()
        ):  # from here on it is a transfer, not a decision
            self._limit.reschedule(asyncio.get_running_loop().time() + self._transfer_timeout_s)

    async def fail(
        self, status: int, detail: str = "", *, retryable: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        """Answer with a problem, unless an answer is already on its way: then the connection is cut short."""
        if self.status:
            return
        answer = problem(self.id, status, detail, retryable=retryable, headers=headers)
        await answer(self.scope, self.receive, self._send_begun)

    async def _send_begun(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message, MutableHeaders(scope=message))
        await self._send(message)


def trace(error: BaseException) -> str:
    """Where it went wrong, without local variables and with numbers masked: those belong to citizens."""
    return mask_text("".join(traceback.format_exception(error, limit=-20)))


def _kept(headers: Any) -> dict[str, str]:
    return {name: headers[name] for name in ("allow", "content-range", "retry-after") if name in headers}
