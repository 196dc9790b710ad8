"""What an instance leaves on the machine: processes that name its home folder, ports that still answer."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

from app.settings import Settings


def processes(home: Path) -> dict[int, str]:
    """Living processes, not our own, with `home` in their command line or environment: pid → command line."""
    needle, found = os.fsencode(home), {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:  # ended meanwhile, or somebody else's
            continue
        if (needle in command or needle in environment) and int(entry.name) != os.getpid():
            found[int(entry.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return found


def listening(settings: Settings) -> list[str]:
    """Ports of the instance that are still taken, by name."""
    tcp = {name: getattr(settings, f"{name}_port") for name in ("api", "agi", "audio", "ami")}
    taken = [name for name, port in tcp.items() if not _free(port, socket.SOCK_STREAM)]
    return taken if _free(settings.sip_port, socket.SOCK_DGRAM) else [*taken, "sip"]


def _free(port: int, kind: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # lingering closed connections do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def until(condition: Callable[[], object], seconds: float, what: str = "") -> None:
    """Poll until true; AssertionError naming `what` after the deadline."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds:g} s: {what or condition}") from None
