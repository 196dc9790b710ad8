"""`./hotline status`: every process, port and link of the instance in this environment."""

import socket
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from app.cli import emit, out
from app.settings import Settings, settings

NEEDED = ("api", "agi", "ami")  # the port for captions is open only where there is a recogniser


def status(json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """正在运行的实例：进程、端口、连接 · a running instance's processes, ports and links. Exit 1 where it is not well."""
    found = look(settings())
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
    ok = health.get("status") == "ok" and all(ports[name]["listening"] for name in NEEDED)
    return {"ok": ok, "home": str(s.home), "processes": processes, "ports": ports, "health": health}


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
    for name, one in found["health"].get("parts", {}).items():
        out.print(
            f"  部件 {name:<10} {'✓' if one['ok'] else '✗'} {one['ms']} ms {one['detail']}", highlight=False
        )
