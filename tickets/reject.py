"""A reply that fails review goes back to the unit: what then becomes of the deadline and the cards.

No document says whether the time a reply lies with the office counts against the unit: `rejected_clock` names the reading.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from core.calendar import Calendar
from tickets.alarms import alarms, last_day
from tickets.clock import local
from tickets.effects import Deed
from tickets.explain import Explanation
from tickets.running import in_units_hands
from tickets.ticket import Ticket


def reject(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The unit's clock goes on. Under both readings each card falls once; one that came due meanwhile falls now.

    `restored`: the deadline moves by the working days the reply lay with the office, cards keep their distance to it, and where
    the night passed the unit has at least the next working day. A reply that came too late restores nothing. `runs_on`: nothing moves.
    """
    ticket, answered = deed.ticket, deed.ticket.replied_at
    if answered is None:
        return ticket, None
    working = alarms(in_units_hands(ticket), deed.policy, deed.calendar)
    fell = (alarm.key for alarm in working if alarm.at <= answered)
    ticket = replace(ticket, seen=tuple(dict.fromkeys((*ticket.seen, *fell))))
    if deed.policy.switches.rejected_clock.value == "runs_on" or ticket.due is None or answered >= ticket.due:
        return ticket, None
    until = restored(ticket.due, answered, deed.at, deed.calendar)
    if until == ticket.due:
        return ticket, None
    return replace(ticket, due=until, grants=(*ticket.grants, until)), None


def restored(due: datetime, answered: datetime, at: datetime, calendar: Calendar) -> datetime:
    """The deadline after the unit had no ball from `answered` to `at`; at the same time of day as before."""
    due, first, today = local(due), local(answered).date(), local(at).date()
    if today <= first:
        return due
    last = moved = last_day(due)
    for _ in range(_working_days(first, today, calendar)):
        moved = calendar.next_working_day(moved)
    moved = max(moved, calendar.next_working_day(today))
    return due + (moved - last)


def _working_days(after: date, until: date, calendar: Calendar) -> int:
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return sum(calendar.is_working_day(day).counts for day in days)
