"""The steps of a ticket as they are asked for: one shape per action, told apart by `action`, its facts typed.

Which facts an action needs and may have is read from the lifecycle table; what a fact looks like stands in `FACTS` once.
"""

import operator
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from api.shapes import Given, Id, Instant, Word
from core.after_call import Grade
from core.policy_parts import RedoCause, UrgingWay
from tickets.table import RULES
from tickets.ticket import ACTION_NAMES, ACTIONS, Action, NamedTerm

Text = Annotated[str, Field(max_length=20_000)]
Rung = Literal["meeting", "authority", "office", "government", "joint"]
Proven = Literal["proven", "partly", "unproven"]
ToldHow = Literal["phone", "visit", "sms", "letter", "online", "through_us"]
_SEEN = "2026-11-21T10:00:00+08:00"
_BY = "2026-11-26T00:00:00+08:00"

FACTS: dict[str, tuple[Any, Any, str]] = {
    "article": (Text, "kb-shui-001@3", "据以即时答复的知识点及其版本"),
    "ground": (Text, "001 6(二)", "不予受理情形"),
    "told": (Text, "请拨打110", "告知诉求人的话"),
    "clause": (Text, "001 6(二)", "依据条款"),
    "note": (Text, "请尽快联系市民", "说明"),
    "multi_unit": (bool, False, "涉及多个单位或职责界定不清"),
    "on_site": (bool, False, "须现场核查"),
    "complex": (bool, False, "复杂的事项"),
    "unit": (Id, "SW", "承办单位代码"),
    "until": (Instant, _BY, "期限：派单、审定、重办、延期、催办所定"),
    "term": (NamedTerm, "shorter", "所定期限的性质：缩短、法定、另定"),
    "term_basis": (Text, "中华人民共和国行政许可法第四十二条", "法定期限的依据"),
    "talk": (Text, "已与诉求人通话，约定周三上门", "与诉求人沟通的情况"),
    "how": (Text, "phone", "联系方式"),
    "reached": (bool, True, "是否联系上"),
    "reason": (Text, "不属本单位职责", "理由"),
    "basis": (Text, "三定方案", "依据"),
    "question": (Text, "供水管网归属", "争议的问题"),
    "units": (Text, "SW、JT", "涉及的单位"),
    "rung": (Rung, "authority", "审定层级"),
    "opinion": (Text, "由水务局承办", "意见"),
    "matter": (Text, "小区 供水管道", "作为先例的事项：工单须含其中每个词"),
    "handled_at": (Text, "2026年11月20日", "办理时间"),
    "section": (Text, "供水科", "具体办理的业务部门"),
    "handler": (Text, "李工", "经办人"),
    "result": (Text, "管道已于11月20日修复，恢复供水", "办理结果"),
    "law": (Text, "城市供水条例第二十条", "法律法规"),
    "attested": (Text, "已当面告知", "对已告知诉求人的说明"),
    "told_at": (Instant, _SEEN, "告知诉求人的时间"),
    "told_how": (ToldHow, "phone", "告知方式"),
    "tell": (bool, True, "由热线以短信把办理结果告知诉求人"),
    "site": (bool, True, "已现场核实"),
    "evidence": (Text, "现场照片2张", "核实情况"),
    "cause": (RedoCause, "poor_quality", "重办的情形"),
    "reasonable": (bool, True, "诉求合理"),
    "at_fault": (bool, True, "经审核属承办单位责任"),
    "grade": (Grade, "satisfied", "对办理环节的评价"),
    "via": (Word, "agent", "渠道"),
    "contacted": (bool, True, "诉求人称单位是否联系过"),
    "solved": (bool, True, "诉求人称问题是否解决"),
    "words": (Text, "二单元也停水", "诉求人的话；催办的话"),
    "way": (UrgingWay, "phone", "催办方式"),
    "rang": (bool, True, "是否已由热线拨打"),
    "proven": (Proven, "proven", "有奖举报的查实情况"),
    "reward": (Text, "奖励500元，11月28日发放", "有奖举报的奖励情况，不予奖励的写明理由"),
    "into": (Id, "tkt_01KB3V5M2R8Q4T6W9Y0A", "并入的工单"),
}  # fmt: skip
"""Fact -> its type, an example, what it is."""


class Step(Given):
    """One step of the lifecycle table; `facts` are what the table and the policy's clause ask for."""

    action: Action
    facts: Given


def facts_of(action: Action) -> tuple[frozenset[str], frozenset[str]]:
    """What the table needs in every state in which the action may be done, and all it takes."""
    rules = [rule for (_, done), rule in RULES.items() if done == action]
    needs = frozenset.intersection(*(frozenset(rule.needs) for rule in rules))
    return needs, frozenset(name for rule in rules for name in (*rule.needs, *rule.may))


def _facts_shape(action: Action) -> type[Given]:
    needs, all_of_them = facts_of(action)
    fields: dict[str, Any] = {}
    for name in (name for name in FACTS if name in all_of_them):
        kind, shown, means = FACTS[name]
        if name in needs:
            fields[name] = (kind, Field(examples=[shown], description=means))
        else:
            fields[name] = (kind | None, Field(None, examples=[shown], description=means))
    doc = f"“{ACTION_NAMES[action]}”的内容；规则的条款可另有必填项。"
    return create_model(f"{_camel(action)}Facts", __base__=Given, __doc__=doc, **fields)


def _shape(action: Action) -> type[Step]:
    facts = FACTS_SHAPES[action]
    known = (facts, ...) if facts_of(action)[0] else (facts, Field(default_factory=facts))
    named: Any = (Literal[action], Field(examples=[action]))
    doc = f"{ACTION_NAMES[action]}。"
    return create_model(f"{_camel(action)}Action", __base__=Step, __doc__=doc, action=named, facts=known)


def _camel(action: str) -> str:
    return "".join(part.capitalize() for part in action.split("_"))


FACTS_SHAPES: dict[Action, type[Given]] = {action: _facts_shape(action) for action in ACTIONS}
ACTION_SHAPES: dict[Action, type[Step]] = {action: _shape(action) for action in ACTIONS}

if TYPE_CHECKING:  # made from the table when it runs
    ReplyFacts = Given
    ActionGiven = Step
else:
    ReplyFacts = FACTS_SHAPES["reply"]
    ActionGiven = Annotated[reduce(operator.or_, ACTION_SHAPES.values()), Field(discriminator="action")]


def told(facts: Given) -> dict[str, Any]:
    """The facts that were given, as the table takes them."""
    return facts.model_dump(mode="json", exclude_none=True, exclude_unset=True)
