"""`./hotline demo`: a private instance on free ports, one real call, a live timeline, and nothing left behind."""

import asyncio
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import emit, err
from core.errors import HotlineError

if TYPE_CHECKING:
    from app.demo.scenario import Scenario

COLOURS = {"citizen": "cyan", "agent": "green", "match": "magenta", "ticket": "yellow", "seat": "blue"}
NAMES = {
    "citizen": "市民",
    "agent": "话务员",
    "match": "建议",
    "ticket": "工单",
    "seat": "座席",
    "call": "通话",
    "demo": "演示",
}
LONGEST_S = 240
INTERRUPTED = 130  # as a shell reports a command ended by Ctrl-C


def demo(
    scenario: Annotated[str, typer.Option(help="场景 · scenario")] = "consult",
    json: Annotated[
        bool, typer.Option("--json", help="标准输出只有一个 JSON 对象 · one JSON object on stdout")
    ] = False,
    keep: Annotated[bool, typer.Option(help="保留文件 · keep the files")] = False,
    citizen_wav: Annotated[
        Path | None, typer.Option(help="市民的话用您自己的录音 · your own recording as the citizen")
    ] = None,
) -> None:
    """演示一次真实通话：接听、转写、建议、派单 · one real call, end to end."""
    from app.demo.audio import load_wav
    from app.demo.play import problems
    from app.demo.scenario import load
    from app.logs import set_up

    set_up(json_lines=False, level=40)
    played = load(scenario)
    if citizen_wav is not None:
        load_wav(citizen_wav)  # unreadable: said before anything is started
    home = Path(tempfile.mkdtemp(prefix="hotline-demo-"))
    try:
        result = asyncio.run(_play(home, played, citizen_wav))
        wrong = problems(result, citizen_wav is not None)
        if json:
            kept = {"kept": str(home)} if keep else {}
            emit(result | kept | ({"problems": wrong} if wrong else {}))
        else:
            _summary(result, home if keep else None)
        for line in wrong:
            err.print(f"demo: {line}", style="red")
        if wrong:
            _last_words(home)
            raise typer.Exit(1)
    except asyncio.CancelledError:
        err.print("demo: 已中断 · interrupted", style="red")
        raise typer.Exit(INTERRUPTED) from None
    except (HotlineError, TimeoutError, OSError) as error:
        said = str(error) or type(error).__name__
        err.print(f"demo: {said}", style="red", markup=False)
        if json:
            emit({"problems": [said]})
        _last_words(home)
        raise typer.Exit(1) from error
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


async def _play(home: Path, scenario: "Scenario", citizen_wav: Path | None) -> dict[str, Any]:
    from app.demo.play import Play
    from app.instance import Instance, private

    began = time.monotonic()

    def say(who: str, what: str) -> None:
        colour = COLOURS.get(who, "white")
        at = f"{time.monotonic() - began:6.1f}s"
        err.print(f"[dim]{at}[/dim] [{colour}]{NAMES.get(who, who):<4}[/{colour}] ", end="")
        err.print(what, markup=False, highlight=False, soft_wrap=True)

    _end_on_signal()
    settings = private(home, unfinished_after_s=60, wrap_up_s=1, seats=2)
    async with Instance(settings, lambda what: say("demo", what)) as instance:
        play = Play(instance, scenario, say, citizen_wav)
        await play.rehearse()  # speech made for the first time takes long; the call itself does not
        say("demo", f"就绪：SIP {settings.sip_host}:{settings.sip_port}，API {instance.url}")
        async with asyncio.timeout(LONGEST_S):
            return await play.run()


def _end_on_signal() -> None:
    """Ctrl-C ends the demo in order; pressed again it must not cut that short."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def end() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # also after the loop is gone, until the process is
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


def _last_words(home: Path) -> None:
    """The end of the service's log: what an operator would look at next."""
    log = home / "logs" / "service.log"
    if log.is_file():
        for line in log.read_text(errors="replace").splitlines()[-15:]:
            err.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


def _summary(result: dict[str, Any], kept: Path | None) -> None:
    from app.cli import out

    call, ticket, recording = result["call"], result["ticket"], result["recording"]
    out.print(
        f"[bold]通话[/bold] {call['id']}  {call['caller_masked']} → {call['line']}  {call['answered_after_ms']} ms 后接听"
    )
    out.print(f"[bold]录音[/bold] {recording['channels']} 声道 {recording['seconds']:.1f} 秒")
    for name, title in (("answers", "答复"), ("units", "承办单位"), ("refusals", "不予受理")):
        for one in result["proposals"][name]:
            sure = "确定" if one["confident"] else "不确定"
            out.print(f"[bold]{title}[/bold] {one['score']:.2f} {sure} {one['title']}", highlight=False)
    out.print(
        f"[bold]工单[/bold] {ticket['number']} {ticket['type']} → {ticket['unit']}，期限 {ticket['due']}（{ticket['policy']}）"
    )
    for step in ticket["steps"]:
        out.print(
            f"       {step['date']} {'计' if step['counts'] else '不计'} {step['why']}", highlight=False
        )
    if kept:
        out.print(f"[bold]文件[/bold] {kept}")
