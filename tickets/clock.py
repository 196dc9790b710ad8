"""The law's clock: from a moment and a term to a deadline, with the steps that led there.

Civil Code (民法典) art. 200-204: solar calendar; the starting day does not count; hours run from the moment itself; a last day
on a rest day moves to the next working day; a term in days ends at 24:00 of its last day (or at close of business).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Literal

from core.calendar import FIRST_YEAR, LAST_YEAR, Calendar, DayKind, Sort
from core.errors import BadInput, NaiveTime
from core.policy import OfficeHours
from core.policy_parts import Card, Term
from core.policy_switches import ClockSwitches

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Legal time. Fixed: China has had no daylight saving since 1991."""


How = Literal["start", "nth_working", "nth", "skipped", "moved", "last", "hours", "hours_on", "office"]


@dataclass(frozen=True, slots=True)
class Step:
    """One calendar day on the way. `counts`: it used up part of the term.

    `why` in codes: `how` it counts, with `n` (which day; of `hours` how many hours; of `office` how many minutes), and what
    day it is: `sort` and `holiday` as the calendar has them, '' where the clock runs through every day alike.
    """

    date: date
    counts: bool
    why: str
    how: How
    n: int = 0
    sort: Sort | Literal[""] = ""
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due`: first moment that is too late, +08:00; 24:00 of a day is 00:00 of the next. `last_day`: the day it ends."""

    due: datetime
    last_day: date
    steps: tuple[Step, ...]
    provisional: bool


def local(at: datetime) -> datetime:
    """The same instant on China's clock. Raises NaiveTime, and BadInput outside 1950-2098."""
    if at.tzinfo is None:
        raise NaiveTime("a time without a zone reached the clock")
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise BadInput(f"可计算 {FIRST_YEAR} 至 {LAST_YEAR - 1} 年的期限，不含 {at.year} 年")
    return at.astimezone(CHINA)


def midnight_after(day: date) -> datetime:
    """24:00 of `day`."""
    return datetime.combine(day + timedelta(days=1), time.min, CHINA)


def due(
    filed_at: datetime,
    term: Term,
    calendar: Calendar,
    switches: ClockSwitches | None = None,
    office_hours: OfficeHours | None = None,
) -> Deadline:
    """First moment at which `term` is no longer met; done before it is on time.

    filed_at: aware, any zone: the instant the clock starts. The result is on China's clock and never before `filed_at`.
    `switches.term_ends`, `hour_terms` and `days` choose between readings; the first two need `office_hours` beside the default.
    Raises NaiveTime, BadInput. Source: Civil Code 200-204; Heyuan art. 9, 10; Yanji annex 五(一).
    """
    start, switches = local(filed_at), switches or ClockSwitches()
    if term.unit == "hours":
        if switches.hour_terms.value == "office_hours":
            return _office_hours(start, term.value, calendar, _needed(office_hours))
        return _hours(start, term.value)
    working = term.unit == "working_days" or switches.days.value == "working"
    counted = _working_days if working else _calendar_days
    last_day, steps, provisional = counted(start.date(), term.value, calendar)
    end = midnight_after(last_day)
    if switches.term_ends.value == "close_of_business":
        end = _close_of_business(last_day, calendar, _needed(office_hours))
    return Deadline(end, last_day, (_starting_day(start.date()), *steps), provisional)


def falls(start: datetime, card: Card, calendar: Calendar, switches: ClockSwitches) -> Deadline:
    """When a card falls: N个工作日后 is the end of the N-th working day, or N working days of 24 hours each.

    Cards end at 24:00 under every reading of `term_ends`: they are no acts done at a counter. Source: Heyuan art. 17.
    """
    end = due(start, Term(value=card.after, unit=card.unit, clause=card.clause), calendar)
    return replace(end, due=card_moment(end.last_day, start, calendar, switches))


def card_moment(day: date, start: datetime, calendar: Calendar, switches: ClockSwitches) -> datetime:
    """When on its day a card falls: at its end, or at the time of day at which the clock started on a working day."""
    start = local(start)
    if switches.card_moment.value == "n_times_24h" and calendar.is_working_day(start.date()).counts:
        return datetime.combine(day, start.time(), CHINA)
    return midnight_after(day)


def _close_of_business(day: date, calendar: Calendar, hours: OfficeHours) -> datetime:
    """Civil Code 203: 停止业务活动的时间, on a half day sooner; never before the office has opened."""
    opened = calendar.hours(day, hours.spans)
    return datetime.combine(day, opened[-1][1] if opened else hours.spans[0][0], CHINA)


def _needed(office_hours: OfficeHours | None) -> OfficeHours:
    if office_hours is None:
        raise BadInput("此解释须先设定办公时间（office_hours）")
    return office_hours


def _starting_day(day: date) -> Step:
    return Step(day, False, "起始日不计入（民法典第201条）", "start")


def _step(day: date, kind: DayKind, counts: bool, why: str, how: How, n: int = 0) -> Step:
    return Step(day, counts, why, how, n, kind.sort, kind.holiday)


_Counted = tuple[date, tuple[Step, ...], bool]
_REMEMBERED = 8192
"""Ways through a calendar that are kept: every step of every ticket asks for a few that others asked for the same day."""


@lru_cache(_REMEMBERED)
def _working_days(start: date, value: int, calendar: Calendar) -> _Counted:
    steps, counted, day, provisional = [], 0, start, False
    while counted < value:
        day += timedelta(days=1)
        kind = calendar.is_working_day(day)
        counted += kind.counts
        provisional |= kind.provisional
        if kind.counts:
            steps.append(_step(day, kind, True, f"第{counted}个工作日，{kind.why}", "nth_working", counted))
        else:
            steps.append(_step(day, kind, False, kind.why, "skipped"))
    return day, tuple(steps), provisional


@lru_cache(_REMEMBERED)
def _calendar_days(start: date, value: int, calendar: Calendar) -> _Counted:
    steps = []
    for n, day in enumerate(_days_after(start, value - 1), 1):
        kind = calendar.is_working_day(day)
        steps.append(_step(day, kind, True, f"第{n}日，{kind.why}", "nth", n))
    day = start + timedelta(days=value)
    kind = calendar.is_working_day(day)
    provisional = kind.provisional
    while not kind.counts:
        steps.append(_step(day, kind, False, f"末日逢{kind.why}，顺延（民法典第203条）", "moved"))
        day += timedelta(days=1)
        kind = calendar.is_working_day(day)
        provisional |= kind.provisional
    steps.append(_step(day, kind, True, f"第{value}日，期间末日，{kind.why}", "last", value))
    return day, tuple(steps), provisional


def _days_after(start: date, count: int) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range(1, count + 1))


def _hours(start: datetime, value: int) -> Deadline:
    end = start + timedelta(hours=value)
    last_day = (end - timedelta(microseconds=1)).date()
    days = (last_day - start.date()).days
    why = f"自{start:%H:%M}起连续计算{value}小时，含夜间和节假日（民法典第201条）"
    steps = [Step(start.date(), True, why, "hours", value)]
    steps += [Step(day, True, "连续计算", "hours_on") for day in _days_after(start.date(), days)]
    return Deadline(end, last_day, tuple(steps), False)


def _office_hours(start: datetime, value: int, calendar: Calendar, hours: OfficeHours) -> Deadline:
    left, day, steps, provisional = timedelta(hours=value), start.date(), [], False
    while True:
        kind = calendar.is_working_day(day)
        provisional |= kind.provisional
        used = timedelta()
        for opens, closes in calendar.hours(day, hours.spans):
            begin = max(start, datetime.combine(day, opens, CHINA))
            room = max(datetime.combine(day, closes, CHINA) - begin, timedelta())
            if room >= left - used:
                minutes = int(left.total_seconds() // 60)
                why = f"{kind.why}，办公时间计{minutes}分钟"
                steps.append(_step(day, kind, True, why, "office", minutes))
                return Deadline(begin + left - used, day, tuple(steps), provisional)
            used += room
        left -= used
        minutes = int(used.total_seconds() // 60)
        if kind.counts:
            why = f"{kind.why}，办公时间计{minutes}分钟"
            steps.append(_step(day, kind, bool(used), why, "office", minutes))
        else:
            steps.append(_step(day, kind, False, kind.why, "skipped"))
        day += timedelta(days=1)


def words(at: datetime, year: int | None = None, *, begins: bool = False) -> str:
    """A moment as people in a government office write it: `10月9日24:00`; with the year where it is not `year`.

    begins: something starts then, which at midnight is 00:00 of the new day: the day that Civil Code 201 calls the starting day.
    """
    at = local(at)
    day, clock = at.date(), f"{at:%H:%M}"
    if at.time() == time.min and not begins:
        day, clock = day - timedelta(days=1), "24:00"
    prefix = f"{day.year}年" if year is not None and day.year != year else ""
    return f"{prefix}{day.month}月{day.day}日{clock}"
