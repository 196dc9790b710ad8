"""`./hotline keys …`: the keys that seal citizens' data turn while the service runs. A key itself is never printed."""

import asyncio
import getpass
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput

app = typer.Typer(help="数据密钥：轮换、查看、移除 · keys that seal citizens' data", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Name = Annotated[str, typer.Argument(help="密钥编号，如 k1 · a key's id")]


@app.command("show")
def show(json: Json = False) -> None:
    """各密钥及尚有多少行由其加密 · each key and how many rows it still seals."""
    from app.opened import database
    from store import reseal

    async def run() -> dict[str, Any]:
        async with database(settings(), looking=True) as opened:
            ring = opened.keyring
            return {
                "algorithm": ring.algorithm,
                "seals": ring.current,
                "lookup": ring.lookup_keys[0],
                "keys": [
                    {"id": name, "waiting": name in ring.waiting, "rows": await reseal.uses(opened, name)}
                    for name in dict.fromkeys((*ring.secrets, *ring.lookup_keys))
                ],
            }

    found = asyncio.run(run())
    if json:
        emit(found)
        return
    for key in found["keys"]:
        role = "加密中" if key["id"] == found["seals"] else "待启用" if key["waiting"] else "仅解密"
        rows = "、".join(f"{table} {many}" for table, many in key["rows"].items()) or "无"
        out.print(f"{key['id']:<6} {role}  行数：{rows}", highlight=False, soft_wrap=True)


@app.command()
def add(json: Json = False) -> None:
    """加入新密钥，先只用于解密；多台机器时先分发密钥文件 · known to every machine before it seals."""
    _turned("added", lambda ring: ring.with_new(waiting=True), json)


@app.command()
def rotate(json: Json = False) -> None:
    """启用新密钥：此后以它加密和查找，旧数据由后台逐批换密，服务不停 · a new key seals from now on; older rows follow by themselves."""
    import time

    from app.seeding import keyring, turn_keys
    from store.keys import WATCH_S

    if not keyring(settings()).waiting:
        turn_keys(settings(), lambda ring: ring.with_new(waiting=True))
        time.sleep(2 * WATCH_S)  # every process knows it before one looks a number up under it
    _turned("turned", lambda ring: ring.promoted(), json)


@app.command()
def remove(name: Name, json: Json = False) -> None:
    """移除已无数据使用的旧密钥（备份仍需它，请另存）· a key no row needs any more; backups made before still do."""
    from app.opened import database
    from store import reseal

    async def run() -> dict[str, int]:
        async with database(settings()) as opened:
            return await reseal.uses(opened, name)

    if left := asyncio.run(run()):
        rows = "、".join(f"{table} {many}" for table, many in left.items())
        raise BadInput(f"密钥 {name} 仍加密着：{rows}；待后台换密完成后再移除")
    _turned("removed", lambda ring: ring.without(name), json, name)


def _turned(what: str, turn: Any, json: bool, name: str = "") -> None:
    from app.floor import now
    from app.opened import database
    from app.seeding import turn_keys
    from core.secrecy import KeysTurned
    from store import events

    ring = turn_keys(settings(), turn)
    key = name or next(reversed(tuple(ring.secrets)))

    async def told() -> None:
        async with database(settings()) as opened, opened.session() as session:
            await events.append(session, KeysTurned(now(), what, key), f"shell:{getpass.getuser()}"[:64])

    asyncio.run(told())
    if json:
        emit({"what": what, "key": key, "seals": ring.current})
    else:
        out.print(f"✓ {key} {what}；当前加密密钥 {ring.current}", highlight=False)
