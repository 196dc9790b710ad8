"""A ticket's facts in the words of a paper: Chinese names, units by name, China's clock, nothing of our own ids. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.after_call import GRADE_NAMES
from match.reply_gate import FIELD_NAMES
from match.reply_gate import KIND_NAMES as GATE_NAMES
from tickets.anomalies import KIND_NAMES as ANOMALY_NAMES
from tickets.clock import words
from tickets.supervision import FORM_NAMES, TRIGGER_NAMES, WAY_NAMES
from tickets.ticket import ACTION_NAMES, STATE_NAMES, TYPE_NAMES

STEP_NAMES = {
    "ticket.filed": "登记", "ticket.dispatched": "派单", "ticket.replied": "回复", "ticket.card": "亮牌", "ticket.revisited": "评价", "ticket.attached": "添加附件", "assessment.over": "考核期满",
    "ticket.false_closure": "诉求人否认已联系", "ticket.repeat": "重复诉求", "ticket.told": "告知诉求人", "ticket.words_joined": "并入工单的诉求", "ticket.feedback": "评价反馈承办单位",
    "ticket.reply_checked": "智能审单", "ticket.anomaly": "异常情形", "ticket.rescheduled": "期限调整", "ticket.sensitive": "敏感事项",
    "ticket.urgent": "突发事项通知值班室", "notice.uncertain": "通知是否送达存疑", "notice.resolved": "人工处理通知", "call.graded": "满意度评价", "call.quality": "智能质检", "call.quality_reviewed": "人工质检",
    "supervision.opened": "督办立项", "supervision.noted": "督办记录", "supervision.publication": "公开曝光审批",
    "supervision.overdue": "督办逾期", "supervision.closed": "督办办结", "errand.settled": "外呼结果", "errand.cancelled": "取消外呼", "precedent.retired": "停用审定先例",
    "assessment.finding": "考核认定", "ticket.grade_unclear": "评价未写明工单",
}  # fmt: skip
FACT_NAMES = FIELD_NAMES | {
    "action": "办理", "type": "类型", "unit": "单位", "late": "逾期", "due": "到期", "until": "期限", "reason": "理由", "note": "说明",
    "ground": "不予受理情形", "told": "已告知", "told_at": "告知时间", "told_how": "告知方式", "told_late": "告知逾期", "attested": "告知说明",
    "tell": "由热线告知", "clause": "依据条款", "article": "知识点", "multi_unit": "涉及多个单位", "on_site": "须现场核查", "complex": "情况复杂",
    "term": "期限性质", "term_basis": "期限依据", "question": "争议问题", "units": "涉及单位", "rung": "审定层级", "opinion": "意见",
    "matter": "事项", "site": "现场核查", "evidence": "佐证", "cause": "重办情形", "reasonable": "诉求合理", "at_fault": "属单位责任",
    "how": "方式", "reached": "已联系上", "way": "方式", "words": "内容", "rang": "已拨打", "via": "渠道", "proven": "查实情况", "reward": "奖励情况", "into": "并入工单", "joined": "并入工单", "grade": "评价",
    "contacted": "单位已联系", "solved": "问题已解决", "stage": "环节", "colour": "牌", "asked": "诉求项数", "unaddressed": "未回应项数", "findings": "审单发现",
    "claimed": "单位所称", "said": "诉求人所述", "noted": "经人工询问记录", "advice": "改进建议", "kind": "情形", "kinds": "审单发现", "count": "次数", "new_facts": "有新情况",
    "despite": "不属重复的说明", "confirmed": "已确认重复", "categories": "类别", "level": "级别", "duty_unit": "值班单位", "phones": "通知电话数",
    "why": "原因", "changes": "变动", "trigger": "立项情形", "form": "督办形式", "channel": "通知方式", "verdict": "处理",
    "publication": "曝光审批", "attached": "附件", "errand": "外呼种类",
}  # fmt: skip
_OURS = frozenset({
    "at", "action", "actor", "before", "state", "of", "score", "group", "sha256", "subject", "by", "number", "version", "rounds",
})  # fmt: skip
_UNITS = frozenset({"unit", "duty_unit", "units"})
_NAMED: dict[str, Mapping[str, str]] = {
    "type": {str(k): v for k, v in TYPE_NAMES.items()}, "grade": {str(k): v for k, v in GRADE_NAMES.items()}, "form": {str(k): v for k, v in FORM_NAMES.items()},
    "trigger": {str(k): v for k, v in TRIGGER_NAMES.items()},
    "way": {str(k): v for k, v in WAY_NAMES.items()} | {"refuse": "不再受理", "merge": "并单", "take": "受理", "escalate": "升级", "suspected": "疑似", "judged": "认定", "other": "另一事项", "new": "新诉求"},
    "stage": {"dispatch": "派单", "sign": "签收", "return": "退回", "handle": "办理", "supervise": "督办回复", "redo": "重办", "unit": "办理", "intake": "受理"},
    "colour": {"warning": "预警", "yellow": "黄牌", "red": "红牌"},
    "told_how": {"phone": "电话", "visit": "上门", "sms": "短信", "letter": "信函", "online": "网上", "through_us": "经热线"},
    "via": {"online": "网上", "phone": "电话", "phone_key": "电话按键", "voice": "语音", "sms": "短信", "agent": "人工回访"},
    "rung": {"meeting": "会商", "authority": "主管部门", "office": "热线办", "government": "政府", "joint": "联席会议"},
    "term": {"shorter": "从短", "statutory": "法定", "set": "指定"},
    "cause": {"bad_grade": "评价不满意", "poor_quality": "办理质量差", "against_policy": "不符合政策", "perfunctory": "敷衍应付", "unsatisfied_complaint": "投诉不满意"},
    "kind": {str(k): v for k, v in ANOMALY_NAMES.items()},
    "kinds": {str(k): v for k, v in GATE_NAMES.items()},
    "channel": {"sms": "短信", "voice": "语音", "mail": "邮件", "webhook": "推送"},
    "attached": {"photo": "照片", "document": "文件"},
    "errand": {"callback": "回电", "abandoned": "放弃来电回拨", "cut_off": "中断来电回拨", "revisit": "回访"},
    "verdict": {"arrived": "已送达", "send_again": "再次发送"},
}  # fmt: skip


def moment(at: datetime | None) -> str:
    """With its year, on China's clock; '' for none."""
    return words(at, 0) if at is not None else ""


def step_name(event: str, payload: Mapping[str, Any]) -> str:
    """What somebody did, or what happened by itself."""
    named: dict[str, str] = {str(action): name for action, name in ACTION_NAMES.items()}
    if event == "ticket.stepped" and payload.get("action") in named:
        return named[str(payload["action"])]
    return STEP_NAMES.get(event, "其他记录")


def told(facts: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """Facts in one line, what is empty left out; `units`: names by code."""
    parts = [*_state(facts), *_each(facts, units)]
    return "；".join(f"{name}：{value}" for name, value in parts if value)


def _state(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    names: dict[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
    state = str(facts.get("state") or "")
    return [("状态", names[state])] if state in names else []


def _each(facts: Mapping[str, Any], units: Mapping[str, str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in facts.items():
        if key == "facts" and isinstance(value, Mapping):
            found += _each(value, units)
        elif key not in _OURS and not key.endswith("_id") and not (key == "late" and not value):
            found.append((FACT_NAMES.get(key, "其他"), _value(key, value, units)))
    return found


def _value(key: str, value: Any, units: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return told(value, units)
    if isinstance(value, list | tuple):
        return "、".join(filter(None, (_value(key, one, units) for one in value)))
    text = str(value)
    if key in _UNITS:
        return "、".join(units.get(one.strip(), one.strip()) for one in text.replace("，", ",").split(","))
    return _NAMED.get(key, {}).get(text) or _time(text) or text


def _time(text: str) -> str:
    """A moment written for machines, in words; '' for what is none."""
    if "T" not in text:
        return ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return moment(at) if at.tzinfo is not None else ""
