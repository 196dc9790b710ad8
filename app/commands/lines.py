"""`./hotline lines …`: the register of hotline numbers, read, checked and imported; `./hotline reload` makes a running instance take it up."""

import asyncio
import getpass
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from app.cli import emit, out, reason
from app.settings import settings
from routing.line import OUTSIDE, Line, LineChange
from routing.lines import LineRegister, Reached, Way

app = typer.Typer(help="热线号码 · the line register", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Source = Annotated[Path, typer.Argument(help="lines.yaml")]
MODES = {
    "host": "主号码", "merged": "整体并入", "dual_number": "双号并行", "sub_centre": "设分中心", "direct_merge": "直接合并",
    "call_forward": "呼叫转移", "parallel": "并行接听", "emergency": "紧急热线", "utility": "公共事业",
    "intake": "来话专线", "queue": "专席",
}  # fmt: skip
PARTIES = {
    "agent": "话务员", "expert": "专家座席", "sub_centre": "分中心", "emergency": "紧急热线", "utility": "公共事业单位",
}  # fmt: skip
STATES = {"open": "通", "closed": "不通"}
WHAT = {"added": "新增", "changed": "修改", "withdrawn": "取消", "same": "不变"}


@app.command("list")
def list_lines(
    mode: Annotated[str, typer.Option(help="只列一种 · one mode only")] = "", json: Json = False
) -> None:
    """全部号码及接听方式 · every number, how it is answered and by whom."""
    register, states = asyncio.run(_stored())
    shown = [line for line in register if mode in ("", line.mode, MODES.get(line.mode))]
    if json:
        emit({"lines": [_told(register, line, states) for line in shown]})
        return
    for line in shown:
        found = register.reached(line.number)
        to = "" if found.line.number == line.number else f" → {found.line.number}"
        region = f"{found.region} 远端座席优先" if found.region else ""
        tags = [line.key, region, STATES.get(states.get(line.number, ""), ""), *_status(line)]
        head = f"{line.number:<9} {MODES[line.mode]} {line.name}{to}"
        out.print(
            head + "".join(f" [{tag}]" for tag in tags if tag), highlight=False, markup=False, soft_wrap=True
        )
    out.print(f"共 {len(shown)} 条", highlight=False)


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="号码或代号，如 12333、from-110")], json: Json = False
) -> None:
    """一个号码：拨打接到哪里、怎样转接过去 · who a caller reaches and how a call is handed over."""
    register, states = asyncio.run(_stored())
    line = register.get(number)
    if json:
        emit(_told(register, line, states))
        return
    found, way = register.reached(line.number), register.way(line.number)
    rows = {
        "号码": line.number + (f"（{line.key}）" if line.key else ""),
        "名称": line.name,
        "责任单位": line.unit,
        "方式": f"{MODES[line.mode]}（{'省级' if line.level == 'province' else '市级'}）",
        "状态": "、".join(_status(line)) or "正常",
        "依据": line.clause,
        "市民拨打": _answered(found),
        "转接过去": _handed(way),
        "通断": _state(line, states),
        "备注": line.note,
    }
    for name, text in rows.items():
        if text:
            out.print(f"[dim]{name}[/]  {escape(text)}", highlight=False, soft_wrap=True)


@app.command()
def check(file: Source, json: Json = False) -> None:
    """检查文件，并与现有线路库比较 · is the file right, and what would it change?"""
    _import(file, "", dry=True, json=json)


@app.command("import")
def import_file(
    file: Source,
    why: Annotated[str, typer.Option(help="变更依据 · why")] = "",
    json: Json = False,
) -> None:
    """导入文件：全部生效或全部不变 · all or none; lines not in the file stay as they are."""
    _import(file, reason(why, ask=True), dry=False, json=json)


def _import(file: Path, why: str, *, dry: bool, json: bool) -> None:
    from app import line_deeds, seeding
    from app.floor import now
    from app.opened import database

    given = seeding.lines_file(file)

    async def run() -> list[LineChange]:
        async with database(settings(), trial=dry) as opened:
            async with opened.session() as session:
                await seeding.registers_if_none(session, settings())
            async with opened.session() as session:
                return await line_deeds.take_in(session, given, _who(), why, now(), dry=dry)

    done = asyncio.run(run())
    changed = [one for one in done if one.what != "same"]
    if json:
        emit(
            {
                "file": str(file),
                "lines": len(done),
                "applied": not dry,
                "changes": [asdict(one) for one in changed],
            }
        )
        return
    _print_changes(done, changed, dry)


def _print_changes(done: Sequence[LineChange], changed: Sequence[LineChange], dry: bool) -> None:
    for one in changed:
        out.print(f"{WHAT[one.what]} {one.number} {one.name}", highlight=False, markup=False, soft_wrap=True)
        for name, (was, now_) in one.fields.items():
            out.print(
                f"    {name}: {was!r} → {now_!r}", style="dim", highlight=False, markup=False, soft_wrap=True
            )
    verb = "将变更" if dry else "已变更"
    out.print(f"✓ {len(done)} 条线路，{verb} {len(changed)} 条", highlight=False)
    if changed and not dry:
        out.print("运行 ./hotline reload 生效，不影响通话 · takes effect with ./hotline reload", style="dim")


async def _stored() -> tuple[LineRegister, dict[str, str]]:
    """The register of this instance (an empty one is filled first) and what is known of others' lines."""
    from app import line_deeds, seeding
    from app.floor import now
    from app.opened import database
    from store import line_state

    async with database(settings(), looking=True) as opened:
        async with opened.session() as session:
            await seeding.registers_if_none(session, settings())
        async with opened.reading() as session:
            states = dict(await line_state.states(session, now()))
        return await line_deeds.load_register(opened), states


def _told(register: LineRegister, line: Line, states: dict[str, str]) -> dict[str, Any]:
    found, way = register.reached(line.number), register.way(line.number)
    reached = asdict(found) | {"line": found.line.number}
    return asdict(line) | {
        "reached": reached,
        "hand_over": asdict(way) | {"line": way.line.number},
        "state": states.get(line.number, "unknown"),
    }


def _status(line: Line) -> list[str]:
    kind, _, number = line.status.rpartition("_")
    told = {"suspended": "已暂停服务", "merged_into": f"已归并到{number}", "part_time": f"由{number}兼职接听"}
    return [told[key] for key in (line.status, kind) if key in told]


def _state(line: Line, states: dict[str, str]) -> str:
    """Whether others answer, of lines that others answer."""
    if line.mode not in OUTSIDE and not line.reach.number:
        return ""
    return STATES.get(states.get(line.number, ""), "未知（近期没有呼叫或测试）")


def _answered(found: Reached) -> str:
    parts = [f"接到 {found.line.number}（{found.line.name}）"]
    if found.line.mode in OUTSIDE:
        parts = [f"由 {found.line.number} 自己的座席接听；转到我处的，由话务员接听"]
    if found.forward:
        parts.append(f"先转 {found.forward}")
    if found.also_ring:
        parts.append(f"同时振铃 {'、'.join(found.also_ring)}")
    if found.region:
        parts.append(f"{found.region} 远端座席优先")
    if found.skills:
        parts.append(f"{'、'.join(found.skills)} 座席优先，其余座席兜底")
    if found.priority:
        parts.append(f"优先级 {found.priority}")
    if found.prompts:
        parts.append(f"先播 {'、'.join(found.prompts)}")
    return "；".join(parts)


def _handed(way: Way) -> str:
    to = [f"{way.skill} 座席" if way.skill else "", f"拨 {way.number}" if way.number else ""]
    how = "，否则".join(part for part in to if part) or (
        "任一话务员" if way.party == "agent" else "未登记号码，转工单"
    )
    return f"{PARTIES[way.party]}（{way.line.number}）：{how}"


def _who() -> str:
    return f"cli:{getpass.getuser()}"
