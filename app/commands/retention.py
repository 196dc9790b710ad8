"""`./hotline retention …`: how long recordings, words and numbers are kept, what has had its term, what is held."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.settings import settings
from core.holds import KEPT, KEPT_NAMES

app = typer.Typer(help="保存期限与法律保全 · terms and legal holds", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]


@app.command("show")
def show(json: Json = False) -> None:
    """各类保存期限与保全中的事项 · terms of each kind, and what is held."""
    from app.opened import database
    from app.secrecy.retention import terms_of
    from store import holds

    async def read() -> list[dict[str, Any]]:
        async with database(settings(), looking=True) as opened, opened.reading() as session:
            rows = await holds.standing(session)
        return [
            {"id": row.id, "kind": row.kind, "object_id": row.object_id, "why": row.why, "at": row.at}
            for row in rows
        ]

    held, terms = asyncio.run(read()), asdict(terms_of(settings()))
    if json:
        emit({"terms": terms, "holds": held})
        return
    for kind in KEPT:
        days = terms[kind]
        out.print(f"{KEPT_NAMES[kind]:<6} {f'{days} 日' if days else '长期保存'}", highlight=False)
    for one in held:
        out.print(f"保全 {one['kind']} {one['object_id']}：{one['why']}", highlight=False, soft_wrap=True)


@app.command()
def run(
    dry: Annotated[bool, typer.Option("--dry", help="只看会删除什么 · only what would go")] = False,
    json: Json = False,
) -> None:
    """删除已满期限的（保全中的除外），与后台所做相同 · what a worker does each hour."""
    from app.floor import now
    from app.opened import database
    from app.secrecy.retention import Retention, terms_of

    async def work() -> dict[str, Any]:
        async with database(settings()) as opened:
            retention = Retention(opened, settings().recordings, terms_of(settings()), now)
            due = [asdict(one) for one in await retention.due()]
            if dry:
                return {"dry": True, "due": due}
            done = dict.fromkeys(KEPT, 0)
            for kind in KEPT:
                while many := await retention.run(kind):
                    done[kind] += many
            return {"dry": False, "due": due, "done": done}

    found = asyncio.run(work())
    if json:
        emit(found)
        return
    if not found["due"]:
        out.print("未设保存期限，一律长期保存", highlight=False)
    for one in found["due"]:
        gone = "" if dry else f"，已删除 {found['done'][one['kind']]}"
        out.print(f"{KEPT_NAMES[one['kind']]} 已满期限 {one['many']}{gone}", highlight=False)
