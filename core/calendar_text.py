"""Reads one year's calendar notice from YAML text (policies/calendars/*.yaml). No file is opened here."""

from collections import Counter
from datetime import date, time, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.calendar import FIRST_YEAR, LAST_YEAR, YearPlan, statutory_holidays
from core.errors import BadInput
from core.policy_after import Clock24
from core.yaml_text import YamlText, read


class BadCalendar(BadInput):
    """A calendar file cannot be used; the text names file, line and reason."""

    code = "bad_calendar"


class _Rest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    from_: date = Field(alias="from")
    to: date


class _MakeUp(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    day: date


class _HalfDay(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    day: date
    closes: Clock24


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, strict=True)
    source: str = Field(min_length=1)
    complete: bool = True
    rest: list[_Rest] = []
    make_up: list[_MakeUp] = []
    half_days: list[_HalfDay] = []


def parse_calendar(text: str, source_name: str) -> YearPlan:
    """A YearPlan from YAML: `year`, `source`, `rest: [{name, from, to}]`, `make_up: [{name, day}]`,
    `half_days: [{name, day, closes}]`, `complete`.

    Raises BadCalendar for unknown or repeated keys, days outside the year or named twice, spans over 20 days, make-up days on
    weekdays or statutory holidays, days both off and worked, half days on a day of rest, and for a complete year in which a
    statutory holiday is not off: whoever types a notice and slips would otherwise turn wrong dates into final ones.
    """
    doc = read(text, source_name, BadCalendar, "a calendar")
    try:
        found = _File.model_validate(doc.raw)
    except ValidationError as error:
        raise BadCalendar(doc.reasons(error, "calendar")[0]) from error
    rest = _rest(doc, found)
    make_up = {one.day: one.name for one in found.make_up}
    for n, one in enumerate(found.make_up):
        _check_make_up(one.day, rest, found.year, doc.at("make_up", n))
    _once([one.day for one in found.make_up], doc, "make_up")
    statute = statutory_holidays(found.year)
    missing = sorted(day for day in statute if day not in rest) if found.complete else []
    if missing:
        raise BadCalendar(
            f"{doc.at('rest')}: {missing[0]} ({statute[missing[0]]}) is not off: a whole year's notice names every statutory"
            " holiday; `complete: false` for corrections alone"
        )
    for n, half in enumerate(found.half_days):
        _check_half_day(half.day, rest, make_up, found.year, doc.at("half_days", n))
    _once([half.day for half in found.half_days], doc, "half_days")
    closes = {half.day: time.fromisoformat(half.closes) for half in found.half_days}
    return YearPlan(found.year, found.source, rest, make_up, found.complete, closes)


def _rest(doc: YamlText, found: _File) -> dict[date, str]:
    rest: dict[date, str] = {}
    for n, span in enumerate(found.rest):
        where, days = doc.at("rest", n), (span.to - span.from_).days
        if not 0 <= days <= 20:
            raise BadCalendar(f"{where}: {span.name} runs from {span.from_} to {span.to}")
        for day in (span.from_ + timedelta(days=k) for k in range(days + 1)):
            if day.year != found.year or day in rest:
                raise BadCalendar(
                    f"{where}: {day} is {'named twice' if day in rest else f'no day of {found.year}: it belongs into the file of its own year'}"
                )
            rest[day] = span.name
    return rest


def _check_make_up(day: date, rest: dict[date, str], year: int, where: str) -> None:
    if day.year != year or day in rest:
        raise BadCalendar(f"{where}: {day} is outside {year} or both off and worked")
    if day.weekday() < 5:
        raise BadCalendar(f"{where}: {day} is a weekday: a make-up working day is a Saturday or Sunday")
    if name := statutory_holidays(year).get(day):
        raise BadCalendar(f"{where}: {day} is a statutory holiday ({name}), nobody may be made to work on it")


def _check_half_day(
    day: date, rest: dict[date, str], make_up: dict[date, str], year: int, where: str
) -> None:
    off = day in rest or day in statutory_holidays(year) or (day.weekday() >= 5 and day not in make_up)
    if day.year != year or off:
        raise BadCalendar(f"{where}: {day} is outside {year} or a day of rest")


def _once(days: list[date], doc: YamlText, key: str) -> None:
    twice = next((day for day, count in Counter(days).items() if count > 1), None)
    if twice:
        raise BadCalendar(f"{doc.at(key)}: {twice} is named twice")
