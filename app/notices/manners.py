"""How often, how long and at what hours each way of sending is tried. No clause says; these are the hotline's own numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.notices import Channel, spaced
from tickets.clock import local


@dataclass(frozen=True, slots=True)
class Manner:
    """`tries` in all, spaced from `first_s` doubling up to `longest_s`; not begun later than `within` after it was due.

    `hours`: local ones in which people may be disturbed; None: at any.
    """

    tries: int
    first_s: float
    longest_s: float
    within: timedelta
    hours: tuple[time, time] | None = None

    def allowed(self, at: datetime) -> datetime:
        """`at` itself, or the next beginning of the hours."""
        if self.hours is None:
            return at
        here, (begins, ends) = local(at), self.hours
        if begins <= here.time() < ends:
            return at
        day = here.date() + timedelta(days=0 if here.time() < begins else 1)
        return datetime.combine(day, begins, here.tzinfo)

    def again(self, at: datetime, tries: int, asked_s: float) -> datetime:
        """When to try next after so many tries; what the other side asks for counts, up to the longest wait."""
        wait_s = max(spaced(tries, self.first_s, self.longest_s), min(asked_s, self.longest_s))
        return self.allowed(at + timedelta(seconds=wait_s))


MANNERS: Mapping[Channel, Manner] = {
    "sms": Manner(6, 10, 3600, timedelta(days=1)),
    "voice": Manner(3, 300, 900, timedelta(hours=4), (time(8), time(21))),
    "mail": Manner(8, 60, 3600, timedelta(days=1)),
    "webhook": Manner(40, 5, 7200, timedelta(days=3)),
}
"""Cards fall at midnight; a text may wait on a telephone, a ringing one wakes people: voice keeps to the day."""
ALERT = "alert"
ALERTS: Mapping[Channel, Manner] = {
    "sms": Manner(8, 10, 300, timedelta(hours=4)),
    "voice": Manner(6, 60, 300, timedelta(hours=2)),
}
"""What is urgent or sensitive rings at any hour and is tried again soon."""


def manner(channel: Channel, kind: str) -> Manner:
    """How a notice of this kind is sent."""
    return ALERTS[channel] if kind == ALERT and channel in ALERTS else MANNERS[channel]
