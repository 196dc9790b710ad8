"""`./hotline audit …`: whether the record of events and look-ups is whole, and the record itself with its hashes."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput

if TYPE_CHECKING:
    from store.audit import Head

app = typer.Typer(help="审计链：操作与查询记录是否完整 · the tamper-evident record", no_args_is_help=True)
FAULTS = {
    "changed": "内容被改动", "missing": "记录被删除", "moved": "顺序或连接被改动", "inserted": "事后插入的记录",
    "cut_off": "链尾被截去",
}  # fmt: skip


@app.command()
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="另处留存的链头 N:HASH，可多次 · a head noted elsewhere, N:HASH, may be repeated"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """逐条核验整条审计链；有改动时指出第一条并以 1 退出 · proves every row; exit 1 names the first broken one."""
    from app.audit import heads_file, noted, sealer
    from app.floor import now
    from app.opened import database
    from store import audit

    heads = [*noted(heads_file(settings())), *(_head(one) for one in head or ())]

    async def run() -> audit.Proof:
        async with database(settings(), looking=True) as opened:
            return await audit.verify(opened, sealer(settings()), heads, now())

    proof = asyncio.run(run())
    if json:
        emit({"whole": proof.broken is None, **asdict(proof)})
    elif proof.broken is None:
        last = f"，链头 {proof.head.n}:{proof.head.hash}" if proof.head else ""
        out.print(
            f"✓ {proof.links} 条记录完整，{proof.waiting} 条待入链{last}", highlight=False, soft_wrap=True
        )
    else:
        broken = proof.broken
        where = f"第 {broken.n} 条，{broken.table} {broken.row_id}"
        out.print(
            f"✗ {FAULTS[broken.fault]}：{where}（此前 {proof.links} 条完整）", highlight=False, soft_wrap=True
        )
    raise typer.Exit(0 if proof.broken is None else 1)


@app.command()
def export(
    release: Annotated[
        str, typer.Option(help="已获两人批准的审计记录放行单，按月 · an approved release of a month's record")
    ],
    to: Annotated[Path, typer.Option("--out", help="写到文件（.jsonl） · the file")],
) -> None:
    """导出放行单所指月份的审计记录及其校验值，每行一条 JSON，首行为放行标记 · each row with its hash; the first line is the mark."""
    from app.opened import database
    from app.secrecy import at_shell
    from app.secrecy.contents import month_of
    from store import audit
    from store.chain import canonical

    at_shell.must_be_free(to)

    async def run() -> int:
        many = 0
        async with database(settings(), looking=True) as opened:
            desk = at_shell.release_desk(opened, settings().recordings)
            used = await desk.used(at_shell.who(), release, "audit")
            with to.open("x", encoding="utf-8") as file:
                to.chmod(0o600)
                file.write(canonical({"mark": used.mark, "month": used.object_id}).decode() + "\n")
                async for row in audit.export(opened, *month_of(used.object_id)):
                    file.write(canonical(row).decode() + "\n")
                    many += 1
        return many

    many = asyncio.run(run())
    out.print(f"✓ {to}  {many} 条", highlight=False, soft_wrap=True)


def _head(text: str) -> "Head":
    from store.audit import Head

    n, _, hash_ = text.partition(":")
    if not n.isdecimal() or not hash_:
        raise BadInput(f"--head 应为 N:HASH，不是 {text!r}")
    return Head(int(n), hash_)
