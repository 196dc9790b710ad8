"""`./hotline trunks …`: carriers as rows; `./hotline reload` makes Asterisk take them up."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput, NotFound

app = typer.Typer(help="中继 · carrier trunks", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
T = TypeVar("T")


def with_session(work: Callable[[Any], Awaitable[T]], *, looking: bool = False, trial: bool = False) -> T:
    from app.opened import database

    async def run() -> T:
        async with (
            database(settings(), looking=looking, trial=trial) as opened,
            opened.session() as session,
        ):
            return await work(session)

    return asyncio.run(run())


@app.command("list")
def list_trunks(json: Json = False) -> None:
    """全部中继，按出局顺序 · all trunks in the order outbound calls try them."""
    from store import trunks

    async def read(session: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": t.name, "kind": t.kind, "host": t.host, "port": t.port, "username": t.username,
                "display": t.display_number, "qualify_s": t.qualify_s, "order": t.failover_order,
            }
            for t in await trunks.active(session)
        ]  # fmt: skip

    rows = with_session(read, looking=True)
    if json:
        emit({"trunks": rows})
        return
    for row in rows:
        where = f"{row['host']}:{row['port']}"
        out.print(f"{row['name']:<12} {row['kind']:<13} {where:<24} {row['display'] or ''}", highlight=False)


@app.command("set")
def set_trunk(
    name: Annotated[str, typer.Argument(help="名称 · name")],
    host: Annotated[str, typer.Argument(help="运营商 SIP 地址（IP 认证用 IP） · the carrier's address")],
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5060,
    kind: Annotated[str, typer.Option(help="ip 或 registration")] = "ip",
    username: Annotated[str, typer.Option(help="注册用户名；密码从标准输入读 · password on stdin")] = "",
    display: Annotated[str, typer.Option(help="外显号码 · number shown on outbound calls")] = "",
    qualify_s: Annotated[int, typer.Option(min=0, max=3600, help="OPTIONS 间隔秒 · 0 为不探测")] = 60,
    order: Annotated[int, typer.Option(min=0, max=1000, help="出局先后 · failover order")] = 0,
    identity: Annotated[bool, typer.Option(help="P-Asserted-Identity")] = True,
    early_media: Annotated[bool, typer.Option(help="早期媒体 · early media")] = True,
    json: Json = False,
) -> None:
    """新增或修改一条中继 · add or change one."""
    from agi import plan
    from app.instance import carrier
    from store import trunks
    from store.tables import Trunk

    if kind not in ("ip", "registration"):
        raise BadInput(f"中继方式为 ip 或 registration，不是 {kind}")
    secret = "" if kind == "ip" or sys.stdin.isatty() else sys.stdin.readline().strip()
    facts = {
        "kind": kind, "host": host, "port": port, "username": username or None, "secret": secret or None,
        "display_number": display or None, "assert_identity": identity, "early_media": early_media,
        "qualify_s": qualify_s, "failover_order": order, "active": True,
    }  # fmt: skip
    checked: plan.Trunk = carrier(
        Trunk(name=name, **facts)
    )  # refused here, by field, rather than by Asterisk later

    async def write(session: Any) -> None:
        await trunks.put(session, name, **facts)

    with_session(write)
    done(json, {"name": checked.id, "host": checked.host, "auth": checked.auth})


@app.command()
def remove(name: Annotated[str, typer.Argument(help="名称 · name")], json: Json = False) -> None:
    """停用一条中继 · no longer used; its row stays."""
    from store import trunks

    async def write(session: Any) -> None:
        if name not in {one.name for one in await trunks.active(session)}:
            raise NotFound(f"no trunk {name!r}")
        await trunks.put(session, name, active=False)

    with_session(write)
    done(json, {"name": name, "active": False})


def done(json: bool, facts: dict[str, Any]) -> None:
    if json:
        emit(facts)
    else:
        out.print("✓ " + "  ".join(f"{k} {v}" for k, v in facts.items()), highlight=False)
        out.print("运行 ./hotline reload 生效 · takes effect with ./hotline reload", style="dim")
