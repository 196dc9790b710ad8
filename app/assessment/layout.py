"""What stands on a sheet that an office signs, as rows of words: the same for the spreadsheet and for the printed page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from store.tables import FrozenSheet
from tickets.clock import words

HEAD = ("部分", "项目", "满分", "得分", "扣分、加分及其依据", "条款")
SHARES = ("指标", "分子", "分母", "比率", "说明", "条款")
TALLIES = ("情况", "件数")
GRADES = {
    "very_satisfied": "非常满意", "satisfied": "满意", "fairly_satisfied": "基本满意", "dissatisfied": "不满意",
    "very_dissatisfied": "非常不满意",
}  # fmt: skip
SIGNATURES = (
    "制表人（签字）",
    "审核人（签字）",
    "热线办负责人（签字、盖章）",
    "被考核单位负责人（签字、盖章）",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One item: what it got, and beneath it each case with its events. `counted`: whether this period's total holds it."""

    part: str
    title: str
    full: str
    points: str
    cases: tuple[str, ...]
    clause: str
    counted: bool


def shown(row: FrozenSheet) -> dict[str, Any]:
    """A frozen sheet with its id and version, as papers show it."""
    return row.sheet | {"version": row.version, "id": row.id}


def title(sheet: Mapping[str, Any]) -> str:
    return f"{sheet['city']}{sheet['hotline'] or '12345热线'}工作考核表"


def facts(sheet: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The lines under the title."""
    version = f"定稿第{sheet['version']}版" if sheet.get("version") else "未定稿"
    found = [
        (
            "被考核单位",
            f"{sheet['unit_name']}（{sheet['unit']}）" + ("  分中心" if sheet.get("sub_centre") else ""),
        ),
        ("考核期", sheet["period"]["title"]),
        ("考核方式", f"{sheet['scheme_title']}（{sheet['clause']}）"),
        ("截至", words(datetime.fromisoformat(sheet["as_of"]), 0)),
        ("版本", version),
    ]
    if sheet["points"] is not None:
        found.append(("得分", total(sheet)))
    if worth := sheet.get("weighted"):
        found.append(("折算", f"{number(worth['points'])}／{number(worth['of'])}分（纳入绩效考核）"))
    if sheet.get("rank"):
        found.append(("名次", f"第{sheet['rank']}名"))
    return found


def total(sheet: Mapping[str, Any]) -> str:
    """`68.50／72分`; in a month also how the whole hundred stands."""
    text = f"{number(sheet['points'])}／{number(sheet['full'])}分"
    whole = sheet.get("standing")
    if sheet["period"]["kind"] == "month" and whole:
        text += f"（百分制现况 {number(whole['points'])}／{number(whole['full'])}）"
    return text


def number(value: str | None) -> str:
    """Points without zeros that say nothing."""
    if value is None:
        return ""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def lines(sheet: Mapping[str, Any]) -> list[Line]:
    """Every item of the table, in its order."""
    month = sheet["period"]["kind"] == "month"
    return [
        Line(
            item["part"], item["title"], number(item["full"]), number(item["points"]), tuple(_cases(sheet, item)),
            item["clause"], not month or item["by"] == "month",
        )
        for item in sheet["items"]
    ]  # fmt: skip


def _cases(sheet: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[str]:
    numbers = sheet.get("numbers", {})
    if item.get("parts"):
        yield "各期：" + "，".join(
            f"{name} {number(points)}" for name, points in sorted(item["parts"].items())
        )
    if not item["configured"]:
        yield "每件扣分未设定，只列情形，不扣分"
    for change in item["changes"]:
        points = "不扣分" if change["excused"] else _signed(change["points"])
        ticket = sheet.get("tickets", {}).get(change["subject"], change["subject"])
        subject = f"工单{numbers[ticket]}" if ticket in numbers else ""
        when = words(datetime.fromisoformat(change["at"]), 0)
        said = "，".join(part for part in (subject, change["why"]) if part)
        excused = f"；{change['excused']}" if change["excused"] else ""
        proof = f"；事件 {_ids(change['events'])}" if change["events"] else ""
        yield f"{points}  {when}  {said}{excused}（{change['clause']}{proof}）"
    if item["note"] and not item["changes"]:
        yield item["note"]


def _signed(points: str) -> str:
    value = Decimal(points)
    return f"{'加' if value > 0 else '扣'}{number(str(abs(value)))}分" if value else "不扣分"


def _ids(events: list[str], most: int = 8) -> str:
    more = f" 等{len(events)}条" if len(events) > most else ""
    return "、".join(events[:most]) + more


def shares(sheet: Mapping[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """Rates with every denominator beside them."""
    rows = []
    for share in sheet["shares"]:
        rows.append(
            (
                share["title"],
                str(share["good"]),
                str(share["of"]),
                _percent(share),
                share["note"],
                share["clause"],
            )
        )
        for one in share.get("denominators", {}).values():
            rows.append((f"　其中：{one['title']}", str(one["good"]), str(one["of"]), _percent(one), "", ""))
    return rows


def _percent(share: Mapping[str, Any]) -> str:
    return f"{number(share['percent'])}%" if share["percent"] is not None else "—"


def tallies(sheet: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["title"], str(one["count"])) for one in sheet["tallies"]]


def grades(sheet: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """What is handed over to 好差评."""
    numbers = sheet.get("numbers", {})
    return [
        (
            numbers.get(one["ticket"], one["ticket"]),
            sheet["unit_name"],
            GRADES.get(one["grade"], one["grade"]),
            one["at"],
        )
        for one in sheet.get("good_bad", {}).get("grades", ())
    ]


def notes(sheet: Mapping[str, Any]) -> list[str]:
    """What whoever signs must know, and which documents the clauses are from."""
    documents = "；".join(f"{key} 为《{name}》" for key, name in sheet.get("documents", {}).items())
    return [f"说明{number}：{note}" for number, note in enumerate(sheet["notes"], 1)] + (
        [f"依据：{documents}"] if documents else []
    )


def footer(sheet: Mapping[str, Any]) -> str:
    """By what it was computed, so that anybody can compute it again."""
    name = f"考核表编号 {sheet['id']}；" if sheet.get("id") else ""
    return (
        f"{name}算法版本 {sheet['formula']}；规则 {sheet['profile']} {sheet['policy_hash'][:16]}；"
        f"事实 {sheet['facts']} 条 {sheet['facts_hash'][:16]}"
    )
