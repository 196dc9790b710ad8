"""Live events over a WebSocket: screen pops, captions, presence. Mirrors hints, so a message may be lost, never a fact.

Client → us: `{"token": …}` first (unless given as subprotocol `bearer.<token>`) and again before it runs out,
`{"subscribe": [topic]}`, `{"unsubscribe": [topic]}`. Us → client: `{"type": "ready" | "listening" | "event" | "refused" | "heartbeat", …}`.
`ready` and `listening` name topics that are heard from now on: what was read before them may be out of date.
Closes with 4400 (not understood), 4401 (not logged in), 4408 (too slow), 1013 (full, or our hints are gone).
What is told to many is written out once for all of them (`audience.py`); here is one screen's own queue and its end.
"""

import asyncio
import json
from collections import deque
from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import Field, ValidationError
from starlette.websockets import WebSocketState

from api import topics as rules
from api.actor import Actor
from api.guard import trace
from api.parts import Parts, PartsDep, actor_of
from api.problems import NotAuthenticated
from api.shapes import Given, plain
from core.errors import NotAllowed

log = structlog.get_logger(__name__)
router = APIRouter()

SUBPROTOCOL = "hotline.v1"
BAD_MESSAGE, NOT_LOGGED_IN, TOO_SLOW, TRY_LATER = 4400, 4401, 4408, 1013
_LONGEST_MESSAGE = 8192
_MOST_TOPICS = 32


Topic = Annotated[str, Field(max_length=80)]


class Goodbye(Exception):
    """Close the socket with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Said(Given):
    """What a client may say; usually one of the three."""

    token: str = Field("", max_length=4096)
    subscribe: list[Topic] = Field([], max_length=_MOST_TOPICS)
    unsubscribe: list[Topic] = Field([], max_length=_MOST_TOPICS)


@router.websocket("/live")
async def live(
    socket: WebSocket, found: PartsDep, topics: Annotated[str, Query(max_length=2000)] = ""
) -> None:
    """`topics`: comma-separated topics to begin with."""
    await Screen(socket, found).run([plain(topic) for topic in topics.split(",") if topic][:_MOST_TOPICS])


class Screen:
    """One connected screen: a bounded queue that its topics fill, one task to listen, one to send, one to look after it."""

    def __init__(self, socket: WebSocket, found: Parts) -> None:
        self._socket, self._found, self._settings = socket, found, found.settings
        self._queue: deque[str] = deque()
        self._more = asyncio.Event()
        self._topics: set[str] = set()
        self._over: asyncio.Future[Goodbye] = asyncio.get_running_loop().create_future()
        self._quiet = True
        self._sends_since: float | None = None
        self._actor: Actor
        self._until = datetime.min.replace(tzinfo=UTC)

    async def run(self, wanted: list[str]) -> None:
        """Serve until somebody says goodbye; never raises for what a client or the hints do."""
        screens = self._found.screens
        screens.add(self)
        self._found.metrics.live_clients.set(len(screens))
        try:
            await self._serve(wanted)
        except* Goodbye as group:
            await self._close(_first(group))
        except* WebSocketDisconnect:
            pass  # the screen was closed: nothing to say to nobody
        except* Exception as group:  # noqa: BLE001 - the last edge of a screen: logged, the screen comes back
            log.error("live_failed", trace=trace(group))
            await self._close(Goodbye(1011, "internal error"))
        finally:
            for topic in self._topics:
                self._found.audience.leave(topic, self)
            screens.discard(self)
            self._found.metrics.live_clients.set(len(screens))

    async def _serve(self, wanted: list[str]) -> None:
        token = _offered_token(self._socket)
        await self._socket.accept(SUBPROTOCOL if token else None)
        if len(self._found.screens) > self._settings.live_clients:
            raise Goodbye(TRY_LATER, "too many screens")
        self._actor = await self._welcome(token or await self._first_word())
        async with asyncio.TaskGroup() as tasks:
            await self._subscribe(wanted)
            self._tell({"type": "ready", "user": self._actor.id, "topics": sorted(self._topics)})
            tasks.create_task(self._listen())
            tasks.create_task(self._send())
            tasks.create_task(self._look())

    async def _first_word(self) -> str:
        try:
            async with asyncio.timeout(self._settings.live_hello_s):
                return (await self._heard()).token
        except TimeoutError as error:
            raise Goodbye(NOT_LOGGED_IN, "no token in time") from error

    async def _welcome(self, token: str) -> Actor:
        try:
            claims = self._found.tokens.read(token, "access")
            actor = await actor_of(self._found, token)
        except NotAuthenticated as error:
            raise Goodbye(NOT_LOGGED_IN, "log in again") from error
        self._until = claims.exp
        return actor

    async def _heard(self) -> Said:
        frame = await self._socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1006))
        text = frame.get("text") or ""
        if len(text) > _LONGEST_MESSAGE:
            raise Goodbye(1009, "message too long")
        try:
            return Said.model_validate_json(text)
        except ValidationError as error:
            raise Goodbye(BAD_MESSAGE, "message not understood") from error

    async def _listen(self) -> None:
        while True:
            said = await self._heard()
            if said.token:
                await self._renew(said.token)
            if said.subscribe:
                await self._subscribe(said.subscribe)
                heard = [topic for topic in said.subscribe if topic in self._topics]
                self._tell({"type": "listening", "topics": heard})
            for topic in self._topics.intersection(said.unsubscribe):
                self._topics.remove(topic)
                self._found.audience.leave(topic, self)

    async def _renew(self, token: str) -> None:
        if (await self._welcome(token)).id != self._actor.id:
            raise Goodbye(NOT_LOGGED_IN, "another user's token")

    async def _subscribe(self, wanted: list[str]) -> None:
        for topic in dict.fromkeys(wanted):
            try:
                await rules.check(self._found, self._actor, topic)
                if len(self._topics) >= _MOST_TOPICS:
                    raise NotAllowed(f"最多同时订阅 {_MOST_TOPICS} 个主题")
            except NotAllowed as error:
                self._tell({"type": "refused", "topic": topic, "detail": str(error)})
            else:
                await rules.keep(self._found, self._actor, topic)
                self._topics.add(topic)
                await self._found.audience.join(topic, self, in_full=rules.in_full(self._actor, topic))

    def _tell(self, message: dict[str, Any]) -> None:
        self.offer(json.dumps(message, ensure_ascii=False))

    def offer(self, text: str) -> None:
        """One more message to send; never waits. A screen that has too many waiting is let go."""
        if len(self._queue) >= self._settings.live_queue:
            self._end(Goodbye(TOO_SLOW, "too slow"))
            return
        self._queue.append(text)
        self._quiet = False
        self._more.set()

    def interrupted(self) -> None:
        """A topic's messages reach us no more: the screen comes back and reads anew."""
        self._end(Goodbye(TRY_LATER, "live events interrupted"))

    def _end(self, goodbye: Goodbye) -> None:
        if not self._over.done():
            self._over.set_result(goodbye)

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self._more.wait()
            self._more.clear()
            while self._queue:
                self._sends_since = clock()
                await self._socket.send_text(self._queue.popleft())
                self._sends_since = None

    async def _look(self) -> None:
        """A heartbeat where it is quiet; and the end of a screen that stopped reading, or whose token ran out."""
        while not self._over.done():
            left = (self._until - datetime.now(UTC)).total_seconds()
            await asyncio.wait({self._over}, timeout=min(left, self._settings.live_heartbeat_s))
            if datetime.now(UTC) >= self._until:
                raise Goodbye(NOT_LOGGED_IN, "token ran out")
            if self._stuck_s() >= self._settings.live_heartbeat_s:
                raise Goodbye(TOO_SLOW, "too slow")
            if self._quiet:
                self._tell({"type": "heartbeat", "at": datetime.now(UTC).isoformat()})
            self._quiet = True
        raise self._over.result()

    def _stuck_s(self) -> float:
        """How long the message being sent has been."""
        return 0.0 if self._sends_since is None else asyncio.get_running_loop().time() - self._sends_since

    async def _close(self, goodbye: Goodbye) -> None:
        self._found.metrics.live_dropped.labels(goodbye.reason).inc()
        log.info("screen_dropped", code=goodbye.code, reason=goodbye.reason)
        if self._socket.client_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(2):
                await self._socket.close(goodbye.code, goodbye.reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            log.info(
                "screen_gone", reason=goodbye.reason
            )  # it left, or stopped reading, before we could say why


def _offered_token(socket: WebSocket) -> str:
    """A token in the subprotocols, where a browser can put it; never in the address, which ends in logs."""
    for offered in socket.scope.get("subprotocols", []):
        if offered.startswith("bearer."):
            return str(offered.removeprefix("bearer."))
    return ""


def _first(group: BaseExceptionGroup[Goodbye]) -> Goodbye:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Goodbye)
    return found
