"""`./hotline assess`: sheets of units for a month, a quarter or a year, as words or JSON, a frozen one by release as spreadsheet or a page to sign; and of seats."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput


def assess(
    profile: Annotated[str, typer.Option(help="规则名，如 yanji；默认本市 · whose rules")] = "",
    month: Annotated[str, typer.Option(help="2026-10")] = "",
    quarter: Annotated[str, typer.Option(help="2026-Q4")] = "",
    year: Annotated[str, typer.Option(help="2026")] = "",
    unit: Annotated[str, typer.Option(help="单位代码；不填为全部 · empty: all")] = "",
    place: Annotated[str, typer.Option(help="区划代码：只看该地单位 · only units of this place")] = "",
    as_of: Annotated[str, typer.Option(help="截至，ISO 8601；无时区按 +08:00 · as known then")] = "",
    seats: Annotated[
        bool, typer.Option("--seats", help="考核座席与外包服务商，而非承办单位 · seats instead")
    ] = False,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="定稿：连同规则和事实留存 · keep as signed")
    ] = False,
    release: Annotated[
        str, typer.Option(help="已获两人批准的放行单：写出其定稿考核表 · writes the frozen sheet it is about")
    ] = "",
    xlsx: Annotated[Path | None, typer.Option(help="与 --release 一起：写成 Excel · spreadsheet")] = None,
    pdf: Annotated[Path | None, typer.Option(help="与 --release 一起：写成 PDF · a page to sign")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """考核：每一分都指明事件和条款 · assess units, or seats; every half point names its events."""
    if release or xlsx or pdf:
        _release(release, xlsx, pdf)
        return
    name = _period(month=month, quarter=quarter, year=year)
    if seats:
        if profile or unit or place or freeze:
            raise BadInput("--seats 考核座席，不与 --profile、--unit、--place、--freeze 同用")
        found: dict[str, Any] = asyncio.run(_seats(name, _moment(as_of)))
        emit(found) if json else _show_seats(found)
        return
    sheets, kept = asyncio.run(_sheets(profile, name, unit, place, _moment(as_of), freeze))
    if json:
        emit({"period": name, "sheets": sheets} | ({"frozen": kept} if freeze else {}))
        return
    for sheet in sheets:
        _show(sheet, full=len(sheets) == 1)
    if freeze:
        out.print(f"✓ 已定稿 {len(kept)} 张", highlight=False, soft_wrap=True)


def _period(**given: str) -> str:
    """The one that was asked for, of the kind that its option says."""
    from tickets.assessment.fact import period

    named = {kind: name for kind, name in given.items() if name}
    if len(named) != 1 or any(period(name).kind != kind for kind, name in named.items()):
        raise BadInput("请写明 --month 2026-10、--quarter 2026-Q4 或 --year 2026 之一")
    return next(iter(named.values()))


def _moment(text: str) -> datetime | None:
    from tickets.clock import CHINA, local

    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"--as-of 写作 2026-11-10T09:00，不是 {text!r}") from None
    return local(at if at.tzinfo else at.replace(tzinfo=CHINA)) if at else None


async def _sheets(
    profile: str, period: str, unit: str, place: str, as_of: datetime | None, freeze: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    from api.actor import Actor
    from api.assess_house import Asked
    from app import policies, seeding
    from app.assessment.desk import AssessDesk
    from app.floor import now
    from app.opened import database

    s = settings()
    tree = seeding.city_divisions(s.policy)
    if place:
        tree.get(place)
    rules = policies.load(profile or tree.rules_of(place) or s.policy)
    who = Actor("cli", "cli", "命令行", "office", None, place or None)
    asked = Asked(period, rules.name, unit, as_of)
    async with database(s, looking=True) as opened:
        desk = AssessDesk(opened, rules, policies.load_calendar(), tree, now)
        kept = await desk.freeze(who, asked, "命令行定稿") if freeze else []
        return await desk.sheets(who, asked), kept


def _release(release: str, xlsx: Path | None, pdf: Path | None) -> None:
    """A file leaves the machine's screen: by two persons' word, marked and kept (001 26(一))."""
    if not release or not (xlsx or pdf):
        raise BadInput(
            "写成文件须有放行单：--release ID 与 --pdf 或 --xlsx 一起用（先定稿，再在“放行审批”中申请）"
        )
    for path in (xlsx, pdf):
        if path:
            _keep(path, asyncio.run(_released(release, "xlsx" if path is xlsx else "pdf", path)))
            out.print(f"✓ 已写入 {path}", highlight=False, soft_wrap=True)


async def _released(release: str, format: Literal["xlsx", "pdf"], path: Path) -> bytes:
    from app.opened import database
    from app.secrecy import at_shell
    from core.errors import NotAllowed
    from store import releases

    at_shell.must_be_free(path)
    async with database(settings(), looking=True) as opened:
        async with opened.reading() as session:
            if (await releases.get(session, release)).kind != "assessment":
                raise NotAllowed("放行单不是为考核表批准的")
        desk = at_shell.release_desk(opened, settings().recordings)
        return (await desk.file(at_shell.who(), release, format)).body


def _keep(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(f"写不了 {path}：{error.strerror}") from error


def _show(sheet: Mapping[str, Any], *, full: bool) -> None:
    """One line for each of many units; the whole sheet for one."""
    from app.assessment import layout

    said = (
        layout.total(sheet)
        if sheet["points"] is not None
        else "  ".join(f"{row[0]} {row[3]}" for row in layout.shares(sheet) if not row[0].startswith("　"))
    )
    place = f"  第{sheet['rank']}名" if sheet.get("rank") else ""
    _say(f"{sheet['unit_name']}（{sheet['unit']}） {sheet['period']['title']}  {said}{place}", "bold")
    if not full:
        return
    for line in layout.lines(sheet):
        mark = "" if line.counted else "（不计入本期）"
        _say(f"  {line.part} {line.title}{mark}  {line.points}／{line.full}  {line.clause}")
        for case in line.cases:
            _say(f"      {case}", "dim")
    for row in layout.shares(sheet):
        _say(f"  {row[0]}  {row[1]}/{row[2]}  {row[3]}")
    for note in sheet["notes"]:
        _say(f"  注：{note}", "yellow")
    _say(f"  {layout.footer(sheet)}", "dim")


def _say(text: str, style: str = "") -> None:
    out.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


async def _seats(period: str, as_of: datetime | None) -> dict[str, Any]:
    from app.assessment.seats import seat_sheet
    from app.floor import now
    from app.opened import database

    s = settings()
    async with database(s, looking=True) as opened, opened.reading() as session:
        return await seat_sheet(session, period, as_of or now())


def _show_seats(found: Mapping[str, Any]) -> None:
    for row in (found["outsourcer"], *found["seats"]):
        _say(f"{row['title']}", "bold")
        for group in row["groups"]:
            said = "  ".join(f"{one['title']} {one['said']}" for one in group["measures"])
            _say(f"  {group['title']}：{said}")
    for note in found["notes"]:
        _say(f"注：{note}", "yellow")
