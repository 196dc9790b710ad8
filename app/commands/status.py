"""`./hotline status`: every process, port and link of the instance in this environment."""

import asyncio
import re
import socket
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from app import port_owners
from app.cli import emit, err, out
from app.settings import PROJECT, Settings, settings
from core.errors import HotlineError, NotFound

NEEDED = ("api", "agi", "ami")  # the port for captions is open only where there is a recogniser


def status(json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """正在运行的实例：进程、端口、连接 · a running instance's processes, ports and links. Exit 1 where it is not well."""
    from app.opened import must_have_started

    s = settings()
    try:
        must_have_started(s)
    except NotFound as error:  # a question of how it is, not a slip of the caller's
        err.print(f"hotline: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    found = look(s)
    if json:
        emit(found)
    else:
        _show(found)
    raise typer.Exit(0 if found["ok"] else 1)


def look(s: Settings) -> dict[str, Any]:
    """What runs, as JSON-able facts; `ok` only where every part says so."""
    health = _health(s)
    processes = {name: _process(s.home / "pids" / name) for name in ("up", "service")} | {
        "asterisk": _process(s.asterisk / "asterisk.service.pid")
    }
    ports = {
        "api": _port(s.api_host, s.api_port), "agi": _port(s.agi_host, s.agi_port),
        "audio": _port(s.audio_host, s.audio_port), "ami": _port(s.ami_host, s.ami_port),
    }  # fmt: skip
    if ports["api"]["listening"] and not _ours(s, processes):
        health = {"status": "elsewhere", "detail": "端口由别的实例或程序占用 (answered by another instance)", "parts": {}}  # fmt: skip
    ok = health.get("status") == "ok" and all(ports[name]["listening"] for name in NEEDED)
    return {
        "ok": ok, "home": str(s.home), "processes": processes, "ports": ports, "health": health,
        "sip": _sip(s) if processes["asterisk"]["running"] else {"trunks": [], "phones": []}, "redis": _redis(s),
    }  # fmt: skip


def _ours(s: Settings, processes: dict[str, dict[str, Any]]) -> bool:
    """Whether this home's own service answers: by who holds the port; where that can't be seen, by what runs."""
    held = port_owners.sockets("tcp", [s.api_port]).get(s.api_port, set())
    homes = port_owners.homes_of(held, PROJECT / "run")
    return s.home in homes if homes else any(processes[name]["running"] for name in ("up", "service"))


def _process(pid_file: Path) -> dict[str, Any]:
    try:
        pid = int(pid_file.read_text())
        running = Path(f"/proc/{pid}").exists()
    except (OSError, ValueError):
        return {"pid": None, "running": False}
    return {"pid": pid, "running": running}


def _port(host: str, port: int) -> dict[str, Any]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        listening = probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0
    return {"address": f"{host}:{port}", "listening": listening}


def _sip(s: Settings) -> dict[str, Any]:
    """What Asterisk says of its registrations and contacts; `problem` where it does not answer."""
    from agi.asterisk import Asterisk
    from app.instance import install

    try:
        asterisk = Asterisk(install(), s.asterisk)
        return sip_state(asterisk.cli("pjsip show registrations"), asterisk.cli("pjsip show contacts"))
    except HotlineError as error:
        return {"trunks": [], "phones": [], "problem": str(error)}


_REGISTRATION = re.compile(r"^\s*(?P<name>[^\s/<=]+)/sip\S*\s+\S+\s+(?P<state>[A-Z][a-z]+)", re.M)
_CONTACT = re.compile(
    r"^\s*Contact:\s+(?P<aor>[^\s/<]+)/\S+\s+\S+\s+(?P<state>[A-Z]\w+)\s+(?P<rtt>\S+)", re.M
)


def sip_state(registrations: str, contacts: str) -> dict[str, Any]:
    """Asterisk's two tables as facts: trunks by name (ours begin with a letter), telephones by account (a seat's is digits).

    `registered` None: a trunk that does not register; `reachable` None: it is not asked (qualify 0) or not yet.
    """
    signed = {m["name"]: m["state"] for m in _REGISTRATION.finditer(registrations)}
    seen = {m["aor"]: (m["state"], m["rtt"]) for m in _CONTACT.finditer(contacts)}
    names = sorted({*signed, *(aor for aor in seen if not aor[:1].isdigit())})
    trunks = [
        {
            "name": name,
            "registered": signed[name] == "Registered" if name in signed else None,
            **_reach(seen.get(name)),
        }
        for name in names
    ]
    phones = [{"seat": aor, **_reach(seen[aor])} for aor in sorted(seen) if aor not in names]
    return {"trunks": trunks, "phones": phones}


def _reach(seen: tuple[str, str] | None) -> dict[str, Any]:
    state, rtt = seen or ("", "")
    known = {"Avail": True, "Unavail": False}.get(state)
    return {"reachable": known, "rtt_ms": float(rtt) if known and rtt.replace(".", "").isdigit() else None}


def _redis(s: Settings) -> dict[str, Any] | None:
    """None where the instance has none."""
    from app.health_parts import redis_part

    if not s.redis_url:
        return None

    async def ask() -> str:
        return await redis_part(s.redis_url)()

    try:
        return {"ok": True, "detail": asyncio.run(ask())}
    except HotlineError as error:
        return {"ok": False, "detail": str(error)}


def _health(s: Settings) -> dict[str, Any]:
    host = "127.0.0.1" if s.api_host == "0.0.0.0" else s.api_host
    try:
        answer = httpx.get(f"http://{host}:{s.api_port}/health", timeout=8, trust_env=False)
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return {"status": "unreachable", "detail": str(error) or type(error).__name__, "parts": {}}
    return found


def _show(found: dict[str, Any]) -> None:
    out.print(
        f"{'✓ 正常' if found['ok'] else '✗ 不正常'}  {found['home']}", style="green" if found["ok"] else "red"
    )
    for name, one in found["processes"].items():
        out.print(
            f"  进程 {name:<10} {one['pid'] or '—'} {'运行中' if one['running'] else '未运行'}",
            highlight=False,
        )
    for name, one in found["ports"].items():
        out.print(
            f"  端口 {name:<10} {one['address']} {'在听' if one['listening'] else '未听'}", highlight=False
        )
    for one in found["sip"]["trunks"]:
        words = [{True: "已注册", False: "未注册"}.get(one["registered"], ""), _reached(one)]
        out.print(f"  中继 {one['name']:<10} {' '.join(filter(None, words))}", highlight=False)
    if found["sip"]["phones"]:
        answering = sum(1 for one in found["sip"]["phones"] if one["reachable"] is not False)
        out.print(f"  话机 {answering}/{len(found['sip']['phones'])} 在线", highlight=False)
    if found["redis"]:
        out.print(
            f"  Redis {'✓' if found['redis']['ok'] else '✗'} {found['redis']['detail']}", highlight=False
        )
    if not found["health"].get("parts") and (detail := found["health"].get("detail")):
        out.print(f"  服务 {detail}", highlight=False, markup=False, soft_wrap=True)
    for name, one in found["health"].get("parts", {}).items():
        out.print(
            f"  部件 {name:<10} {'✓' if one['ok'] else '✗'} {one['ms']} ms {one['detail']}", highlight=False
        )


def _reached(one: dict[str, Any]) -> str:
    if one["reachable"] is None:
        return "未探测"
    return f"可达 {one['rtt_ms'] or 0:.0f} ms" if one["reachable"] else "不可达"
