"""`./hotline evidence --caller NUMBER --out FILE --why REASON`: an evidence pack for the police or a court, kept as a look-up."""

import asyncio
import getpass
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput
from tickets.clock import CHINA


def evidence(
    caller: Annotated[
        str, typer.Option(help="号码；- 从标准输入读，不留在命令历史里 · the number, - reads it from stdin")
    ],
    to: Annotated[Path, typer.Option("--out", help="写到哪里（.zip） · where to")],
    why: Annotated[str, typer.Option(help="用途，例如移送文号 · what for")],
    since: Annotated[
        datetime | None, typer.Option("--from", help="起，北京时间 · from this moment on, China's time")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="止，北京时间 · before this moment")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """导出一个号码的证据包：通话、录音、文字、经过、标签、拦截，附校验值 · with a sha256 of each file."""
    from app.floor import now
    from app.opened import database
    from store.evidence import Wanted, write

    number = _number(caller)
    if len(why.strip()) < 2:
        raise BadInput("请说明用途（--why）")
    if to.exists():
        raise BadInput(f"文件已存在：{to}")

    async def run() -> Any:
        who = f"shell:{getpass.getuser()}"
        wanted = Wanted(number, who[:64], who, why.strip(), now(), _aware(since), _aware(until))
        async with database(settings()) as opened:
            return await write(opened, settings().recordings, wanted, to.resolve())

    packed = asyncio.run(run())
    if json:
        emit({"file": str(to), **asdict(packed)})
        return
    out.print(
        f"✓ {to}  {packed.calls} 次来电，{packed.recordings} 段录音，{packed.missing} 段录音文件缺失",
        highlight=False,
        soft_wrap=True,
    )
    out.print(f"sha256 {packed.sha256}", highlight=False)


def _number(given: str) -> str:
    number = sys.stdin.readline().strip() if given == "-" else given.strip()
    digits = number.removeprefix("+")
    if not digits.isdecimal() or not 3 <= len(digits) <= 20:
        raise BadInput("--caller 需要一个电话号码")
    return number


def _aware(moment: datetime | None) -> datetime | None:
    """Typed without a zone it is China's clock, wherever the machine thinks it stands."""
    return moment.replace(tzinfo=CHINA) if moment and moment.tzinfo is None else moment
