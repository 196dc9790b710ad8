"""How well the hotline is answered, by rolling windows over minutes of calls.

Source: GB/T 33358 as cited in docs: a person answers within 15 s, at least 95 % of calls are connected over any rolling 24 h.
A call belongs to the minute in which it arrived; one that still rings belongs to none yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Measure = Literal["connected", "in_time"]
MEASURES: tuple[Measure, ...] = ("connected", "in_time")
DAY = timedelta(hours=24)
IN_TIME_S = 15.0
LOW, WELL = 0.95, 0.96
"""An alarm begins below the first and ends at the second: a share that swings around 95 % is one alarm, not many."""
LEAST = 20
"""Fewer calls than this prove nothing: one caller who hangs up at night is not a failing hotline."""


@dataclass(frozen=True, slots=True)
class Minute:
    """Calls that arrived in the minute beginning at `at` and are decided: answered by a person or ended.

    `connected`: a person answered; `in_time`: within 15 s of the end of the prompts (of our answer where none were
    spoken); `at_once`: within 15 s of our answer, the prompts counted in; `left_early`: gone while the prompts ran.
    """

    at: datetime
    offered: int
    connected: int
    in_time: int
    at_once: int = 0
    left_early: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """What a window holds; its shares are None where it holds no call."""

    since: datetime
    until: datetime
    offered: int = 0
    connected: int = 0
    in_time: int = 0
    at_once: int = 0
    left_early: int = 0

    def share(self, measure: Measure) -> float | None:
        """Of all calls: the callers who gave up count against both."""
        count: int = getattr(self, measure)
        return count / self.offered if self.offered else None


def window(minutes: Iterable[Minute], until: datetime, length: timedelta) -> Level:
    """Calls that arrived from `length` before `until` (exclusive, so that a day holds 24 h) up to `until`."""
    since = until - length
    inside = [m for m in minutes if since < m.at <= until]
    return Level(since, until, *(sum(getattr(m, name) for m in inside) for name in _COUNTS))


def hours(minutes: Iterable[Minute], since: datetime, many: int) -> list[Level]:
    """Calls by the hour in which they arrived, from `since` on; an hour holds its first minute and not its last."""
    known, hour = list(minutes), timedelta(hours=1)
    found = [window(known, since + (n + 1) * hour - timedelta(minutes=1), hour) for n in range(many)]
    return [replace(one, since=since + n * hour, until=since + (n + 1) * hour) for n, one in enumerate(found)]


_COUNTS = ("offered", "connected", "in_time", "at_once", "left_early")


def worst(
    minutes: Sequence[Minute],
    now: datetime,
    measure: Measure,
    *,
    back: timedelta = DAY,
    length: timedelta = DAY,
    least: int = LEAST,
) -> Level | None:
    """Of the rolling windows that ended within `back` before `now`, the one with the lowest share; None without calls.

    minutes: in order, from `back` + `length` before `now` on. A share only changes where a call comes in or drops out,
    so one pass over both kinds of moment sees every window there is.
    """
    steps = sorted(
        {now - back, now} | {at for m in minutes for at in (m.at, m.at + length) if now - back <= at <= now}
    )
    lowest: Level | None = None
    counts = dict.fromkeys(_COUNTS, 0)
    first = after = 0
    for until in steps:
        while after < len(minutes) and minutes[after].at <= until:
            _add(counts, minutes[after], 1)
            after += 1
        while first < after and minutes[first].at <= until - length:
            _add(counts, minutes[first], -1)
            first += 1
        here = Level(until - length, until, **counts)
        if here.offered >= least and (lowest is None or _share(here, measure) < _share(lowest, measure)):
            lowest = here
    return lowest


def _add(counts: dict[str, int], minute: Minute, sign: int) -> None:
    for name in counts:
        counts[name] += sign * getattr(minute, name)


def _share(level: Level, measure: Measure) -> float:
    share = level.share(measure)
    return 1.0 if share is None else share


def is_low(level: Level, measure: Measure, was_low: bool) -> bool:
    """Whether the alarm is on now: it begins below 95 % of enough calls and ends at 96 %."""
    share = level.share(measure)
    if share is None:
        return False
    if was_low:
        return share < WELL
    return level.offered >= LEAST and share < LOW
