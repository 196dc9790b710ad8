"""`./hotline users …`: people who log in. Passwords come from standard input or are made here; never from the command line."""

import asyncio
import getpass
import secrets
import sys
from typing import Annotated

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import NotFound

app = typer.Typer(help="登录人员 · people who log in", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Login = Annotated[str, typer.Argument(help="登录名 · login")]


@app.command("list")
def list_users(json: Json = False) -> None:
    """全部人员 · everybody."""
    from app.opened import database
    from store import users

    async def read() -> list[dict[str, object]]:
        async with database(settings(), looking=True) as opened, opened.reading() as session:
            found = await users.all_users(session)
        return [
            {
                "login": u.login,
                "name": u.name,
                "role": u.role,
                "unit": u.unit_code,
                "division": u.division,
                "active": u.active,
            }
            for u in found
        ]

    rows = asyncio.run(read())
    if json:
        emit({"users": rows})
        return
    for row in rows:
        mark = "" if row["active"] else "（停用）"
        out.print(
            f"{row['login']:<14} {row['role']:<11} {row['name']} {row['unit'] or row['division'] or ''}{mark}",
            highlight=False,
        )


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Argument(help="姓名 · name")],
    role: Annotated[
        str, typer.Option(help="admin supervisor agent expert unit leader office auditor")
    ] = "agent",
    unit: Annotated[str | None, typer.Option(help="承办单位代码 · unit code")] = None,
    division: Annotated[
        str | None, typer.Option(help="只管该区划的单位，如县热线办 · looks after this place's units only")
    ] = None,
    json: Json = False,
) -> None:
    """新增人员；密码从标准输入读，空则生成 · add somebody; password from stdin, made here where there is none."""
    from api.passwords import hash_password
    from app.floor import now
    from app.opened import database
    from app.seeding import city_divisions
    from core.rights import check_account
    from store import accounts

    check_account(role, unit, division)
    password, made = _password()

    if division is not None:
        city_divisions(settings().policy).get(division)

    async def write() -> None:
        async with database(settings()) as opened, opened.session() as session:
            kept = hash_password(password)
            await accounts.add(session, _who(), now(), login, name, role, kept, unit, division)

    asyncio.run(write())
    _tell(login, password if made else "", json)


@app.command()
def password(login: Login, json: Json = False) -> None:
    """重设密码 · set a password (stdin, or made here)."""
    from api.passwords import hash_password
    from app.floor import now
    from app.opened import database
    from store import accounts, users

    fresh, made = _password()

    async def write() -> None:
        async with database(settings()) as opened, opened.session() as session:
            user = await users.by_login(session, login)
            if user is None:
                raise NotFound(f"no user {login!r}")
            await accounts.set_password(session, _who(), now(), user.id, hash_password(fresh))

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
    from app.floor import now
    from app.opened import database
    from store import accounts, users

    async def write() -> None:
        async with database(settings()) as opened, opened.session() as session:
            user = await users.by_login(session, login)
            if user is None:
                raise NotFound(f"no user {login!r}")
            await accounts.set_active(session, _who(), now(), user, active)

    asyncio.run(write())


def _who() -> str:
    return f"shell:{getpass.getuser()}"[:64]


def _password() -> tuple[str, bool]:
    given = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    return (given, False) if given else (secrets.token_urlsafe(12), True)


def _tell(login: str, made: str, json: bool) -> None:
    if json:
        emit({"login": login} | ({"password": made} if made else {}))
    else:
        out.print(f"{login} ✓" + (f"  初始密码 {made}" if made else ""), highlight=False)
