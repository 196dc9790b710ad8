"""`./hotline calendar`: which days count as working days, and a year's notice taken in when it comes."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from app import policies
from app.cli import emit, out
from app.commands.policy_view import COLOURS, STAGE_NAMES
from app.policy_desk import year_of
from app.settings import Settings, settings
from core.calendar import YearPlan
from core.calendar_text import parse_calendar
from core.errors import BadInput
from tickets.clock import words

app = typer.Typer(help="工作日日历 · working days", no_args_is_help=True, add_completion=False)
Json = Annotated[bool, typer.Option("--json", help="标准输出只有一个 JSON 对象")]
KINDS = {"rest": "放假", "make_up": "调休上班", "half_days": "半日，办公至"}
NAMES = {
    "due": "到期",
    "fix": "知识缺漏补正",
    "provisional": "暂定",
    "overdue": "到期",
    "deemed": "视同接受",
    "true": "是",
    "false": "否",
}


@app.command("import")
def import_calendar(
    file: Annotated[Path, typer.Argument(help="一年的放假安排（YAML，格式见 policies/calendars/README.md）")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出变化，不改动")] = False,
    json: Json = False,
) -> None:
    """收入一年的放假安排，在办工单重新计算期限 · takes a year's notice in; every open ticket's dates are computed anew."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}：读不出：{getattr(error, 'strerror', None) or error}") from error
    plan, s = parse_calendar(text, str(file)), settings()
    moved = asyncio.run(_take_in(s, plan, text, dry_run))
    failed = [one for one in moved if one.failed]
    if json:
        emit(
            {"year": plan.year, "source": plan.source, "dry_run": dry_run, "moved": [m.as_json() for m in moved if not m.failed],
             "failed": [m.as_json() for m in failed]}
        )  # fmt: skip
    else:
        _show_moved(plan, moved, dry_run)
    raise typer.Exit(1 if failed else 0)


async def _take_in(s: Settings, plan: YearPlan, text: str, dry: bool) -> list[Any]:
    """Tickets first, then the file, which running services take up: whoever breaks off here imports again and loses nothing."""
    from app.calendars import why
    from app.floor import now
    from app.opened import database
    from app.rescheduling import News, reschedule

    known = policies.load_calendar()
    if not plan.complete and (whole := known.plan(plan.year)) and whole.complete:
        raise BadInput(f"{plan.year}年已有整年安排（{whole.source}）；请在整年文件中改正后再导入")
    calendar = known.under(plan)
    news = News(known, calendar, now(), why(known, calendar), calendar.key)
    async with database(s, trial=dry) as opened:
        moved = [one async for one in reschedule(opened, s.policy, news, dry=dry)]
    if not dry:
        _keep(policies.imported_calendars(s.home), plan.year, text)
    return moved


def _keep(folder: Path, year: int, text: str) -> None:
    """Whole or not at all; a year's earlier file is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f".{year}.part"
    half.write_text(text, encoding="utf-8")
    half.replace(folder / f"{year}.yaml")


def _show_moved(plan: YearPlan, moved: list[Any], dry: bool) -> None:
    table = Table("工单", "单位", "项目", "原", "新")
    for one in moved:
        for name, (before, after) in one.changes.items():
            table.add_row(one.number, one.unit or "", _name(name), _said(before), _said(after))
        if one.failed:
            table.add_row(one.number, one.unit or "", "未能重算", one.failed, "", style="red")
    if moved:
        out.print(table)
    count = sum(not one.failed for one in moved)
    done = "将有" if dry else "已收入，"
    out.print(f"{plan.source}：{done}{count} 件在办工单的期限调整", highlight=False, soft_wrap=True)


def _name(key: str) -> str:
    """`handle.red` -> 办理·红牌."""
    names = NAMES | STAGE_NAMES | {colour: name for colour, (name, _) in COLOURS.items()}
    return "·".join(names.get(part, part) for part in key.split("."))


def _said(value: str | None) -> str:
    if value is None or value in NAMES:
        return NAMES[value] if value else "—"
    return words(datetime.fromisoformat(value), 0)


@app.command()
def show(
    year: Annotated[int | None, typer.Argument(help="年份；不写则为今年", min=1950, max=2099)] = None,
    json: Json = False,
) -> None:
    """一年的放假和调休上班日，及其依据 · a year's rest and make-up days and where they come from."""
    wanted = year or date.today().year  # noqa: DTZ011 - the operator's own day
    found = year_of(policies.load_calendar(), wanted)
    if json:
        emit(found)
        return
    table = Table("日期", "安排", "名称")
    for kind, name in KINDS.items():
        for day, why in found[kind].items():
            table.add_row(day, name, why)
    out.print(table)
    state = "已公布" if found["published"] else "尚未公布：仅周末和法定节假日，期限均为暂定"
    out.print(f"{wanted}年 {state} · {found['source']}", highlight=False, soft_wrap=True)
