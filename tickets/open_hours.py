"""When units are open: 工作时间 of a city's rules, on working days. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from core.calendar import Calendar
from core.policy import Policy
from tickets.clock import local

USUAL = ((time(9), time(11, 30)), (time(14, 30), time(17)))
"""Where the city's rules name no office hours: well inside anybody's, so that no lunch break counts as an outage."""


@dataclass(frozen=True, slots=True)
class OpenHours:
    """`spans`: half-open windows of a working day, on China's clock."""

    calendar: Calendar
    spans: Sequence[tuple[time, time]] = USUAL

    def spell(self, at: datetime) -> tuple[date, time] | None:
        """The morning or afternoon in which `at` lies: its day and its beginning; None while the unit is closed."""
        here = local(at)
        windows = self.calendar.hours(here.date(), self.spans)
        opened = next((begin for begin, end in windows if begin <= here.time() < end), None)
        return (here.date(), opened) if opened is not None else None


def open_hours(policy: Policy, calendar: Calendar) -> OpenHours:
    """By the city's rules, or the usual hours where they name none."""
    return OpenHours(calendar, policy.office_hours.spans if policy.office_hours else USUAL)
