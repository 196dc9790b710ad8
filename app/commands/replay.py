"""`./hotline replay CALL`: why a call went where it went, and whether the rule still says so."""

import asyncio
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.settings import settings


def replay(
    call: Annotated[str, typer.Argument(help="来电编号，如 call_01KB… · its id")],
    json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """逐条重放一个来电的派座决定：看到了什么、为什么、按同样输入重算是否一致 · exit 1 where one comes out differently."""
    found = asyncio.run(_read(call))
    same = all(one.same for one in found)
    if json:
        emit({"call": call, "same": same, "decisions": [one.as_json() for one in found]})
    else:
        for number, one in enumerate(found, start=1):
            _show(number, one)
    raise typer.Exit(0 if same else 1)


async def _read(call: str) -> list[Any]:
    from app.opened import database
    from app.replay import replay as made_again

    async with database(settings(), looking=True) as opened, opened.reading() as session:
        return await made_again(session, call)


def _show(number: int, one: Any) -> None:
    from routing.words import situation
    from tickets.clock import local

    when = local(one.at).strftime("%Y-%m-%d %H:%M:%S")
    lost = "" if one.won else "（该座席被同时到来的来电占用，随即重选）"
    out.print(f"{number}. {when}  {one.explained}{lost}", highlight=False, markup=False, soft_wrap=True)
    for sentence in situation(one.call, one.floor):
        out.print(f"   {sentence}", style="dim", highlight=False, markup=False, soft_wrap=True)
    verdict = {
        True: "✓ 重算一致",
        False: f"✗ 重算不同，现在会{one.explained_now}",
        None: "✗ 当时的规则没有留存，无法重算",
    }[one.same]
    out.print(f"   规则 {one.rules}  {verdict}", highlight=False, markup=False, soft_wrap=True)
