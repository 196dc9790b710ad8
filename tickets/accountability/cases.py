"""The steps of a case: by whom, after what, with which words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.accountability import OUTCOMES, STEPS, CaseAction, CaseState
from core.errors import BadInput, NotAllowed

NAMES: dict[CaseAction, str] = {
    "verify": "查证属实",
    "dismiss": "不予认定",
    "propose": "提出追究",
    "decide": "记录处理结果",
}
STATE_NAMES: dict[CaseState, str] = {
    "candidate": "线索", "verified": "已查证", "dismissed": "不予认定", "proposed": "已提出", "decided": "已处理",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands. `verified_by`: who verified it, '' where nobody has."""

    id: str
    state: CaseState
    verified_by: str = ""


def stepped(case: Standing, action: CaseAction, by: str, said: Mapping[str, Any]) -> CaseState:
    """The state after. Whoever verified does not propose: two persons. Raises NotAllowed, BadInput."""
    step = STEPS.get((case.state, action))
    if step is None:
        raise NotAllowed(
            f"线索 {case.id} 处于“{STATE_NAMES[case.state]}”({case.state})，不能“{NAMES[action]}”({action})"
        )
    if missing := [name for name in step.needs if not said.get(name)]:
        raise BadInput(f"“{NAMES[action]}”({action})缺少：{'、'.join(missing)}")
    if action == "decide" and said["outcome"] not in OUTCOMES:
        raise BadInput(f"outcome: 须为 {'、'.join(OUTCOMES)} 之一")
    if action == "propose" and by == case.verified_by:
        raise NotAllowed("责任追究由两人办理：查证的人不能自己提出")
    return step.after
