"""What a private Asterisk is to be: ports, folders, seats, trunks, lines. Checked here, so templates need not escape."""

import re
import sys
from dataclasses import dataclass, field, fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal

from agi.errors import UnsafeConfig

NAME = r"[A-Za-z][A-Za-z0-9_-]{0,39}"
USER = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
SECRET = r"[A-Za-z0-9_.~+/@:!*$%^&=-]{4,128}"
NUMBER = r"\+?[0-9]{1,20}"
HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]{2,39}\]?"
SIP_URI = r"sip:([A-Za-z0-9_.+-]{1,64}@)?[A-Za-z0-9.\[\]:-]{1,255}(;transport=(udp|tcp))?"
PATH = r"/[^\x00-\x1f;,|&\"'`$\\\[\](){}<>#=?*]{0,200}"


def check(what: str, value: str, pattern: str, empty: bool = False) -> str:
    """Give `value` back where all of it matches `pattern`. Raises UnsafeConfig naming `what`, never the value."""
    if (empty and not value) or re.fullmatch(pattern, value):
        return value
    raise UnsafeConfig(f"{what} has characters or a length that Asterisk's configuration can't hold safely")


def check_number(what: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UnsafeConfig(f"{what} must be a whole number from {low} to {high}")


def web_of(user: str) -> str:
    """The account of the phone in the page of the seat whose telephone is `user`."""
    return f"{user}-web"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat's SIP account. `contact`: fixed SIP address of a phone that doesn't register."""

    id: str
    user: str
    secret: str = field(repr=False)
    contact: str = ""

    def __post_init__(self) -> None:
        check("seat id", self.id, USER)
        check(f"seat {self.id}: user", self.user, USER)
        check(f"seat {self.id}: secret", self.secret, SECRET)
        check(f"seat {self.id}: contact", self.contact, SIP_URI, empty=True)
        check(f"seat {self.id}: web", self.web, USER)

    @property
    def web(self) -> str:
        """The account of the phone in the seat's page, beside that of its telephone; the same secret."""
        return web_of(self.user)


@dataclass(frozen=True, slots=True)
class Line:
    """A dialable number of the hotline, digits as the carrier presents them."""

    number: str

    def __post_init__(self) -> None:
        check("line number", self.number, NUMBER)


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier, as data.

    auth: `ip` (recognised by `match`), `register` (we register there with user and secret) or `password` (the peer
    proves itself to us with `id` as its user name). order: failover position for outbound calls, low first. display: our number shown outbound.
    """

    id: str
    host: str = ""
    port: int = 5060
    auth: Literal["ip", "register", "password"] = "ip"
    match: tuple[str, ...] = ()
    user: str = ""
    secret: str = field(default="", repr=False)
    qualify_s: int = 30
    identity: bool = True  # P-Asserted-Identity: believed inbound, sent outbound
    display: str = ""
    early_media: bool = False
    order: int = 100
    outbound: bool = True

    def __post_init__(self) -> None:
        check("trunk id", self.id, NAME)
        check(f"trunk {self.id}: host", self.host, HOST, empty=True)
        check(f"trunk {self.id}: display", self.display, NUMBER, empty=True)
        check(f"trunk {self.id}: user", self.user, USER, empty=self.auth != "register")
        check(f"trunk {self.id}: secret", self.secret, SECRET, empty=self.auth == "ip")
        check_number(f"trunk {self.id}: port", self.port, 1, 65535)
        check_number(f"trunk {self.id}: qualify_s", self.qualify_s, 0, 3600)
        for address in self.match:
            _check_network(f"trunk {self.id}: match", address)
        if self.auth == "ip" and not self.match:
            raise UnsafeConfig(f"trunk {self.id}: IP authentication needs at least one address in match")
        if self.auth == "register" and not self.host:
            raise UnsafeConfig(f"trunk {self.id}: registration needs a host")


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """One private Asterisk. Folders absolute; `bind` and `advertised` are IP addresses; times in seconds.

    fallback_calls: how many messages are taken at once while the service is silent; each is a process of about 14 MB.
    ws_port: SIP over WebSocket on loopback for phones in pages; 0: none.
    open_door: peers that are neither a trunk nor a seat may call our lines; for machines nobody else can reach.
    """

    run: Path
    recordings: Path
    spool: Path
    sounds: Path
    sip_port: int
    ami_port: int
    ami_secret: str = field(repr=False)
    agi_port: int
    rtp_start: int = 20000
    rtp_end: int = 20999
    bind: str = "127.0.0.1"
    advertised: str = ""
    local_nets: tuple[str, ...] = ()
    agi_host: str = "127.0.0.1"
    ws_port: int = 0
    ami_user: str = "hotline"
    node: str = ""
    open_door: bool = False
    question_s: int = 6
    rtp_timeout_s: int = 20
    message_silence_s: int = 5
    message_max_s: int = 120
    fallback_calls: int = 40
    python: Path = Path(sys.executable)
    project: Path = Path(__file__).resolve().parent.parent

    def __post_init__(self) -> None:
        for spec in fields(self):
            value: Any = getattr(self, spec.name)
            if isinstance(value, Path):
                check(spec.name, str(value), PATH)
            elif spec.name == "ws_port":
                check_number(spec.name, value, 0, 65535)
            elif spec.name.endswith("_port") or (
                spec.name.startswith("rtp_") and spec.name != "rtp_timeout_s"
            ):
                check_number(spec.name, value, 1, 65535)
            elif spec.name.endswith("_s"):
                check_number(spec.name, value, 1, 3600)
        check_number("fallback_calls", self.fallback_calls, 1, 1000)
        check("ami_secret", self.ami_secret, SECRET)
        check("ami_user", self.ami_user, NAME)
        check("node", self.node, NAME, empty=True)
        check("agi_host", self.agi_host, HOST)
        for address in (self.bind, *filter(None, [self.advertised])):
            _check_address("bind or advertised", address)
        for net in self.local_nets:
            _check_network("local_nets", net)
        if self.rtp_end - self.rtp_start < 3:
            raise UnsafeConfig("rtp_end must leave at least four ports above rtp_start")

    @property
    def media_address(self) -> str:
        """The address to write into SDP; '' lets Asterisk choose (it then asks the resolver for our host name)."""
        return self.advertised or ("" if ip_address(self.bind).is_unspecified else self.bind)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPlan:
    """All that the configuration is generated from."""

    settings: SwitchSettings
    seats: tuple[Seat, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        web = [s.web for s in self.seats] if self.settings.ws_port else []
        names = (
            [s.user for s in self.seats]
            + web
            + [t.id for t in self.trunks]
            + ["global", "system", "udp", "ws"]
        )
        for what, values in (("SIP account", names), ("line", [n.number for n in self.lines])):
            twice = sorted({v for v in values if values.count(v) > 1})
            if twice:
                raise UnsafeConfig(f"{what} stands twice: {', '.join(twice)}")

    @property
    def outbound(self) -> tuple[Trunk, ...]:
        """Trunks that carry outbound calls, in failover order."""
        return tuple(sorted((t for t in self.trunks if t.outbound and t.host), key=lambda t: (t.order, t.id)))


def _check_address(what: str, value: str) -> None:
    try:
        ip_address(value)
    except ValueError:
        raise UnsafeConfig(f"{what} is not an IP address") from None


def _check_network(what: str, value: str) -> None:
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise UnsafeConfig(f"{what} is not an IP address or network") from None
