"""Reads one year's calendar notice from YAML text (policies/calendars/*.yaml). No file is opened here."""

from datetime import date, timedelta

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.calendar import FIRST_YEAR, LAST_YEAR, YearPlan
from core.errors import BadInput


class BadCalendar(BadInput):
    """A calendar file cannot be used; the text names file and reason."""

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


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, strict=True)
    source: str = Field(min_length=1)
    complete: bool = True
    rest: list[_Rest] = []
    make_up: list[_MakeUp] = []


def parse_calendar(text: str, source_name: str) -> YearPlan:
    """A YearPlan from YAML: `year`, `source`, `rest: [{name, from, to}]`, `make_up: [{name, day}]`, `complete`.

    Raises BadCalendar for unknown keys, days outside the year, spans over 20 days, make-up days on
    weekdays, days both off and worked.
    """
    try:
        found = _File.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, ValidationError) as error:
        raise BadCalendar(f"{source_name}: {_first(error)}") from error
    rest = {day: span.name for span in found.rest for day in _span(span, source_name)}
    make_up = {one.day: one.name for one in found.make_up}
    for day in (*rest, *make_up):
        if day.year != found.year or (day in rest and day in make_up):
            raise BadCalendar(f"{source_name}: {day} is outside {found.year} or both off and worked")
    for day in make_up:
        if day.weekday() < 5:
            raise BadCalendar(
                f"{source_name}: {day} is a weekday: a make-up working day is a Saturday or Sunday"
            )
    return YearPlan(found.year, found.source, rest, make_up, found.complete)


def _span(span: _Rest, source_name: str) -> list[date]:
    days = (span.to - span.from_).days
    if not 0 <= days <= 20:
        raise BadCalendar(f"{source_name}: {span.name} runs from {span.from_} to {span.to}")
    return [span.from_ + timedelta(days=n) for n in range(days + 1)]


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        one = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
    return " ".join(str(error).split())
