"""`./hotline match models …`: what was learned from this house's own decisions, by version."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer

from app.cli import emit, out
from app.learning import Standing
from app.settings import settings
from store.database import Database

app = typer.Typer(help="匹配 · matching", no_args_is_help=True)
models = typer.Typer(
    help="从已确认工单学到的派单模型 · models learned from confirmed tickets", no_args_is_help=True
)
app.add_typer(models, name="models")
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Version = Annotated[int, typer.Argument(help="版本号 · version", min=1)]
T = TypeVar("T")
STATES = {"waiting": "待启用", "serving": "使用中", "past": "已停用"}


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    from app.opened import database

    async def run() -> T:
        async with database(settings(), looking=True) as opened:
            return await work(opened)

    return asyncio.run(run())


def _who() -> str:
    return f"cli:{getpass.getuser()}"


@models.command("list")
def list_models(json: Json = False) -> None:
    """全部版本，新的在前 · every version with its figures on the kept sample."""
    from app import learning

    found = _with_database(learning.versions)
    if json:
        emit({"models": [asdict(one) for one in found]})
        return
    for one in found:
        out.print(_line(one), highlight=False, markup=False)
    if not found:
        out.print("还没有学过 · nothing learned yet", highlight=False)


@models.command()
def train(json: Json = False) -> None:
    """用已签收的工单学习一个新版本，不自动启用 · learn a new version; it waits until it is told to serve."""
    from app import learning
    from app.floor import now
    from app.meaning import installed

    meaning = installed(settings())
    _say(_with_database(lambda opened: learning.train(opened, _who(), now(), meaning)), json)


@models.command()
def serve(
    version: Version,
    insist: Annotated[
        bool, typer.Option("--insist", help="比在用的版本差也启用 · even where it did worse")
    ] = False,
    json: Json = False,
) -> None:
    """启用一个版本，几秒内各进程生效 · let a version serve; running processes take it up within seconds."""
    from app import learning
    from app.floor import now

    _say(_with_database(lambda opened: learning.serve(opened, version, _who(), now(), insist=insist)), json)


@models.command()
def back(json: Json = False) -> None:
    """退回上一个启用过的版本 · the version before serves again; before the first one: none."""
    from app import learning
    from app.floor import now

    _say(_with_database(lambda opened: learning.back(opened, _who(), now())), json)


def _say(one: Standing | None, json: bool) -> None:
    if json:
        emit({"model": asdict(one) if one else None})
    else:
        out.print(
            _line(one) if one else "不再使用学到的模型 · no learned model serves",
            highlight=False,
            markup=False,
        )


def _line(one: Standing) -> str:
    figures = one.figures.get("new", {})
    words = "，".join(f"{name} {value:.3f}" for name, value in figures.items())
    return f"第 {one.version} 版 {STATES[one.state]} 学自 {one.learned_from} 件，留存 {one.kept} 件：{words or '未比较'}"
