"""A SIP peer small enough to see through: keeps every message it gets, answers as told. For carriers and registrations."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Message:
    """One request or response."""

    start: str
    headers: dict[str, str]
    body: str
    source: tuple[str, int]

    @property
    def method(self) -> str:
        return self.start.split()[0]

    @property
    def status(self) -> int:
        return int(self.start.split()[1])


def parse(data: bytes, source: tuple[str, int]) -> Message:
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers.setdefault(name, value)
    headers["via"] = "\r\nVia: ".join(value for name, value in pairs if name == "via")
    return Message(start, headers, body, source)


Answer = Callable[[Message], str]


@dataclass
class SipPeer(asyncio.DatagramProtocol):
    """`answers`: method -> response text (see `reply`), or nothing to stay silent."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Message] = field(default_factory=list)
    responses: list[Message] = field(default_factory=list)
    host: str = ""
    port: int = 0

    async def open(self, host: str, port: int = 0) -> "SipPeer":
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(host, port)
        )
        self.host, self.port = self._transport.get_extra_info("sockname")
        return self

    def close(self) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip():
            return
        message = parse(data, addr)
        if message.start.startswith("SIP/2.0"):
            self.responses.append(message)
            return
        self.requests.append(message)
        answer = self.answers.get(message.method)
        if answer is not None:
            self._transport.sendto(answer(message).encode(), addr)

    def got(self, method: str) -> list[Message]:
        return [m for m in self.requests if m.method == method]

    def send(
        self,
        method: str,
        uri: str,
        to: tuple[str, int],
        user: str,
        extra: str = "",
        body: str = "",
        recipient: str = "",
    ) -> None:
        lines = [
            f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(6)};rport",
            f"From: <sip:{user}@{self.host}>;tag={secrets.token_hex(4)}", f"To: <{recipient or uri}>", f"Call-ID: {secrets.token_hex(8)}",
            f"CSeq: 1 {method}", f"Contact: <sip:{user}@{self.host}:{self.port}>", "Max-Forwards: 70",
            *([extra] if extra else []), *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self._transport.sendto("\r\n".join(lines).encode(), to)


def reply(request: Message, status: str, extra: str = "", body: str = "") -> str:
    """A response to `request`; adds a To tag."""
    to = request.headers["to"] + ("" if "tag=" in request.headers["to"] else ";tag=peer")
    lines = [
        f"SIP/2.0 {status}", f"Via: {request.headers['via']}", f"From: {request.headers['from']}", f"To: {to}",
        f"Call-ID: {request.headers['call-id']}", f"CSeq: {request.headers['cseq']}", *([extra] if extra else []),
        f"Content-Length: {len(body)}", "", body,
    ]  # fmt: skip
    return "\r\n".join(lines)


def digest(challenge: str, method: str, uri: str, user: str, secret: str) -> str:
    """The Authorization header that answers a WWW-Authenticate `challenge` (RFC 2617, MD5)."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    first, second = md5(f"{user}:{said['realm']}:{secret}"), md5(f"{method}:{uri}")
    nc, cnonce = "00000001", "abcdef"
    middle = f"{said['nonce']}:{nc}:{cnonce}:auth" if "qop" in said else said["nonce"]
    parts = f'username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", algorithm=MD5'
    qop = f', qop=auth, nc={nc}, cnonce="{cnonce}"' if "qop" in said else ""
    opaque = f', opaque="{said["opaque"]}"' if "opaque" in said else ""
    return f'Authorization: Digest {parts}, response="{md5(f"{first}:{middle}:{second}")}"{qop}{opaque}'
