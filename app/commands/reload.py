"""`./hotline reload`: seats, lines and trunks as they are in the registers now, without ending a call."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from app.cli import emit, out
from app.settings import settings


def _tell_service(pid_file: Path) -> None:
    """The service reads its registers anew on SIGHUP."""
    try:
        pid = int(pid_file.read_text())
        if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return


def reload(json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """让 Asterisk 采用登记的座席、号码和中继，不影响通话 · Asterisk takes up the registers; calls go on."""
    from agi.asterisk import Asterisk
    from agi.render import render
    from app.instance import install, switch_plan
    from app.opened import database

    s = settings()
    found = install()
    running = Asterisk(found, s.asterisk)
    running.attach(timeout=5)

    async def plan() -> tuple[int, int, int]:
        async with database(s) as opened:
            wanted = await switch_plan(opened, s)
        render(wanted, found)
        return len(wanted.seats), len(wanted.lines), len(wanted.trunks)

    seats, lines, trunks = asyncio.run(plan())
    running.reload()
    _tell_service(s.home / "pids" / "service")
    if json:
        emit({"seats": seats, "lines": lines, "trunks": trunks})
    else:
        out.print(f"✓ 座席 {seats}  号码 {lines}  中继 {trunks}", highlight=False)
