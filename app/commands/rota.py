"""`./hotline rota …`: a week of duty from a file, the coming week with its holes, who is on duty now."""

import getpass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.commands.trunks import Json, with_session
from core.errors import BadInput, NotFound
from routing.rota import LineDuty, gaps
from tickets.clock import CHINA, local, words

app = typer.Typer(help="专家座席值班表 · duty rota of lines with experts", no_args_is_help=True)
WEEKDAYS = "一二三四五六日"


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="一周的班次：.csv 或 .yaml")],
    replace: Annotated[
        bool, typer.Option("--replace", help="文件所含线路、时段内的其他班次撤下 · others there go")
    ] = False,
    json: Json = False,
) -> None:
    """导入班次：全部生效或全部不变 · all or none; the same file again changes nothing."""
    from app import rota_file
    from app.floor import now
    from store import rota, users

    lines = rota_file.read(file)

    async def write(session: Any) -> rota.TakenIn:
        given = []
        for one in lines:
            user = await users.by_login(session, one.login) if one.login else None
            if one.login and user is None:
                raise NotFound(f"{one.place}：没有登录名 {one.login}")
            person = user.id if user else None
            given.append(rota.Given(one.line, one.begins, one.ends, one.seat or None, person, one.note))
        return await rota.take_in(session, given, f"cli:{getpass.getuser()}", now(), replace=replace)

    done = with_session(write)
    if json:
        emit({"file": str(file), "added": done.added, "same": done.same, "removed": done.removed})
    else:
        out.print(f"✓ 新增 {done.added} 个班次，已有 {done.same} 个，撤下 {done.removed} 个", highlight=False)


@app.command()
def show(
    line: Annotated[str, typer.Option(help="只看一条线路 · one line only")] = "",
    day: Annotated[str, typer.Option(help="从哪天起，2026-11-23；默认今天 · from this day")] = "",
    days: Annotated[int, typer.Option(min=1, max=31, help="几天 · how many days")] = 7,
    json: Json = False,
) -> None:
    """每条线路的班次和空档 · the coming week per line, holes named."""
    from store import rota

    try:
        first = date.fromisoformat(day) if day else datetime.now(CHINA).date()
        since = datetime.combine(first, time.min, CHINA)
        until = since + timedelta(days=days)
        since.astimezone(UTC)  # as the store keeps it: the first day there is begins before the first moment
    except ValueError:
        raise BadInput(f"日期写作 2026-11-23，不是 {day!r}") from None
    except OverflowError:
        raise BadInput(f"日期太早或太晚：{day}") from None

    async def read(session: Any) -> tuple[list[rota.Shift], list[str]]:
        shifts = await rota.find(session, since, until, line)
        skilled = await rota.skills(session)
        if line and line not in skilled:
            raise BadInput(f"线路 {line} 没有自己的座席，不排值班")
        return shifts, sorted({*(one.line for one in shifts), *filter(None, (line,))})

    shifts, numbers = with_session(read, looking=True)
    found = []
    for number in numbers:
        mine = [one for one in shifts if one.line == number]
        found.append((number, mine, gaps([(one.starts_at, one.ends_at) for one in mine], since, until)))
    if json:
        emit(
            {"since": since.isoformat(), "until": until.isoformat(), "lines": [_json(*one) for one in found]}
        )
        return
    if not found:
        out.print("这几天没有排班；用 ./hotline rota import 导入", highlight=False, soft_wrap=True)
    for number, mine, holes in found:
        out.print(f"{number}  {len(mine)} 个班次，{len(holes)} 处空档", highlight=False)
        told = [(one.starts_at, one.ends_at, _who(one)) for one in mine]
        told += [(begins, ends, "空档：无人值班") for begins, ends in holes]
        for begins, ends, who in sorted(told):
            style = "yellow" if who.startswith("空档") else None
            out.print(
                f"  {_span(begins, ends)}  {who}", highlight=False, markup=False, soft_wrap=True, style=style
            )


@app.command()
def now(json: Json = False) -> None:
    """现在谁值班、谁没有签入、哪条线路无人 · who is on duty, who is not logged in, which line has nobody."""
    from app import rota as watch
    from app.floor import now as moment
    from store import rota

    async def read(session: Any) -> list[LineDuty]:
        return await rota.now(session, moment(), await rota.skills(session))

    found = with_session(read, looking=True)
    if json:
        emit({"lines": [_duty_json(one) for one in found]})
        return
    if not found:
        out.print("没有排班；用 ./hotline rota import 导入", highlight=False, soft_wrap=True)
    for line in found:
        style = None if line.state == "covered" else "yellow"
        out.print(f"{line.line}  {watch.WORDS.get(line.state, '有人值班')}", style=style, highlight=False)
        for one in line.people:
            there = f"{one.seat} 号座席" if one.logged_in else "未签入"
            lacks = "，座席没有本线路技能" if one.logged_in and not one.skilled else ""
            out.print(
                f"  {_span(one.starts_at, one.ends_at)}  {one.name}（{there}{lacks}）",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )


def _who(shift: Any) -> str:
    seat = f"{shift.seat_id} 号座席" if shift.seat_id else ""
    name = "" if shift.name == shift.seat_id else shift.name
    return " ".join(filter(None, (seat, name, shift.note)))


def _span(begins: datetime, ends: datetime) -> str:
    return f"周{WEEKDAYS[local(begins).weekday()]} {words(begins)} 至 {words(ends)}"


def _json(line: str, shifts: list[Any], holes: list[tuple[datetime, datetime]]) -> dict[str, Any]:
    return {
        "line": line,
        "shifts": [
            {
                "id": one.id, "seat": one.seat_id, "user": one.user_id, "name": one.name,
                "from": local(one.starts_at).isoformat(), "to": local(one.ends_at).isoformat(), "note": one.note,
            }
            for one in shifts
        ],
        "gaps": [{"from": local(a).isoformat(), "to": local(b).isoformat()} for a, b in holes],
    }  # fmt: skip


def _duty_json(duty: LineDuty) -> dict[str, Any]:
    people = [
        {"name": one.name, "seat": one.seat, "logged_in": one.logged_in, "skilled": one.skilled}
        for one in duty.people
    ]
    return {"line": duty.line, "state": duty.state, "people": people}
