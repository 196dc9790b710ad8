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
from core.errors import BadInput, HotlineError

if TYPE_CHECKING:
    from app.demo.scene import Scene

INTERRUPTED = 130  # as a shell reports a command ended by Ctrl-C


def demo(
    scenario: Annotated[str, typer.Option(help="场景（--list 列出） · scenario")] = "consult",
    json: Annotated[
        bool, typer.Option("--json", help="标准输出只有一个 JSON 对象 · one JSON object on stdout")
    ] = False,
    keep: Annotated[bool, typer.Option(help="保留文件 · keep the files")] = False,
    citizen_wav: Annotated[
        Path | None, typer.Option(help="市民的话用您自己的录音 · your own recording as the citizen")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="列出全部场景 · list the scenarios")] = False,
) -> None:
    """演示一次真实通话：接听、转写、建议、派单 · one real call, end to end."""
    from app.cli import out
    from app.demo.audio import load_wav
    from app.demo.printed import summary
    from app.demo.scene import find
    from app.logs import set_up

    if list_:
        _list(json)
        return
    set_up(json_lines=False, level=40)
    played = find(scenario)
    if citizen_wav is not None:
        if scenario != "consult":
            raise BadInput(
                "--citizen-wav 只用于 consult 场景 · your own recording goes with the scenario consult only"
            )
        load_wav(citizen_wav)  # unreadable: said before anything is started
    home = Path(tempfile.mkdtemp(prefix="hotline-demo-"))
    try:
        result = asyncio.run(_play(home, played, citizen_wav))
        wrong = result["problems"]
        if json:
            kept = {"kept": str(home)} if keep else {}
            emit({name: value for name, value in result.items() if name != "problems" or value} | kept)
        else:
            summary(result, home if keep else None, out)
        for line in wrong:
            err.print(f"demo: {line}", style="red", markup=False)
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


def _list(json: bool) -> None:
    from app.cli import out
    from app.demo.scene import scenes

    found = scenes()
    if json:
        emit({"scenarios": [{"name": one.name, "title": one.title} for one in found.values()]})
        return
    for one in found.values():
        out.print(f"{one.name:<20} {one.title}", highlight=False, markup=False, soft_wrap=True)


async def _play(home: Path, scene: "Scene", citizen_wav: Path | None) -> dict[str, Any]:
    from app.demo.play import play
    from app.demo.printed import timeline_line
    from app.demo.theatre import Theatre

    began = time.monotonic()

    def say(who: str, what: str) -> None:
        timeline_line(time.monotonic() - began, who, what, err)

    _end_on_signal()
    say("demo", f"{scene.title}（{scene.name}）")
    async with Theatre(home, say, spoken=scene.spoken) as theatre:
        settings = theatre.settings
        say("demo", f"就绪：SIP {settings.sip_host}:{settings.sip_port}，API {theatre.instance.url}")
        return await play(theatre, scene, say, home / "legs", citizen_wav)


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
    """What the service warned of last: what an operator would look at next."""
    log = home / "logs" / "service.log"
    if log.is_file():
        lines = log.read_text(errors="replace").splitlines()
        for line in [line for line in lines if '"level": "info"' not in line][-15:]:
            err.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
