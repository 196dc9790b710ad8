"""When an open ticket needs the clock's attention: cards, deadlines, deemed acceptance."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from core.calendar import Calendar
from core.events import DeadlineNear
from core.policy import Policy
from core.policy_parts import StageName
from tickets.clock import card_moment, local
from tickets.explain import rules_for
from tickets.running import deadline_stage, explained, running, start_of
from tickets.ticket import Ticket

Sign = Literal["warning", "yellow", "red", "overdue", "deemed"]
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """`sign`: the card's colour, `overdue` at the deadline itself, or `deemed` acceptance."""

    at: datetime
    stage: StageName
    sign: Sign

    @property
    def key(self) -> str:
        """Names it among the alarms of one clock."""
        return f"{self.stage}.{self.sign}"

    def event(self, ticket: Ticket, at: datetime) -> DeadlineNear:
        """The fact that it fell, noticed at `at`."""
        return DeadlineNear(at, ticket.id, self.stage, self.sign, ticket.unit)


def alarms(ticket: Ticket, policy: Policy, calendar: Calendar) -> tuple[Alarm, ...]:
    """All alarms of the clocks that run in the ticket's state, past ones too, in order."""
    found = [
        alarm
        for stage in running(ticket, policy)
        if (start := start_of(ticket, stage, policy))
        for alarm in _of_stage(ticket, stage, start, policy, calendar)
        if alarm.key not in ticket.seen
    ]
    return tuple(sorted(found, key=lambda alarm: alarm.at))


def _of_stage(
    ticket: Ticket, stage: StageName, start: datetime, policy: Policy, calendar: Calendar
) -> list[Alarm]:
    found = explained(ticket, stage, start, policy, calendar)
    end = found.due if stage == "sign" else ticket.due
    alarms = [Alarm(card.at, stage, card.colour) for card in found.cards]
    if stage in ("handle", "redo") and (ticket.grants or ticket.named):
        alarms = _kept_apart(ticket, stage, start, policy, calendar)
    if end:
        alarms.append(Alarm(end, stage, "overdue"))
    if stage == "sign" and ticket.state == "dispatched" and found.deemed_accepted_at:
        alarms.append(Alarm(found.deemed_accepted_at, stage, "deemed"))
    return alarms


def _kept_apart(
    ticket: Ticket, stage: StageName, start: datetime, policy: Policy, calendar: Calendar
) -> list[Alarm]:
    """Where the deadline was moved or named each card keeps its distance from it, in working days; none before the start."""
    rules = rules_for(policy, stage, ticket.type, complex=ticket.complex)
    if ticket.due is None or rules.term is None or rules.term.unit != "working_days":
        return []
    last = last_day(ticket.due)
    days = [(card, _shifted(last, card.after - rules.term.value, calendar)) for card in rules.cards]
    moved = [
        Alarm(card_moment(day, start, calendar, policy.switches), stage, card.colour) for card, day in days
    ]
    return [alarm for alarm in moved if alarm.at > start]


def still_seen(ticket: Ticket, due: datetime) -> tuple[str, ...]:
    """What stays `seen` once `due` is the deadline: of one that moved no sign has fallen yet, whatever fell for the one before."""
    if due == ticket.due:
        return ticket.seen
    moved = f"{deadline_stage(ticket)}."
    return tuple(key for key in ticket.seen if not key.startswith(moved))


def last_day(due: datetime) -> date:
    """The day on which a deadline ends: 00:00 belongs to the day before."""
    return (local(due) - _TICK).date()


def _shifted(day: date, working_days: int, calendar: Calendar) -> date:
    walk = calendar.next_working_day if working_days > 0 else calendar.previous_working_day
    for _ in range(abs(working_days)):
        day = walk(day)
    return day


def cards(ticket: Ticket, policy: Policy, calendar: Calendar, at: datetime) -> tuple[Alarm, ...]:
    """The cards of every clock that runs, where extensions and named deadlines have moved them; what fell by `at` stays fallen."""
    every = alarms(replace(ticket, seen=()), policy, calendar)
    coloured = (alarm for alarm in every if alarm.sign not in ("overdue", "deemed"))
    return tuple(
        replace(alarm, at=min(alarm.at, at)) if alarm.key in ticket.seen else alarm for alarm in coloured
    )


def next_alarm(ticket: Ticket, policy: Policy, calendar: Calendar, now: datetime) -> datetime | None:
    """The earliest alarm after `now`; None where no clock runs any more."""
    return min((alarm.at for alarm in alarms(ticket, policy, calendar) if alarm.at > now), default=None)


def next_alarm_after(
    before: Ticket, after: Ticket, policy: Policy, calendar: Calendar, at: datetime
) -> datetime | None:
    """`next_alarm` of a ticket just changed: what the sweep has already seen stays seen, even if `at` lies before it."""
    known = set(running(before, policy))
    if before.state in ("replied", "reviewed") and before.started_at == after.started_at is not None:
        # the reply was rejected: what came due while it lay with the office falls now
        return min((alarm.at for alarm in alarms(after, policy, calendar)), default=None)
    same_clock = (before.started_at, before.due) == (after.started_at, after.due)
    if not same_clock or not known.issuperset(running(after, policy)):
        return next_alarm(after, policy, calendar, at)
    if before.next_alarm_at is None:
        return None
    return next_alarm(after, policy, calendar, max(at, before.next_alarm_at - _TICK))


def fallen(ticket: Ticket, policy: Policy, calendar: Calendar, until: datetime) -> tuple[Alarm, ...]:
    """Alarms that fell by `until` and nobody has acted on yet."""
    first = ticket.next_alarm_at
    if first is None or first > until:
        return ()
    return tuple(alarm for alarm in alarms(ticket, policy, calendar) if first <= alarm.at <= until)
