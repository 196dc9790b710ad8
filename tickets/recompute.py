"""A ticket's dates computed anew, because its year's calendar came or was corrected. Pure; doing it twice changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from core.calendar import Calendar
from core.policy import Policy
from tickets.alarms import alarms, cards
from tickets.clock import local
from tickets.explain import Explanation
from tickets.extension import lengthened
from tickets.lifecycle import Applied
from tickets.running import RUNNING, deadline_stage, explained, in_units_hands, start_of
from tickets.ticket import Rescheduled, State, Ticket

DATED: tuple[State, ...] = (*RUNNING, "replied", "reviewed")
"""States in which a ticket has dates a calendar can move."""


def recompute(
    ticket: Ticket,
    policy: Policy,
    calendar: Calendar,
    known: Calendar,
    at: datetime,
    why: str,
    notice: str,
) -> Applied | None:
    """The ticket under `calendar`, where its dates were those of `known`; None where no clock runs or nothing moves. A reply under
    review stops the alarms, not the deadline: it is what the unit has again if the reply fails.

    notice: names the calendar that came; a ticket computed for it once is left alone. What fell stays fallen and falls no
    second time; an alarm moved into the past falls at the next sweep.
    """
    if ticket.notice == notice:
        return None
    stage = deadline_stage(in_units_hands(ticket))
    start = start_of(ticket, stage, policy) if stage else None
    if stage is None or start is None:
        return None
    found = explained(ticket, stage, start, policy, calendar)
    due, provisional = _extended(ticket, found, policy, calendar)
    fresh = replace(ticket, due=due, provisional=provisional)
    changes = dict(_moved(ticket, fresh, policy, calendar, known))
    if not changes:
        return None
    fell = (alarm.key for alarm in alarms(ticket, policy, known) if _has_fallen(ticket, alarm.at))
    seen = tuple(dict.fromkeys((*ticket.seen, *fell)))
    fresh = replace(fresh, version=ticket.version + 1, seen=seen, notice=notice)
    coming = min((alarm.at for alarm in alarms(fresh, policy, calendar)), default=None)
    event = Rescheduled(at, ticket.id, ticket.unit, why, changes)
    return Applied(
        replace(fresh, next_alarm_at=coming), (event,), (), found, cards(fresh, policy, calendar, at)
    )


def _extended(
    ticket: Ticket, found: Explanation, policy: Policy, calendar: Calendar
) -> tuple[datetime | None, bool]:
    """The deadline after the extensions granted: moments the office named stay, lengths are counted anew."""
    if ticket.named:  # the office or a statute named the moment: no calendar moves it
        return ticket.due, ticket.provisional
    due, provisional = found.due, found.provisional
    length = policy.extension.length if policy.extension else None
    for named in ticket.grants:
        if named is None and (length is None or due is None):
            return ticket.due, ticket.provisional  # the rules no longer say how long: what was granted stays
        if named is None and length is not None and due is not None:
            longer = lengthened(due, length, policy, calendar)
            due, provisional = longer.due, provisional or longer.provisional
        else:
            due = named
    return due, provisional


def _has_fallen(ticket: Ticket, moment: datetime) -> bool:
    return ticket.next_alarm_at is None or moment < ticket.next_alarm_at


def _moved(
    before: Ticket, after: Ticket, policy: Policy, calendar: Calendar, known: Calendar
) -> Iterator[tuple[str, list[str | None]]]:
    if before.due != after.due:
        yield "due", [local(due).isoformat() if due else None for due in (before.due, after.due)]
    if before.provisional != after.provisional:
        yield "provisional", [str(before.provisional).lower(), str(after.provisional).lower()]
    old = {alarm.key: alarm.at for alarm in alarms(before, policy, known)}
    new = {alarm.key: alarm.at for alarm in alarms(after, policy, calendar)}
    own = f"{deadline_stage(before)}.overdue"  # the same moment as `due`
    for key in (key for key in old if key != own and key in new and old[key] != new[key]):
        if not _has_fallen(before, old[key]):
            yield key, [old[key].isoformat(), new[key].isoformat()]
