"""Extensions: who may ask when and how often, and where the new deadline falls.

Source: Heyuan 10(五), 13; Yanji art. 10, annex 五(一)4.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from core.calendar import Calendar
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from core.policy_parts import Extension, Term
from tickets.alarms import last_day, still_seen
from tickets.clock import Deadline, due, midnight_after, words
from tickets.effects import LONGEST, Deed, named_moment
from tickets.explain import Explanation, rules_for
from tickets.ticket import Ticket


def ask(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Before expiry and not more often than the clause allows."""
    ticket, rule = deed.ticket, _rule(deed.policy)
    _allowed_in_redo(deed)
    used = ticket.asked if rule.counts == "asked" else ticket.granted
    times = None if ticket.named == "statutory" else _times(deed, rule)
    if times is not None and used >= times:
        raise NotAllowed(
            f"工单 {ticket.label} 延期以{times}次为限（{rule.source('times')}），不能“申请延期”(ask_extension)"
        )
    if deed.at >= _running(ticket):
        raise NotAllowed(
            f"工单 {ticket.label} 已于{words(_running(ticket))}到期，不能“申请延期”(ask_extension)"
        )
    return replace(ticket, asked=ticket.asked + 1, asked_by=(*ticket.asked_by, ticket.unit or "")), None


def _allowed_in_redo(deed: Deed) -> None:
    redo = deed.policy.stages.redo
    if deed.ticket.redone and redo is not None and not redo.extension:
        raise NotAllowed(f"重办不能“申请延期”(ask_extension)（{redo.source('extension')}）")


def _times(deed: Deed, rule: Extension) -> int | None:
    """A clause of three extensions on a task of one day may be read as one (`extension_short_term`). None: no number stated."""
    if deed.policy.switches.extension_short_term.value == "as_others":
        return rule.times
    term = rules_for(deed.policy, "handle", deed.ticket.type, complex=deed.ticket.complex).term
    short = term is not None and (term.unit == "hours" or term.value == 1)
    return 1 if short else rule.times


def asked_outside_window(
    end: datetime | None, started_at: datetime | None, at: datetime, policy: Policy, calendar: Calendar
) -> bool:
    """Whether the request misses the days in which the policy wants it; it is taken all the same, and counts against the unit.

    end: the deadline of the clock that began at `started_at`. Nobody misses days that were over when the work came: dispatched on a rest day, a task of one working day has none before it.
    """
    reading = policy.switches.extension_ask.value
    if end is None or reading == "before_due":
        return False
    last_morning = midnight_after(calendar.previous_working_day(last_day(end)))
    if reading == "last_working_day":
        return at < last_morning
    return at >= last_morning and (started_at is None or started_at < last_morning)


def grant(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The new deadline: `until` where the clause names no length, else the length after the old deadline, or less."""
    ticket, length = deed.ticket, _rule(deed.policy).length
    old, named, provisional = _running(ticket), named_moment(deed), ticket.provisional
    until = named
    if length:
        longest = lengthened(old, length, deed.policy, deed.calendar)
        until, provisional = named or longest.due, provisional or longest.provisional
        if until > longest.due:
            raise BadInput(f"until: 延期最长至{words(longest.due)}（{length.clause}）")
    if until is None:
        raise BadInput("until: 条文未载明延期多久，批准时须写明延至何时")
    if not max(old, deed.at) < until <= old + LONGEST:
        raise BadInput(f"until: 须晚于原期限{words(old)}和批准之时，且不超过一年")
    counted = replace(ticket, granted=ticket.granted + 1, granted_by=(*ticket.granted_by, ticket.unit or ""))
    seen = still_seen(ticket, until)
    return replace(
        counted, due=until, grants=(*ticket.grants, named), provisional=provisional, seen=seen
    ), None


def lengthened(old: datetime, length: Term, policy: Policy, calendar: Calendar) -> Deadline:
    """The deadline `length` after the old one, whose last day is the starting day and does not count twice (Civil Code 201)."""
    start = old if length.unit == "hours" else old - timedelta(microseconds=1)
    return due(start, length, calendar, policy.switches, policy.office_hours)


def _rule(policy: Policy) -> Extension:
    if policy.extension is None:
        raise NotAllowed(f"{policy.title}的规定没有延期，不能“申请延期”(ask_extension)")
    return policy.extension


def _running(ticket: Ticket) -> datetime:
    if ticket.due is None:
        raise NotAllowed(f"工单 {ticket.label} 没有办理期限，无从延期(ask_extension)")
    return ticket.due
