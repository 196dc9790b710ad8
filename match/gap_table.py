"""A gap or an error in what we know, from its report to its mending, as one table.

Heyuan art. 25: 市热线办发现知识点空缺、信息不准确、知识库无效等情况，反馈至承办单位，承办单位应在5个工作日内补充或修订.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import BadInput, NotAllowed
from match.governance import OFFICE, Who, keeps

State = Literal["reported", "assigned", "fixed", "verified", "dismissed"]
Action = Literal["assign", "fix", "verify", "reject", "dismiss"]
STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)
OPEN: tuple[State, ...] = ("reported", "assigned", "fixed")
STATE_NAMES: dict[State, str] = {
    "reported": "待转办", "assigned": "待补正", "fixed": "待核验", "verified": "已补正", "dismissed": "不成立",
}  # fmt: skip
ACTION_NAMES: dict[Action, str] = {
    "assign": "转办", "fix": "补正", "verify": "核验通过", "reject": "核验不通过", "dismiss": "不予采纳",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """`owner`: the assigned unit may do it too, beside the office. `reasoned`: a reason must be given."""

    next: State
    owner: bool = False
    reasoned: bool = False


RULES: dict[tuple[State, Action], Rule] = {
    ("reported", "assign"): Rule("assigned"),
    ("reported", "dismiss"): Rule("dismissed", reasoned=True),
    ("assigned", "assign"): Rule("assigned", reasoned=True),
    ("assigned", "fix"): Rule("fixed", owner=True),
    ("assigned", "dismiss"): Rule("dismissed", reasoned=True),
    ("fixed", "verify"): Rule("verified"),
    ("fixed", "reject"): Rule("assigned", reasoned=True),
}


def step(state: State, action: Action, who: Who, unit: str, note: str = "") -> State:
    """The state after it. `unit`: who must mend it. Raises NotAllowed, BadInput."""
    rule = RULES.get((state, action))
    deed = ACTION_NAMES.get(action, action)
    if rule is None:
        raise NotAllowed(f"此项处于“{STATE_NAMES[state]}”，不能{deed}")
    if who.role != OFFICE and not (rule.owner and unit and keeps(who, unit)):
        raise NotAllowed(f"{deed}须由{'该单位或' if rule.owner else ''}热线办办理")
    if rule.reasoned and not note.strip():
        raise BadInput(f"{deed}须说明理由")
    return rule.next


def possible(state: State, who: Who, unit: str) -> tuple[Action, ...]:
    """What they could do now."""
    return tuple(
        action
        for (at, action), rule in RULES.items()
        if at == state and (who.role == OFFICE or (rule.owner and unit and keeps(who, unit)))
    )
