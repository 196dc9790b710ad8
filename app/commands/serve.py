"""`./hotline serve --role …`: one process of an installation; the same code splits over many machines."""

import asyncio
import resource
import signal
from typing import Annotated

import structlog
import typer
import uvloop

from app.logs import set_up
from app.settings import settings
from core.errors import BadInput

log = structlog.get_logger(__name__)


def serve(
    role: Annotated[
        list[str], typer.Option(help="api, agi, worker, asr 或 all；可重复 · may be repeated")
    ] = ["all"],  # noqa: B006
) -> None:
    """按角色运行服务进程 · run one or more roles of the service."""
    from app.wire import ROLES, Role, running

    wanted: tuple[Role, ...] = ROLES if "all" in role else tuple(one for one in ROLES if one in role)
    unknown = set(role) - {*ROLES, "all"}
    if unknown or not wanted:
        raise BadInput(
            f"没有角色 {'、'.join(sorted(unknown)) or '（未写明）'}；可用：{'、'.join(ROLES)}、all"
        )
    set_up(json_lines=True)
    _lift_file_limit()

    async def run() -> bool:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with running(settings(), wanted) as house:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, house.reread)
            log.info("serving", roles=wanted)
            waits = [asyncio.create_task(stop.wait()), asyncio.create_task(house.failed.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            log.info("stopping", failed=house.failed.is_set())
            return house.failed.is_set()

    if uvloop.run(run()):
        raise typer.Exit(1)


def _lift_file_limit() -> None:
    """A desk is two sockets; systems give 1,024 unless asked for more."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
