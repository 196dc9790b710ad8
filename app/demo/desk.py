"""An agent's desk without a page: logs in over the API, listens to live events, files the ticket."""

import asyncio
import json
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx
import websockets

from app.seeding import Account
from core.errors import HotlineError

Heard = Callable[[str, dict[str, Any]], None]


class DeskRefused(HotlineError):
    """The API did not do what the desk asked; the text is its own."""

    code = "desk_refused"


class Desk:
    """Use as an async context manager. `heard(topic, event)` is called for every live event."""

    def __init__(self, url: str, account: Account, heard: Heard) -> None:
        self._account = account
        self._heard = heard
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=15, trust_env=False)
        self._live_url = f"{url.replace('http', 'ws', 1)}/api/v1/live"
        self._token = ""
        self._socket: websockets.ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        given = {"login": self._account.login, "password": self._account.password}
        self._token = (await self._ask("POST", "/token", json=given))["access_token"]
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        self._socket = await websockets.connect(self._live_url, proxy=None, open_timeout=10)
        await self._socket.send(json.dumps({"token": self._token}))
        self._listening = asyncio.create_task(self._listen(), name="desk")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._socket:
            await self._socket.close()
        await self._http.aclose()

    async def sit_down(self, seat: str) -> None:
        """Log in to the seat, follow its screen pops, and be ready."""
        await self._ask("POST", f"/seats/{seat}/login")
        await self.follow(f"seat.{seat}")
        await self._ask("POST", f"/seats/{seat}/ready")

    async def follow(self, topic: str) -> None:
        """Live events of one topic from now on."""
        assert self._socket is not None
        await self._socket.send(json.dumps({"subscribe": [topic]}))

    async def get(self, path: str, **query: Any) -> Any:
        """JSON of a GET below /api/v1. Raises DeskRefused."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, given: Any = None, key: str = "") -> Any:
        """JSON of a POST below /api/v1. Raises DeskRefused."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._ask("POST", path, json=given, headers=headers)

    async def act(self, ticket_id: str, action: str, **facts: Any) -> Any:
        """One step of a ticket's lifecycle, on its version as it is now. Raises DeskRefused."""
        version = (await self.get(f"/tickets/{ticket_id}"))["version"]
        given = {"action": action, "facts": facts}
        return await self._ask(
            "POST", f"/tickets/{ticket_id}/actions", json=given, headers={"If-Match": f'"{version}"'}
        )

    async def file(self, draft: dict[str, Any], key: str = "") -> Any:
        """File a ticket; the same key files once. Raises DeskRefused."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return await self._ask("POST", "/tickets", json=draft, headers=headers)

    async def accept(self, call_id: str, proposal_id: str) -> None:
        """Note that a proposal was taken. Raises DeskRefused."""
        await self._ask(
            "POST", f"/calls/{call_id}/proposals/{proposal_id}/decision", json={"decision": "accepted"}
        )

    async def _listen(self) -> None:
        assert self._socket is not None
        async for raw in self._socket:
            message = json.loads(raw)
            if message.get("type") == "event":
                self._heard(message["topic"], message["data"])

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise DeskRefused(f"{method} {path}: {error or type(error).__name__}") from error
        if answer.status_code >= 400:
            raise DeskRefused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        if "json" not in answer.headers.get("content-type", ""):
            return answer.content or None
        return answer.json()
