"""A socket server that plays Asterisk's AMI, and misbehaves as told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"

Fields = dict[str, str]


def message(*lines: str) -> str:
    return "\r\n".join(lines) + "\r\n\r\n"


def channel(name: str, call: str = "call-1", seat: str = "", leg: str = "", bridge: str = "") -> str:
    """A CoreShowChannel event as Asterisk 22 sends it; the action id is filled in later."""
    return message(
        "Event: CoreShowChannel", "ActionID: {id}", f"Channel: {name}", "ChannelStateDesc: Up", "Linkedid: 17.1",
        f"ChanVariable: HL_CALL={call}", f"ChanVariable: HL_SEAT={seat}", f"ChanVariable: HL_LEG={leg}", f"BridgeId: {bridge}",
    )  # fmt: skip


def dial_end(
    citizen: str = "PJSIP/c-1", agent: str = "PJSIP/a-2", call: str = "call-1", seat: str = "1001"
) -> str:
    return message(
        "Event: DialEnd", f"Channel: {citizen}", f"DestChannel: {agent}", "DestLinkedid: 17.1", "DialStatus: ANSWER",
        f"ChanVariable: HL_CALL={call}", "ChanVariable: HL_LEG=citizen",
        f"DestChanVariable: HL_CALL={call}", f"DestChanVariable: HL_SEAT={seat}", "DestChanVariable: HL_LEG=",
    )  # fmt: skip


def hangup(name: str, call: str = "call-1", leg: str = "") -> str:
    return message(
        "Event: Hangup", f"Channel: {name}", "Linkedid: 17.1", "Cause: 16",
        f"ChanVariable: HL_CALL={call}", "ChanVariable: HL_SEAT=1001", f"ChanVariable: HL_LEG={leg}",
    )  # fmt: skip


@dataclass
class FakeAmi:
    """`channels` is what CoreShowChannels tells; `mute` names actions that get no answer; `override` changes an answer."""

    secret: str = "right-one"
    banner: bytes = BANNER
    channels: list[str] = field(default_factory=list)
    mute: set[str] = field(default_factory=set)
    override: dict[str, Callable[[Fields], str]] = field(default_factory=dict)
    actions: list[Fields] = field(default_factory=list)
    logins: int = 0
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As a restart looks from outside: the port is closed, every link broken."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    def send(self, data: str | bytes) -> None:
        for writer in self.writers:
            writer.write(data.encode() if isinstance(data, str) else data)

    def sent(self, action: str) -> list[Fields]:
        """Actions of that name which reached us."""
        return [fields for fields in self.actions if fields["action"] == action]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            writer.write(self.banner)
            while True:
                raw = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = {
                    k.lower(): v for k, _, v in (line.partition(": ") for line in raw.strip().split("\r\n"))
                }
                self.actions.append(fields)
                if fields["action"] not in self.mute:
                    writer.write(self._answer(fields).replace("{id}", fields["actionid"]).encode())
        except (EOFError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, fields: Fields) -> str:
        action, success = fields["action"], message("Response: Success", "ActionID: {id}", "Message: ok")
        if action in self.override:
            return self.override[action](fields)
        if action == "Login":
            self.logins += 1
            if fields["secret"] != self.secret:
                return message("Response: Error", "ActionID: {id}", "Message: Authentication failed")
            return success + BOOTED
        if action == "CoreShowChannels":
            head = message(
                "Response: Success", "ActionID: {id}", "EventList: start", "Message: Channels will follow"
            )
            return (
                head
                + "".join(self.channels)
                + message("Event: CoreShowChannelsComplete", "ActionID: {id}", "EventList: Complete")
            )
        if action == "Originate":
            queued = message("Response: Success", "ActionID: {id}", "Message: Originate successfully queued")
            return queued + message(
                "Event: OriginateResponse", "ActionID: {id}", "Response: Success", "Reason: 4"
            )
        return success
