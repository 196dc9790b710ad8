"""When a citizen may be rung for a revisit: pure, the moment and the calendar are arguments."""

from datetime import datetime, timedelta

from core.calendar import Calendar
from core.policy_after import Revisit
from tickets.clock import local

FURTHEST_DAYS = 60


def next_allowed(at: datetime, rule: Revisit, calendar: Calendar) -> datetime:
    """`at` itself where it lies in one of the rule's windows, else the beginning of the next one.

    at: aware; windows are local hours, half-open. Raises NaiveTime. Source: the policy's `after.revisit`.
    """
    here = local(at)
    for ahead in range(FURTHEST_DAYS):
        day = (here + timedelta(days=ahead)).date()
        if rule.days == "working_days" and not calendar.is_working_day(day).counts:
            continue
        for begins, ends in rule.spans:
            first = datetime.combine(day, begins, here.tzinfo)
            last = datetime.combine(day, ends, here.tzinfo)
            if here < last:
                return at if first <= here else first
    return at + timedelta(days=FURTHEST_DAYS)
