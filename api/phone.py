"""The phone in the page: SIP over WebSocket at the page's own address, for whoever sits at a seat, as long as they do.

A browser's socket says who it is by its log-in token (subprotocol `bearer.TOKEN`, beside `sip`). What it sends is signed in the seat's
name on its way, so no SIP password ever reaches a page. Closes with 4400 (not a seat's word), 4401 (not logged in), 4403 (sits
nowhere, or no longer there), 4409 (the seat's phone was opened in another window) and 1013 (the switch does not answer).
"""

import asyncio
import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field
from starlette.websockets import WebSocketState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from api.actor import Actor
from api.guard import trace
from api.parts import Parts, PartsDep, actor_of, only
from api.problems import NotAuthenticated, documented
from api.shapes import Id, Shape
from api.sip_digest import NotASeatsWord, SeatPhone, outgoing
from api.tokens import still_good
from core.errors import NotAllowed
from core.rights import passes
from store import seats, users

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/seats", tags=["seats"])
socket_router = APIRouter()

SOCKET = "/sip"
WEB = "-web"
"""A seat's telephone is `8001`, its browser `8001-web`: two ways of sending sound, two accounts at the switch."""
DOMAIN = "hotline"
BAD_WORD, NOT_LOGGED_IN, NOT_SEATED, ELSEWHERE, TRY_LATER = 4400, 4401, 4403, 4409, 1013
_CONNECT_S = 5.0
_SEND_S = 10.0
_LOOK_S = 15.0
_LONGEST = 64 * 1024
_REGISTER_S = 120


class IceServer(Shape):
    """A STUN or TURN server as RTCPeerConnection takes it; the credential ends with the shift."""

    urls: list[str] = Field(examples=[["turn:turn.example.cn:3478"]])
    username: str = Field(examples=["1763748000:8001"])
    credential: str = Field(examples=["b2xkIGFuZCB3aXNl"])


class SeatPhoneView(Shape):
    """How the page's phone speaks to the switch. `socket`: path of the WebSocket; null: no phones in pages here."""

    uri: str = Field(examples=["sip:8001-web@hotline"])
    socket: str | None = Field(examples=[SOCKET])
    register_s: int = Field(examples=[_REGISTER_S], description="how often to register anew, seconds")
    ice_servers: list[IceServer]


@router.get("/{seat_id}/phone", summary="网页电话", responses=documented(404))
async def phone(
    seat_id: Id, actor: Annotated[Actor, only("agent", "supervisor")], found: PartsDep
) -> SeatPhoneView:
    """What the phone in the page needs; for who sits there. No password: the socket is let through by the log-in."""
    async with found.database.reading() as session:
        seat = await seats.get(session, seat_id)
    if seat.user_id != actor.id:
        raise NotAllowed("这不是您签入的座席")
    socket = SOCKET if found.settings.sip_ws else None
    return SeatPhoneView(
        uri=f"sip:{seat.sip_user}{WEB}@{DOMAIN}", socket=socket, register_s=_REGISTER_S,
        ice_servers=ice_servers(found, seat_id, datetime.now(UTC)),
    )  # fmt: skip


def ice_servers(found: Parts, seat_id: str, now: datetime) -> list[IceServer]:
    """TURN with a credential that ends by itself, as coturn's use-auth-secret reads it (draft-uberti-behave-turn-rest)."""
    settings = found.settings
    if not settings.turn_urls:
        return []
    username = f"{int(now.timestamp()) + settings.shift_s}:{seat_id}"
    credential = turn_credential(username, settings.turn_secret.get_secret_value())
    return [IceServer(urls=list(settings.turn_urls), username=username, credential=credential)]


def turn_credential(username: str, secret: str) -> str:
    """base64(HMAC-SHA1(secret, username))."""
    return base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()


@socket_router.websocket(SOCKET)
async def sip(socket: WebSocket, found: PartsDep) -> None:
    """One page's phone."""
    await Line(socket, found).run()


class Goodbye(Exception):
    """Close the socket with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Line:
    """From one page to the switch and back: two pumps, and a look now and then whether they still sit there."""

    def __init__(self, socket: WebSocket, found: Parts) -> None:
        self._socket, self._found = socket, found
        self._displaced = asyncio.Event()
        self._token = next(
            (one.removeprefix("bearer.") for one in socket.scope.get("subprotocols", []) if one.startswith("bearer.")), ""
        )  # fmt: skip

    async def run(self) -> None:
        """Serve until somebody hangs up for good; never raises for what a page or the switch does."""
        await self._socket.accept("sip")
        try:
            await self._serve()
        except* Goodbye as group:
            await self._close(_first(group))
        except* (WebSocketDisconnect, ConnectionClosed):
            await self._close(Goodbye(TRY_LATER, "the switch hung up"))
        except* Exception as group:  # noqa: BLE001 - the last edge of a phone: logged, the page comes back
            log.error("phone_failed", trace=trace(group))
            await self._close(Goodbye(1011, "internal error"))

    async def _serve(self) -> None:
        seat, phone = await self._seat()
        lines = self._found.lines
        if before := lines.get(seat):
            before.displace()
        lines[seat] = self
        try:
            switch = await self._switch()
            try:
                log.info("phone_opened", seat=seat)
                await self._carry(switch, phone)
            finally:
                await switch.close()
        finally:
            if lines.get(seat) is self:
                del lines[seat]
            log.info("phone_closed", seat=seat)

    def displace(self) -> None:
        """Another window took this seat's phone."""
        self._displaced.set()

    async def _seat(self) -> tuple[str, SeatPhone]:
        """Where this person sits now. Raises Goodbye."""
        try:
            self._claims = self._found.tokens.read(self._token, "access")
            actor = await actor_of(self._found, self._token)
        except (NotAuthenticated, NotAllowed) as error:
            raise Goodbye(NOT_LOGGED_IN, "log in again") from error
        if not passes(actor.role, ("agent", "supervisor")):
            raise Goodbye(NOT_SEATED, "no seat for this role")
        async with self._found.database.reading() as session:
            seat = await seats.of_user(session, actor.id)
        if seat is None:
            raise Goodbye(NOT_SEATED, "take a seat first")
        return seat.id, SeatPhone(f"{seat.sip_user}{WEB}", seat.sip_secret or "")

    async def _switch(self) -> ClientConnection:
        address = self._found.settings.sip_ws
        if not address:
            raise Goodbye(TRY_LATER, "no phones in pages here")
        try:
            return await connect(
                address, subprotocols=[Subprotocol("sip")], open_timeout=_CONNECT_S, max_size=_LONGEST, proxy=None,
                compression=None, max_queue=64,
            )  # fmt: skip
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise Goodbye(TRY_LATER, "the switch does not answer") from error

    async def _carry(self, switch: ClientConnection, phone: SeatPhone) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._up(switch, phone))
            tasks.create_task(self._down(switch))
            tasks.create_task(self._look(phone))
            tasks.create_task(self._yield())

    async def _up(self, switch: ClientConnection, phone: SeatPhone) -> None:
        while True:
            frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame.get("code", 1006))
            text = frame.get("text")
            try:
                said = outgoing(text if text is not None else (frame.get("bytes") or b"").decode(), phone)
            except (NotASeatsWord, UnicodeDecodeError) as error:
                raise Goodbye(BAD_WORD, "not a seat's word") from error
            async with asyncio.timeout(_SEND_S):
                await switch.send(said)

    async def _down(self, switch: ClientConnection) -> None:
        async for said in switch:
            async with asyncio.timeout(_SEND_S):
                await self._socket.send_text(said if isinstance(said, str) else said.decode(errors="replace"))
        raise Goodbye(TRY_LATER, "the switch hung up")

    async def _look(self, phone: SeatPhone) -> None:
        """A log-out from the seat, a closed account or the end of the shift ends the phone."""
        while True:
            await asyncio.sleep(_LOOK_S)
            async with self._found.database.reading() as session:
                over = datetime.now(UTC) >= self._claims.shift_ends
                if over and not await seats.in_a_talk(session, self._claims.sub):
                    raise Goodbye(NOT_LOGGED_IN, "the shift is over")
                user = await users.by_id(session, self._claims.sub)
                seat = await seats.of_user(session, self._claims.sub)
            if user is None or not user.active or not still_good(self._claims, user.password_hash):
                raise Goodbye(NOT_LOGGED_IN, "log in again")
            if seat is None or f"{seat.sip_user}{WEB}" != phone.user:
                raise Goodbye(NOT_SEATED, "no longer sits there")

    async def _yield(self) -> None:
        await self._displaced.wait()
        raise Goodbye(ELSEWHERE, "opened in another window")

    async def _close(self, goodbye: Goodbye) -> None:
        if self._socket.client_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(2):
                await self._socket.close(goodbye.code, goodbye.reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            log.info("phone_gone", reason=goodbye.reason)


def _first(group: BaseExceptionGroup[Goodbye]) -> Goodbye:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Goodbye)
    return found
