"""Extensions: who may ask when and how often, and where the new deadline falls.

Source: Heyuan 10(五), 13; Yanji art. 10, annex 五(一)4.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.calendar import Calendar
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from core.policy_parts import Extension
from tickets.alarms import last_day
from tickets.clock import due, local, midnight_after, words
from tickets.effects import Deed
from tickets.explain import Explanation
from tickets.ticket import Ticket

LONGEST = timedelta(days=366)


def ask(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Before expiry and not more often than the clause allows."""
    ticket, rule = deed.ticket, _rule(deed.policy)
    used = ticket.asked if rule.counts == "asked" else ticket.granted
    if used >= rule.times:
        raise NotAllowed(
            f"工单 {ticket.id} 延期以{rule.times}次为限（{rule.clause}），不能“申请延期”(ask_extension)"
        )
    if deed.at >= _running(ticket):
        raise NotAllowed(f"工单 {ticket.id} 已于{words(_running(ticket))}到期，不能“申请延期”(ask_extension)")
    return replace(ticket, asked=ticket.asked + 1), None


def asked_outside_window(ticket: Ticket, at: datetime, policy: Policy, calendar: Calendar) -> bool:
    """Whether the request misses the days in which the policy wants it; it is taken all the same, and counts against the unit."""
    reading = policy.switches.extension_ask.value
    if ticket.due is None or reading == "before_due":
        return False
    last_morning = midnight_after(calendar.previous_working_day(last_day(ticket.due)))
    return at >= last_morning if reading == "one_working_day_before" else at < last_morning


def grant(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The new deadline: `until` where the clause names no length, else the length after the old deadline, or less."""
    ticket, length = deed.ticket, _rule(deed.policy).length
    old, until, provisional = _running(ticket), _until(deed), ticket.provisional
    if length:
        # The old last day is the starting day of the added term and does not count twice (Civil Code 201).
        start = old if length.unit == "hours" else old - timedelta(microseconds=1)
        longest = due(start, length, deed.calendar, deed.policy.switches, deed.policy.office_hours)
        until, provisional = until or longest.due, provisional or longest.provisional
        if until > longest.due:
            raise BadInput(f"until: 延期最长至{words(longest.due)}（{length.clause}）")
    if until is None:
        raise BadInput("until: 条文未载明延期多久，批准时须写明延至何时")
    if not max(old, deed.at) < until <= old + LONGEST:
        raise BadInput(f"until: 须晚于原期限{words(old)}和批准之时，且不超过一年")
    return replace(ticket, due=until, granted=ticket.granted + 1, provisional=provisional), None


def _rule(policy: Policy) -> Extension:
    if policy.extension is None:
        raise NotAllowed(f"{policy.title}的规定没有延期，不能“申请延期”(ask_extension)")
    return policy.extension


def _running(ticket: Ticket) -> datetime:
    if ticket.due is None:
        raise NotAllowed(f"工单 {ticket.id} 没有办理期限，无从延期(ask_extension)")
    return ticket.due


def _until(deed: Deed) -> datetime | None:
    value: Any = deed.facts.get("until")
    if value is None:
        return None
    try:
        return local(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    except ValueError as error:
        raise BadInput(f"until: 不是时间：{value}") from error
