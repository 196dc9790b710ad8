"""Which days count as working days, and why: the State Council calendar with make-up days, files, or the statute alone.

Sources: chinesecalendar (yearly notices of the General Office of the State Council); 全国年节及纪念日放假办法 (2024 text) art. 2
for years without a notice; borax for lunar dates and Qingming.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Literal

from borax.calendars.lunardate import LunarDate, TermUtils  # type: ignore[import-untyped, unused-ignore]
from chinese_calendar.constants import Holiday, holidays, workdays

from core.errors import BadInput

WEEKDAYS = "一二三四五六日"
FIRST_YEAR, LAST_YEAR = 1950, 2099
"""Years the lunar tables cover with certainty."""


Sort = Literal["weekday", "weekend", "holiday", "statutory", "make_up"]
HOLIDAYS = {
    "元旦": "new_year", "春节": "spring", "清明": "qingming", "清明节": "qingming", "劳动节": "labour", "端午": "dragon_boat",
    "端午节": "dragon_boat", "中秋": "mid_autumn", "中秋节": "mid_autumn", "国庆节": "national",
}  # fmt: skip
"""The statute's holidays by code, for whoever reads no Chinese."""


@dataclass(frozen=True, slots=True)
class DayKind:
    """`counts`: a working day. `provisional`: the year's calendar is not yet published. `why` in codes: `sort`, and which
    `holiday` makes it that, '' where it is none of `HOLIDAYS`."""

    counts: bool
    why: str
    provisional: bool
    sort: Sort
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class YearPlan:
    """One year's notice: rest days and make-up working days by name. `complete`: the whole year, not corrections to it.

    closes: working days on which offices shut before their usual hour; a half day is a working day all the same.
    """

    year: int
    source: str
    rest: Mapping[date, str] = field(default_factory=dict)
    make_up: Mapping[date, str] = field(default_factory=dict)
    complete: bool = True
    closes: Mapping[date, time] = field(default_factory=dict)


_PUBLISHED = frozenset(day.year for day in holidays if (day.month, day.day) == (10, 1))


class Calendar:
    """The calendar the clock is given. `plans` overrule the package: a complete one replaces the year."""

    def __init__(self, plans: Iterable[YearPlan] = ()) -> None:
        self._plans = {plan.year: plan for plan in plans}
        self._known: dict[date, DayKind] = {}

    def is_working_day(self, day: date) -> DayKind:
        """Whether `day` counts as a working day and why. Raises BadInput outside 1950-2099."""
        kind = self._known.get(day)
        if kind is None:
            kind = self._known[day] = self._look_up(day)
        return kind

    def _look_up(self, day: date) -> DayKind:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise BadInput(f"无法推算 {day.year} 年的日历")
        plan = self._plans.get(day.year)
        if plan and (found := _planned(plan, day)):
            return found
        if day.year in _PUBLISHED and not (plan and plan.complete):
            return _published(day)
        provisional = not (plan and plan.complete)
        if name := statutory_holidays(day.year).get(
            day
        ):  # a notice arranges the statute's days, it takes none away
            why = f"{name}法定节假日{'（调休安排未公布）' if provisional else ''}"
            return DayKind(False, why, provisional, "statutory", HOLIDAYS.get(name, ""))
        return _weekday(day, provisional=provisional)

    def plan(self, year: int) -> YearPlan | None:
        """The file that rules over the package for this year."""
        return self._plans.get(year)

    def hours(self, day: date, spans: Iterable[tuple[time, time]]) -> tuple[tuple[time, time], ...]:
        """The windows of `spans` in which offices are open on `day`: none on a day of rest, cut short on a half day."""
        if not self.is_working_day(day).counts:
            return ()
        plan = self._plans.get(day.year)
        shut = plan.closes.get(day) if plan else None
        if shut is None:
            return tuple(spans)
        return tuple((opens, min(closes, shut)) for opens, closes in spans if opens < shut)

    @property
    def years(self) -> frozenset[int]:
        """Years with a file."""
        return frozenset(self._plans)

    @property
    def key(self) -> str:
        """Names this calendar by what its files say: equal files, equal key."""
        plans = [
            (p.year, p.complete, sorted(p.rest.items()), sorted(p.make_up.items()), *sorted(p.closes.items()))
            for _, p in sorted(self._plans.items())
        ]
        return hashlib.sha256(repr(plans).encode()).hexdigest()[:16]

    def under(self, plan: YearPlan) -> "Calendar":
        """This calendar with one year's notice over it."""
        return Calendar([*(one for one in self._plans.values() if one.year != plan.year), plan])

    def published(self, year: int) -> bool:
        """Whether the year's bridge and make-up days are known."""
        plan = self._plans.get(year)
        return bool(plan and plan.complete) or year in _PUBLISHED

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return self._walk(day, 1)

    def previous_working_day(self, day: date) -> date:
        """The last working day before `day`."""
        return self._walk(day, -1)

    def _walk(self, day: date, step: int) -> date:
        day += timedelta(days=step)
        while not self.is_working_day(day).counts:
            day += timedelta(days=step)
        return day


def _planned(plan: YearPlan, day: date) -> DayKind | None:
    if name := plan.rest.get(day):
        return _off(name)
    if name := plan.make_up.get(day):
        return _worked(name)
    return None


def _published(day: date) -> DayKind:
    if name := workdays.get(day):
        return _worked(_chinese(name))
    if name := holidays.get(day):
        return _off(_chinese(name))
    return _weekday(day, provisional=False)


def _off(name: str) -> DayKind:
    return DayKind(False, f"{name}放假", False, "holiday", HOLIDAYS.get(name, ""))


def _worked(name: str) -> DayKind:
    return DayKind(True, f"调休上班（{name}）", False, "make_up", HOLIDAYS.get(name, ""))


def _chinese(name: str) -> str:
    return str(Holiday(name).chinese)


def _weekday(day: date, *, provisional: bool) -> DayKind:
    rest = day.weekday() >= 5
    why = f"周{WEEKDAYS[day.weekday()]}{'休息' if rest else ''}"
    return DayKind(not rest, why, provisional, "weekend" if rest else "weekday")


@lru_cache(maxsize=256)
def statutory_holidays(year: int) -> dict[date, str]:
    """The 13 days the whole nation has off, without bridge days. Source: 全国年节及纪念日放假办法 (2024) art. 2."""
    spring: date = LunarDate(year, 1, 1).to_solar_date()
    days = {spring + timedelta(days=n): "春节" for n in range(-1, 3)}
    days[TermUtils.nth_term_day(year, term_name="清明")] = "清明节"
    days[LunarDate(year, 5, 5).to_solar_date()] = "端午节"
    days[LunarDate(year, 8, 15).to_solar_date()] = "中秋节"
    days[date(year, 1, 1)] = "元旦"
    days |= {date(year, 5, n): "劳动节" for n in (1, 2)}
    return days | {date(year, 10, n): "国庆节" for n in (1, 2, 3)}
