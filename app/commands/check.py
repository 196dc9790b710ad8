"""`./hotline check`: what would keep an instance from running, found before it runs."""

import asyncio
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from app import port_owners
from app.cli import emit, out
from app.settings import Settings, settings
from core.errors import HotlineError

OLDEST_ASTERISK = 20
LEAST_GB = 4.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `ok` None: worth knowing, does not stop anything."""

    what: str
    ok: bool | None
    detail: str


def check(json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """开机前检查：端口、磁盘、模型、Asterisk、AMI 登录、日历年份 · preflight."""
    found = inspect(settings())
    if json:
        emit({"ok": all(f.ok is not False for f in found), "findings": [vars_of(f) for f in found]})
    else:
        for one in found:
            mark, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("•", "yellow")}[one.ok]
            out.print(f"[{style}]{mark}[/{style}] {one.what:<12} ", end="")
            out.print(one.detail, markup=False, highlight=False, soft_wrap=True)
    if any(one.ok is False for one in found):
        raise typer.Exit(1)


def vars_of(one: Finding) -> dict[str, Any]:
    return {"what": one.what, "ok": one.ok, "detail": one.detail}


def inspect(s: Settings) -> list[Finding]:
    """Every finding, in the order an operator would look."""
    looks: list[tuple[str, Callable[[Settings], Finding]]] = [
        ("python", _python), ("disk", _disk), ("asterisk", _asterisk), ("ami", _ami), ("ports", _ports), ("media", _media),
        ("models", _models), ("policy", _policy), ("calendar", _calendar), ("database", _database),
    ]  # fmt: skip
    found = []
    for what, look in looks:
        try:
            found.append(look(s))
        except (HotlineError, OSError) as error:
            found.append(Finding(what, False, str(error)))
    return found


def _python(s: Settings) -> Finding:
    return Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])


def _disk(s: Settings) -> Finding:
    s.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(s.home).free / 1e9
    days = free * 1e9 / (32_000 * 3600 * 24 * 0.3)  # one seat talks 30 % of the day, 32 kB a second
    return Finding(
        "disk", free >= LEAST_GB, f"{s.home}: {free:.0f} GB free, about {days:.0f} seat-days of recordings"
    )


def _asterisk(s: Settings) -> Finding:
    from app.instance import install

    found = install()
    return Finding("asterisk", found.major >= OLDEST_ASTERISK, f"{found.version} ({found.root})")


def _ami(s: Settings) -> Finding:
    """Where this instance's Asterisk runs, its AMI must let us in; where not, its port must be free."""
    from agi.ami_link import AmiSettings
    from app.ami_probe import log_in

    if not _listening(s.ami_host, s.ami_port):
        return Finding("ami", None, f"{s.ami_host}:{s.ami_port}: Asterisk is not running")
    asyncio.run(log_in(AmiSettings(s.ami_port, s.secret("ami_secret"), s.ami_host)))
    return Finding("ami", True, f"{s.ami_host}:{s.ami_port}: logged in")


def _ports(s: Settings) -> Finding:
    """A port held by this very instance is well; one held by anybody else keeps us from starting."""
    tcp = {"api": s.api_port, "agi": s.agi_port, "audio": s.audio_port, "ami": s.ami_port}
    tcp |= {"watch": s.watch_port} if s.watch_port else {}
    held = port_owners.sockets("tcp", tcp.values()) | {
        -port: inodes for port, inodes in port_owners.sockets("udp", [s.sip_port]).items()
    }
    names = {port: f"{name} {port}" for name, port in tcp.items()} | {-s.sip_port: f"sip {s.sip_port}/udp"}
    if not held and _unseen(s):
        return Finding("ports", False, f"in use, by whom can't be seen: {_unseen(s)}")
    ours = port_owners.inodes_of(s.home, s.asterisk / "etc" / "asterisk.conf") if held else set()
    strangers = [names[port] for port, inodes in held.items() if not inodes & ours]
    if strangers:
        return Finding("ports", False, f"taken by another program: {', '.join(sorted(strangers))}")
    if held:
        return Finding(
            "ports", True, f"held by this instance, which runs: {', '.join(names[p] for p in held)}"
        )
    return Finding("ports", True, f"{', '.join(names.values())} free")


def _unseen(s: Settings) -> str:
    """The API's port where something answers there that the system's own tables don't show (no /proc)."""
    return (
        f"api {s.api_port}"
        if not Path("/proc/net/tcp").exists() and _listening(s.api_host, s.api_port)
        else ""
    )


def _media(s: Settings) -> Finding:
    """Each of the media range's UDP ports, those of our own running Asterisk apart; a few taken ones it passes by itself."""
    ports = range(s.rtp_start, s.rtp_start + s.rtp_ports)
    held = port_owners.sockets("udp", ports)
    ours = port_owners.inodes_of(s.home, s.asterisk / "etc" / "asterisk.conf") if held else set()
    strangers = sorted(port for port, inodes in held.items() if not inodes & ours)
    room = f"{ports[0]}-{ports[-1]}: room for {(len(ports) - len(strangers)) // 4} calls"
    if ports[-1] > 65535:
        return Finding("media", False, f"{ports[0]}-{ports[-1]} goes beyond 65535")
    if s.sip_port in ports:
        return Finding(
            "media", False, f"the SIP port {s.sip_port} lies in the media range {ports[0]}-{ports[-1]}"
        )
    if len(strangers) > len(ports) // 10:
        return Finding("media", False, f"{room}; {len(strangers)} ports are another program's")
    first, last = _ephemeral()
    if ports[0] <= last and first <= ports[-1]:
        return Finding("media", None, f"{room}; the system gives ports {first}-{last} to anybody")
    return Finding("media", None if strangers else True, room)


def _ephemeral() -> tuple[int, int]:
    """Ports the system gives to whoever asks for any (ip(7)); an empty range where it does not say."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(first), int(last)
    except (OSError, ValueError):
        return 1, 0


def _listening(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0


def _models(s: Settings) -> Finding:
    from asr.registry import choose

    live = choose(s.recognise_live, s.models) if s.recognise_live != "off" else None
    after = choose(s.recognise_after, s.models) if s.recognise_after != "off" else None
    said = [
        f"{name}: {c.model} ({c.reason})" if c else f"{name}: off"
        for name, c in (("live", live), ("after call", after))
    ]
    return Finding("models", True, "; ".join(said))


def _policy(s: Settings) -> Finding:
    from app import policies

    policy = policies.load(s.policy)
    valid = policy.validity(date.today())  # noqa: DTZ011 - the operator's own day
    return Finding(
        "policy",
        True if valid == "valid" else None,
        f"{policy.name} {policy.title}, {valid}, {policy.hash[:12]}",
    )


def _calendar(s: Settings) -> Finding:
    """Deadlines reach into next year: a year nobody published is computed, and said to be provisional."""
    from app import policies

    calendar, year = policies.load_calendar(), date.today().year  # noqa: DTZ011 - the operator's own day
    open_years = [y for y in (year, year + 1) if not calendar.published(y)]
    if year in open_years:
        return Finding("calendar", False, f"{year} has no published calendar: every deadline is provisional")
    return Finding(
        "calendar",
        None if open_years else True,
        f"{year} published" + "".join(f"; {y} provisional" for y in open_years),
    )


def _database(s: Settings) -> Finding:
    from app.opened import database

    async def look() -> str:
        async with database(s) as opened:
            return f"{opened.dialect}, schema {await opened.check()}"

    return Finding("database", True, asyncio.run(look()))
