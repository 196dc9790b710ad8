"""The rules as a person reads them: days, moments and clauses in Chinese tables."""

import re
from collections.abc import Iterator
from typing import Any

from rich.table import Column, Table

from app.cli import out
from app.policy_desk import Case, instant
from core.calendar import WEEKDAYS
from core.policy import CIVIL_CODE, VALIDITY_NAMES, Policy
from tickets.clock import local, words
from tickets.explain import Explanation
from tickets.ticket import TYPE_NAMES

STAGE_NAMES = {
    "dispatch": "派单", "sign": "签收", "return": "退回", "handle": "办理", "supervise": "督办回复", "redo": "重办",
}  # fmt: skip
COLOURS = {"warning": ("预警", "cyan"), "yellow": ("黄牌", "yellow"), "red": ("红牌", "red")}
PEOPLE = {"handler": "受理人", "leader": "分管领导"}
WAYS = {"phone": "电话", "sms": "短信"}
UNITS = {"hours": "小时", "days": "日", "working_days": "个工作日"}
PATHS = {
    **STAGE_NAMES, **TYPE_NAMES, **{colour: name for colour, (name, _) in COLOURS.items()},
    "stages": "环节", "term": "期限", "usual": "通常期限", "multi_unit": "多个单位", "on_site": "现场核查", "cards": "卡",
    "deemed_acceptance": "视同接受", "needs": "须附", "opens_on": "启动情形", "same_as": "依照", "times": "次数",
    "extension": "延期", "counts": "计数", "length": "时长", "tell_citizen": "告知诉求人",
    "refusal_needs_reason": "不同意须说明理由", "reply": "回复", "fields": "必填项", "switches": "解释选择",
    "term_ends": "末日截止", "hour_terms": "小时期限", "help_due": "并列期限", "extension_ask": "申请时点", "days": "“日”的含义",
    "handle_clock": "办理起算", "card_moment": "“N个工作日后”", "cards_after_deemed": "视同接受后的卡",
    "extension_short_term": "短期限的延期", "rejected_clock": "审核退回后的期限", "superior": "上级另有规定", "conduct_complaints": "作风投诉",
    "redo_accountable": "重办追责", "satisfaction_of": "满意率分母", "basically_satisfied": "基本满意",
    "enforcement_satisfaction": "执法办案满意率", "unstated": "有规定而未载明", "complex": "复杂事项", "late": "逾期退回",
    "leader_note": "领导批示", "red_card": "红牌", "repeated": "多次反映", "overdue": "逾期未办", "late_return": "逾期退回",
    "other": "其他情形", "urging": "催办", "forms": "督办形式", "joint": "联合督办", "listed": "挂牌督办", "summons": "约谈",
    "special": "专题协调", "media": "媒体曝光", "listed_cap": "挂牌期限", "causes": "重办情形", "intake": "受理",
    "unanswered": "不能即答的咨询", "county_calls": "县区来电", "menu": "语音菜单", "refusals": "不予受理情形数",
    "repeats": "重复诉求", "taken_again": "再次受理", "accountable_from": "追责次数", "knowledge": "知识库", "lead": "提前上传",
    "fix": "补正", "duty": "维护责任", "review": "校核", "owned": "归属", "bulletins": "公告", "assessment": "考核", "schemes": "方式", "rhythm": "周期", "good_bad": "好差评",
    "urging_each": "催办督办每件扣分", "appeal_within": "申诉期限", "weight": "纳入绩效的权重", "table": "考核表", "parts_said": "条文所称部分数",
    "table_clause": "考核表条款", "matter_belongs": "计入哪个月", "satisfaction_step": "满意率扣分步距", "late_reply": "逾期答复",
    "urging_overdue": "超期未办结", "service_starts": "加减分起点", "service_cap": "加分上限", "service_floor": "扣分下限",
    "quarter_of_months": "季度取法", "year_of_quarters": "年度取法", "ranking": "排名", "extension_counts": "延期次数的累计", "stored_words": "通话文字里的号码", "grade_after_redo": "重办后的评价", "solved_of": "解决率分母", "solved_after_redo": "重办后解决的",
    "repeat_open": "重复件在办的首件", "third_repeat": "达到追责次数的重复", "after": "通话之后", "grading": "评价", "scale": "等级", "revisit": "回访",
    "valid": "效力", "status": "状态", "from": "施行", "to": "截止", "hotline": "热线名称", "office_hours": "办公时间",
}  # fmt: skip


_TYPES: dict[str, str] = {str(type): name for type, name in TYPE_NAMES.items()}


def show_explanation(policy: Policy, case: Case, found: Explanation) -> None:
    """Deadline first, then the days, the cards and the clauses."""
    start = local(instant(case.filed_at))
    out.print(
        f"{policy.title} · {STAGE_NAMES[case.stage]} · {_TYPES[case.type]} · 自{words(start, 0, begins=True)}起",
        style="bold",
    )
    for line in _headlines(found, start.year):
        out.print(line, markup=False, highlight=False)
    if found.steps:
        out.print(_days(found))
    if found.cards:
        out.print(_cards(found, start.year))
    out.print(_clauses(policy, found))


def _headlines(found: Explanation, year: int) -> Iterator[str]:
    if found.due:
        yield f"到期：{words(found.due, year)}（此前完成为按时）"
    else:
        yield "到期：规定没有写明" if found.silent else "到期：条文未设单独期限，按卡管理"
    for name, at in (("通常", found.usual), ("最迟", found.latest), ("视同接受", found.deemed_accepted_at)):
        if at:
            yield f"{name}：{words(at, year)}"
    if found.provisional:
        yield "暂定：涉及的年份尚未公布节假日安排，公布后重算"
    if found.validity != "valid":
        yield f"注意：本规定{VALIDITY_NAMES[found.validity]}，仍据以计算"


def _days(found: Explanation) -> Table:
    table = _table("日期", "星期", "计入", "说明", title="逐日")
    for step in found.steps:
        day = step.date
        table.add_row(
            f"{day.year}年{day.month}月{day.day}日",
            WEEKDAYS[day.weekday()],
            "是" if step.counts else "否",
            step.why,
            style=None if step.counts else "dim",
        )
    return table


def _cards(found: Explanation, year: int) -> Table:
    table = _table("卡", "时刻", "通知", "条款", title="预警与黄红牌")
    for due in found.cards:
        name, colour = COLOURS[due.colour]
        people = "、".join(PEOPLE[person] for person in due.card.notify)
        ways = "、".join(WAYS[way] for way in due.card.by)
        table.add_row(name, words(due.at, year), f"{people}（{ways}）", due.card.clause, style=colour)
    return table


def _clauses(policy: Policy, found: Explanation) -> Table:
    table = _table("条款", "原文与说明", title="依据")
    quotes: dict[str, list[str]] = {clause: [] for clause in found.clauses}
    for cited in found.quotes:
        quotes[cited.clause] += [text for text in (cited.words, cited.note) if text]
    for clause, texts in quotes.items():
        key, _, article = clause.partition(" ")
        title = f"中华人民共和国{CIVIL_CODE}" if key == CIVIL_CODE else policy.documents[key]
        quoted = "".join(f"\n{text}" for text in dict.fromkeys(texts))
        table.add_row(clause, f"《{title}》{_article(article)}{quoted}")
    return table


def _article(article: str) -> str:
    """`17(二)2` -> `第17条(二)2`; an annex has no number of its own: `附五(一)1` stays."""
    return re.sub(r"^\d+", lambda number: f"第{number.group()}条", article)


def _table(*headers: str, title: str | None = None) -> Table:
    """Chinese has no spaces to break at: fold, never cut."""
    return Table(*(Column(header, overflow="fold") for header in headers), title=title)


def show_checks(results: list[dict[str, Any]]) -> None:
    """One line per profile, one per error."""
    for result in results:
        if not result["ok"]:
            for reason in result["errors"]:
                out.print(f"✗ {reason}", style="red", markup=False, highlight=False, soft_wrap=True)
            continue
        text = f"✓ {result['name']}（{result['title']}）{result['hash'][:12]}"
        if result["validity"] != "valid":
            text += f" · {VALIDITY_NAMES[result['validity']]}"
        if result["overruled"]:
            text += f" · 上级规定优先，不生效：{'、'.join(result['overruled'])}"
        if result["silent"]:
            text += f" · 未载明：{'、'.join(result['silent'])}"
        out.print(text, markup=False, highlight=False, soft_wrap=True)


def show_switches(policy: Policy, found: list[dict[str, Any]]) -> None:
    """A row per switch: what was chosen, what else there is, and why."""
    table = _table("解释选择", "取值", "另可取", "依据与说明", title=policy.title)
    for row in found:
        others = "、".join(value for value in row["readings"] if value != row["value"])
        name = f"{PATHS[row['name']]}（{row['name']}）"
        why = f"{row['clause'] or '默认'}：{row['note']}"
        table.add_row(name, row["value"], others, why, style="dim" if row["default"] else None)
    out.print(table)


def show_differences(left: Policy, right: Policy, found: list[dict[str, Any]]) -> None:
    """A row per value that differs."""
    table = _table("参数", left.title, right.title)
    for row in found:
        name = "·".join(PATHS.get(part, part) for part in row["path"].removeprefix("stages.").split("."))
        table.add_row(name, _side(row["left"]), _side(row["right"]))
    out.print(table)


def _side(leaf: dict[str, Any] | None) -> str:
    if leaf is None:
        return "—"
    value = leaf["value"]
    if isinstance(value, dict) and "after" in value:
        text = f"{value['after']}{UNITS[value['unit']]}后，{'、'.join(PEOPLE[p] for p in value['notify'])}"
    elif isinstance(value, dict) and "unit" in value:
        text = f"{value['value']}{UNITS[value['unit']]}"
    elif isinstance(value, list):
        text = "、".join(str(item) for item in value)
    else:
        text = {True: "是", False: "否"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return f"{text}（{leaf['clause']}）" if leaf["clause"] else text
