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
from core.policy import VALIDITY_NAMES

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
        ("models", _models), ("policy", _policy), ("telephone", _telephone), ("calendar", _calendar), ("database", _database),
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
    there = next(folder for folder in (s.home, *s.home.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free / 1e9
    days = free * 1e9 / (32_000 * 3600 * 24 * 0.3)  # one seat talks 30 % of the day, 32 kB a second
    return Finding(
        "disk", free >= LEAST_GB, f"{s.home}：可用 {free:.0f} GB，约可存 {days:.0f} 个座席日的录音"
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
        return Finding("ami", None, f"{s.ami_host}:{s.ami_port}：Asterisk 未运行")
    asyncio.run(log_in(AmiSettings(s.ami_port, s.secret("ami_secret"), s.ami_host)))
    return Finding("ami", True, f"{s.ami_host}:{s.ami_port}：已登录")


def _ports(s: Settings) -> Finding:
    """A port held by this very instance is well; one held by anybody else keeps us from starting."""
    tcp = {"api": s.api_port, "agi": s.agi_port, "audio": s.audio_port, "ami": s.ami_port}
    tcp |= {
        name: port
        for name, port in (("watch", s.watch_port), ("https", s.https_port), ("ws", s.ws_port))
        if port
    }
    held = port_owners.sockets("tcp", tcp.values()) | {
        -port: inodes for port, inodes in port_owners.sockets("udp", [s.sip_port]).items()
    }
    names = {port: f"{name} {port}" for name, port in tcp.items()} | {-s.sip_port: f"sip {s.sip_port}/udp"}
    if not held and _unseen(s):
        return Finding("ports", False, f"已被占用，看不出由谁占用：{_unseen(s)}")
    ours = port_owners.inodes_of(s.home, s.asterisk / "etc" / "asterisk.conf") if held else set()
    strangers = [names[port] for port, inodes in held.items() if not inodes & ours]
    if strangers:
        return Finding("ports", False, f"被其他程序占用：{'、'.join(sorted(strangers))}")
    if held:
        return Finding("ports", True, f"本实例正在运行，占用：{'、'.join(names[p] for p in held)}")
    return Finding("ports", True, f"空闲：{'、'.join(names.values())}")


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
    room = f"{ports[0]}-{ports[-1]}：可容 {(len(ports) - len(strangers)) // 4} 路通话"
    if ports[-1] > 65535:
        return Finding("media", False, f"{ports[0]}-{ports[-1]} 超出 65535")
    if s.sip_port in ports:
        return Finding("media", False, f"SIP 端口 {s.sip_port} 落在媒体端口 {ports[0]}-{ports[-1]} 之内")
    if len(strangers) > len(ports) // 10:
        return Finding("media", False, f"{room}；{len(strangers)} 个端口被其他程序占用")
    first, last = _ephemeral()
    if ports[0] <= last and first <= ports[-1]:
        return Finding("media", None, f"{room}；系统会把 {first}-{last} 的端口分给任何程序")
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

    live = choose(s.recognise_live, s.models, live=True) if s.recognise_live != "off" else None
    after = choose(s.recognise_after, s.models) if s.recognise_after != "off" else None
    said = [
        f"{name}：{c.model}（{c.reason}）" if c else f"{name}：关闭"
        for name, c in (("通话中", live), ("通话后", after))
    ]
    return Finding("models", True, "；".join(said))


def _policy(s: Settings) -> Finding:
    from app import policies

    policy = policies.load(s.policy)
    valid = policy.validity(date.today())  # noqa: DTZ011 - the operator's own day
    return Finding(
        "policy",
        True if valid == "valid" else None,
        f"{policy.name} {policy.title}，{VALIDITY_NAMES[valid]}（{valid}），{policy.hash[:12]}",
    )


def _telephone(s: Settings) -> Finding:
    """Menus and lines beside what the city's rules say of them."""
    from app import policies, seeding
    from app.city_phones import unmet
    from app.wire import MENUS
    from ivr import parse

    menus = parse(MENUS.read_text(encoding="utf-8"), MENUS.name)
    found = unmet(policies.load(s.policy), menus, seeding.city_lines(s.policy))
    return Finding("telephone", None if found else True, "；".join(found) or "语音菜单和线路与规则相符")


def _calendar(s: Settings) -> Finding:
    """Deadlines reach into next year: a year nobody published is computed, and said to be provisional."""
    from app import policies

    calendar, year = policies.load_calendar(), date.today().year  # noqa: DTZ011 - the operator's own day
    open_years = [y for y in (year, year + 1) if not calendar.published(y)]
    if year in open_years:
        return Finding("calendar", False, f"{year} 年放假安排未公布：各项期限均为暂定")
    return Finding(
        "calendar",
        None if open_years else True,
        f"{year} 年已公布" + "".join(f"；{y} 年暂定" for y in open_years),
    )


def _database(s: Settings) -> Finding:
    """Looked at where it is, never made: the first start does that."""
    from app.opened import database, has_started

    async def look() -> str:
        async with database(s, looking=True) as opened:
            return f"{opened.dialect}，结构版本 {await opened.check()}"

    if not has_started(s):
        return Finding("database", None, "尚未建立，首次 ./hotline up 时建立")

    return Finding("database", True, asyncio.run(look()))
