"""Sending back for redoing: which causes the rules name, what must be so, how often, and the clock it starts.

Source: Heyuan 15; Yanji 11, annex 五(一)7; Henan 三(五).
"""

from dataclasses import replace

from core.errors import BadInput, NotAllowed
from core.policy_parts import Redo
from tickets.effects import LONGEST, Deed, named_moment, start_clock
from tickets.explain import Explanation
from tickets.ticket import Ticket

BAD_GRADES = frozenset({"dissatisfied", "very_dissatisfied"})
_GRADED = {"bad_grade", "unsatisfied_complaint"}
_NEEDS = {"reasonable": "诉求人的理由合理（reasonable）", "unit_at_fault": "经审核属承办单位责任（at_fault）"}
FACT_OF = {"reasonable": "reasonable", "unit_at_fault": "at_fault"}


def redo(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The same unit does it again. Raises NotAllowed where the rules do not allow it, BadInput."""
    rule = _rule(deed)
    _cause(deed, rule)
    if missing := [
        _NEEDS[need] for need in rule.needs if need in FACT_OF and not deed.facts.get(FACT_OF[need])
    ]:
        raise NotAllowed(f"发回重办(redo)的条件未满足：{'；'.join(missing)}（{rule.source('needs')}）")
    if rule.times is not None and deed.ticket.redone >= rule.times:
        raise NotAllowed(
            f"工单 {deed.ticket.label} 重办以{rule.times}次为限（{rule.source('times')}），不能“发回重办”(redo)"
        )
    again = replace(deed.ticket, redone=deed.ticket.redone + 1, grade="")
    started, found = start_clock(deed, "redo", again)
    return _until(deed, started), found


def _rule(deed: Deed) -> Redo:
    rule = deed.policy.stages.redo
    if rule is None:
        raise NotAllowed(f"{deed.policy.title}的规定没有发回重办(redo)")
    return rule


def _cause(deed: Deed, rule: Redo) -> None:
    cause, ticket = str(deed.facts["cause"]), deed.ticket
    if cause not in rule.causes:
        raise NotAllowed(
            f"{rule.source('causes')} 发回重办(redo)的情形为 {'、'.join(rule.causes)}，不含“{cause}”"
        )
    if cause in _GRADED and ticket.grade not in BAD_GRADES:
        raise NotAllowed(f"工单 {ticket.label} 没有“不满意”的评价，不能以“{cause}”发回重办(redo)")
    if cause == "unsatisfied_complaint" and ticket.type != "complaint":
        raise NotAllowed(f"“{cause}”仅适用于投诉类（{rule.source('causes')}），不能发回重办(redo)")


def _until(deed: Deed, ticket: Ticket) -> Ticket:
    """The rules may leave the term of a redo open; then the office names it."""
    until = named_moment(deed)
    if until is None:
        return ticket
    if ticket.due is not None:
        raise BadInput("until: 规则已有重办期限，不能另定")
    if not deed.at < until <= deed.at + LONGEST:
        raise BadInput("until: 须晚于发回之时，且不超过一年")
    return replace(ticket, due=until, named="set")
