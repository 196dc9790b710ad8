"""`./hotline users …`: people who log in. Passwords come from standard input or are made here; never from the command line."""

import asyncio
import secrets
import sys
from typing import Annotated

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput, NotFound

app = typer.Typer(help="登录人员 · people who log in", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Login = Annotated[str, typer.Argument(help="登录名 · login")]


@app.command("list")
def list_users(json: Json = False) -> None:
    """全部人员 · everybody."""
    from app.opened import database
    from store import users

    async def read() -> list[dict[str, object]]:
        async with database(settings()) as opened, opened.reading() as session:
            found = await users.all_users(session)
        return [
            {"login": u.login, "name": u.name, "role": u.role, "unit": u.unit_code, "active": u.active}
            for u in found
        ]

    rows = asyncio.run(read())
    if json:
        emit({"users": rows})
        return
    for row in rows:
        mark = "" if row["active"] else "（停用）"
        out.print(
            f"{row['login']:<14} {row['role']:<11} {row['name']} {row['unit'] or ''}{mark}", highlight=False
        )


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Argument(help="姓名 · name")],
    role: Annotated[str, typer.Option(help="admin supervisor agent unit office auditor")] = "agent",
    unit: Annotated[str | None, typer.Option(help="承办单位代码 · unit code")] = None,
    json: Json = False,
) -> None:
    """新增人员；密码从标准输入读，空则生成 · add somebody; password from stdin, made here where there is none."""
    from api.parts import ROLES
    from api.passwords import hash_password
    from app.floor import now
    from app.opened import database
    from store import users

    if role not in ROLES:
        raise BadInput(f"no role {role!r}; there are: {', '.join(ROLES)}")
    if (role == "unit") != (unit is not None):
        raise BadInput("people of a unit, and only they, need --unit")
    password, made = _password()

    async def write() -> None:
        async with database(settings()) as opened, opened.session() as session:
            await users.add(session, login, name, role, hash_password(password), now(), unit)

    asyncio.run(write())
    _tell(login, password if made else "", json)


@app.command()
def password(login: Login, json: Json = False) -> None:
    """重设密码 · set a password (stdin, or made here)."""
    from api.passwords import hash_password
    from app.opened import database
    from store import users

    fresh, made = _password()

    async def write() -> None:
        async with database(settings()) as opened, opened.session() as session:
            user = await users.by_login(session, login)
            if user is None:
                raise NotFound(f"no user {login!r}")
            await users.set_password(session, user.id, hash_password(fresh))

    asyncio.run(write())
    _tell(login, fresh if made else "", json)


@app.command()
def disable(login: Login, json: Json = False) -> None:
    """停用 · log-in no longer possible; what they did stays on record."""
    _active(login, False)
    _tell(login, "", json)


@app.command()
def enable(login: Login, json: Json = False) -> None:
    """恢复 · log-in possible again."""
    _active(login, True)
    _tell(login, "", json)


def _active(login: str, active: bool) -> None:
    from app.opened import database
    from store import users

    async def write() -> None:
        async with database(settings()) as opened, opened.session() as session:
            user = await users.by_login(session, login)
            if user is None:
                raise NotFound(f"no user {login!r}")
            await users.set_active(session, user.id, active)

    asyncio.run(write())


def _password() -> tuple[str, bool]:
    given = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    return (given, False) if given else (secrets.token_urlsafe(12), True)


def _tell(login: str, made: str, json: bool) -> None:
    if json:
        emit({"login": login} | ({"password": made} if made else {}))
    else:
        out.print(f"{login} ✓" + (f"  初始密码 {made}" if made else ""), highlight=False)
