"""A scene's result as a person reads it on a terminal."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tickets.clock import words
from tickets.ticket import TYPE_NAMES

ROLES = {
    "citizen": "市民",
    "agent": "话务员",
    "expert": "专家座席",
    "sub_centre": "分中心",
    "unit": "承办单位",
    "emergency": "紧急服务",
    "utility": "公用热线",
    "supervisor": "班长",
    "county": "县区",
    "music": "等待音乐",
}
PHASES = {
    "talk": "通话", "consult": "咨询", "swapped": "切换到市民", "back": "恢复", "three-way": "三方", "waiting": "等候",
    "agent gone": "话务员已退出", "expert gone": "专家已退出", "ringing": "转接振铃", "talk with the expert": "与专家通话",
    "with the sub-centre": "与分中心通话", "with 110": "与110通话", "nobody there": "对方无响应", "listen": "监听",
    "whisper": "密语", "barge": "强插", "left": "班长已退出", "says why": "说明原因", "called back": "回电通话",
    "second talk": "第二次通话", "service dead": "服务中断", "service back": "服务恢复", "one seat": "仅一席在岗",
    "the next": "下一位",
}  # fmt: skip
COLOURS = {
    "citizen": "cyan", "agent": "green", "expert": "bright_green", "match": "magenta", "ticket": "yellow", "seat": "blue",
    "sub_centre": "bright_blue", "unit": "bright_magenta", "emergency": "red", "supervisor": "bright_yellow",
}  # fmt: skip
NAMES = ROLES | {"match": "建议", "ticket": "工单", "seat": "弹屏", "call": "通话", "demo": "演示"}


WHO_ENDED = {"us": "系统道别后", "switch": "线路中断"}
RESULTS = {"merged": "三方通话", "answered": "已接通", "blind": "已盲转", "failed": "未接通"}


def name_of(leg: str) -> str:
    """`expert2-2` -> 专家座席 2·2."""
    base, _, again = leg.partition("-")
    role = base.rstrip("0123456789")
    return ROLES.get(role, role) + base[len(role) :] + (f"·{again}" if again else "")


def term(due: str | None) -> str:
    """A deadline (ISO 8601, any zone) as the office writes it, `2026年10月9日24:00`; a dash where there is none."""
    return words(datetime.fromisoformat(due), 0) if due else "—"


def timeline_line(seconds: float, who: str, what: str, to: Console) -> None:
    """One event."""
    name = NAMES.get(who) or name_of(who)
    role = who.rstrip("0123456789")
    pad = "　" * max(0, 4 - len(name))
    to.print(f"[dim]{seconds:6.1f}s[/dim] [{COLOURS.get(role, 'white')}]{name}{pad}[/] ", end="")
    to.print(what, markup=False, highlight=False, soft_wrap=True)


def summary(result: dict[str, Any], kept: Path | None, to: Console) -> None:
    """The call, who heard whom, what was proposed, the ticket and its clock."""
    if call := result["call"]:
        waited = (
            f"，{call['answered_after_ms']} ms 后接听"
            if call["answered_after_ms"] is not None
            else "，无人接听"
        )
        ended = WHO_ENDED.get(call["ended_by"]) or name_of(call["ended_by"] or "—")
        line = (
            f"[bold]通话[/bold] {call['id']}  {call['caller_masked']} → {call['line']}{waited}，由{ended}结束"
        )
        to.print(line, soft_wrap=True, highlight=False)
    recording = result["recording"]
    if recording["channels"]:
        to.print(f"[bold]录音[/bold] {recording['channels']} 声道 {recording['seconds']:.1f} 秒")
    if result["phases"]:
        to.print(_who_hears_whom(result))
    for name, title in (("answers", "答复"), ("units", "承办单位"), ("refusals", "不予受理")):
        for one in result["proposals"][name]:
            sure = "确定" if one["confident"] else "不确定"
            to.print(f"[bold]{title}[/bold] {one['score']:.2f} {sure} {one['title']}", highlight=False)
    if transfer := result["transfer"]:
        why = f"（{transfer['reason']}）" if transfer.get("reason") else ""
        came = RESULTS.get(transfer["result"], transfer["result"])
        to.print(f"[bold]转接[/bold] {transfer['to']} {transfer['name']}：{came}{why}", highlight=False)
    for ticket in result["tickets"]:
        _ticket(ticket, to)
    if kept:
        to.print(f"[bold]文件[/bold] {kept}")


def _who_hears_whom(result: dict[str, Any]) -> Table:
    """Measured in the recordings: one row a phase, one column a leg."""
    legs = [leg["id"] for leg in result["legs"] if leg["started_s"] is not None]
    table = Table(title="谁听到谁（由各方录音测得）", title_justify="left", header_style="bold")
    table.add_column("阶段")
    table.add_column("秒", justify="right")
    for leg in legs:
        table.add_column(f"{name_of(leg)} 听到")
    for phase in result["phases"]:
        heard = [_heard(phase["hears"].get(leg)) for leg in legs]
        table.add_row(
            PHASES.get(phase["name"], phase["name"]), f"{phase['start_s']:.1f}–{phase['end_s']:.1f}", *heard
        )
    return table


def _heard(ids: list[str] | None) -> str:
    if ids is None:
        return "[dim]—[/dim]"
    return "、".join(name_of(one) for one in ids) or "[dim]无声[/dim]"


def _ticket(ticket: dict[str, Any], to: Console) -> None:
    to.print(
        f"[bold]工单[/bold] {ticket['number']} {TYPE_NAMES.get(ticket['type'], ticket['type'])} → {ticket['unit'] or '未派单'}，"
        f"期限 {term(ticket['due'])}（{ticket['policy']}）",
        soft_wrap=True,
        highlight=False,
    )
    for step in ticket["steps"]:
        to.print(f"       {step['date']} {'计' if step['counts'] else '不计'} {step['why']}", highlight=False)
