"""`./hotline evidence --release ID --out FILE`: an evidence pack for the police or a court, by two persons' word."""

import asyncio
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
    release: Annotated[
        str, typer.Option(help="已获两人批准的证据包放行单 · an approved release of the kind evidence")
    ],
    to: Annotated[Path, typer.Option("--out", help="写到哪里（.zip） · where to")],
    since: Annotated[
        datetime | None, typer.Option("--from", help="起，北京时间 · from this moment on, China's time")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="止，北京时间 · before this moment")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """导出一个号码的证据包：通话、录音、文字、经过、标签、拦截，附校验值 · with a sha256 of each file."""
    from app.floor import now
    from app.opened import database
    from app.secrecy import at_shell
    from store.evidence import Wanted, number_of, write

    at_shell.must_be_free(to)

    async def run() -> Any:
        who, at = at_shell.who(), now()
        async with database(settings(), looking=True) as opened:
            used = await at_shell.release_desk(opened, settings().recordings).used(who, release, "evidence")
            async with opened.reading() as session:
                number = await number_of(session, used.object_id, used.recipient, at)
            if not number:
                raise BadInput("来电没有显示号码，没有可导出的证据包")
            span = (_aware(since), _aware(until))
            wanted = Wanted(number, who.id, who.name, used.purpose, at, *span, used.mark, used.recipient)
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


def _aware(moment: datetime | None) -> datetime | None:
    """Typed without a zone it is China's clock, wherever the machine thinks it stands."""
    return moment.replace(tzinfo=CHINA) if moment and moment.tzinfo is None else moment
