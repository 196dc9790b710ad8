"""`./hotline up`: set up and run everything on this machine; Ctrl-C ends it cleanly."""

import asyncio
import fcntl
import os
import signal
from pathlib import Path
from typing import IO, Annotated

import typer

from app.cli import emit, err
from app.settings import Settings, settings
from core.errors import Conflict

HTTPS_PORT = 8443


def up(
    json: Annotated[
        bool, typer.Option("--json", help="就绪时输出一个 JSON · one JSON object when ready")
    ] = False,
) -> None:
    """运行整套热线，Ctrl-C 结束 · run the whole hotline on this machine."""
    from app.logs import set_up

    set_up(json_lines=False)
    s = settings()
    if s.https_port is None:
        s = s.model_copy(update={"https_port": HTTPS_PORT})
    s.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(s.home):
        asyncio.run(_run(s, json))


async def _run(s: Settings, json: bool) -> None:
    from app.instance import Instance

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    instance = Instance(s, lambda what: err.print(f"… {what}", style="dim"))
    starting = asyncio.create_task(instance.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    starting.result()
    try:
        await _announce(s, json)
        await stop.wait()
        err.print("正在停止 … stopping", style="dim")
    finally:
        await instance.stop()


async def _announce(s: Settings, json: bool) -> None:
    """Where everything is and who may log in; SIP secrets are in the secrets folder, shown here because only its owner sees this."""
    from app.floor import now
    from app.seeding import kept_accounts
    from app.sip_accounts import sip_accounts
    from app.tls import certificate

    accounts, phones = kept_accounts(s), await sip_accounts(s)
    desk = [f"http://{s.api_host}:{s.api_port}/"]
    authority = None
    if s.https_port:
        desk.append(f"https://{s.api_host}:{s.https_port}/")
        authority = certificate(s, now()).authority
    if json:
        emit({
            "desk": desk, "certificate_authority": authority and str(authority),
            "api": f"http://{s.api_host}:{s.api_port}/api/v1", "sip": f"{s.sip_host}:{s.sip_port}/udp", "home": str(s.home),
            "accounts": [{"login": a.login, "password": a.password, "role": a.role, "seat": a.seat} for a in accounts],
            "seats": [{"seat": p.seat, "sip_user": p.user, "sip_secret": p.secret} for p in phones],
        })  # fmt: skip
        return
    line = err.print
    line(f"\n12345 热线已就绪  hotline is up   [dim]{s.home}[/dim]", style="bold green")
    line(f"  网页 desk  {'   '.join(desk)}", highlight=False)
    if authority:
        line(
            f"  证书 CA    {authority}  请浏览器信任它 · let browsers trust it",
            highlight=False,
            soft_wrap=True,
        )
    line(f"  接口 API   http://{s.api_host}:{s.api_port}/api/v1/openapi.json", highlight=False)
    line(f"  电话 SIP   {s.sip_host}:{s.sip_port}/udp   拨 12345 · dial 12345", highlight=False)
    if os.environ.get("JOURNAL_STREAM"):  # a journal is read by more people than a terminal
        line(
            f"  登录名与 SIP 密码见 log-ins and SIP secrets: {s.home / 'secrets' / 'accounts.json'}, ./hotline up"
        )
        return
    line("  登录 log-ins（首次启动时生成，请尽快修改 · made at first start, change them）")
    for one in accounts:
        seat = f"座席 {one.seat}" if one.seat else one.unit
        line(
            f"    {one.login:<12} {one.password:<14} {one.role:<10} {one.name} {seat}",
            markup=False,
            highlight=False,
        )
    line("  座席话机 SIP accounts")
    for phone in phones:
        line(f"    {phone.user:<12} {phone.secret}", markup=False, highlight=False)
    line("  Ctrl-C 结束 · ends it\n", style="dim")


class _only_one:
    """One `up` per home folder; the lock goes with the process, however it ends."""

    def __init__(self, home: Path) -> None:
        self._path = home / "pids" / "up"
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(f"{self._path.parent.parent} 中已有实例在运行") from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
