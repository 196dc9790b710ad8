"""What must hold of every deadline, the other reading of each switch, and how moments are written."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import Calendar, YearPlan
from core.errors import BadInput, NaiveTime
from core.policy import Choice, OfficeHours, Switches
from core.policy_parts import Card, Term, Unit
from tickets.clock import CHINA, due, falls, words

pytestmark = pytest.mark.unit
steady = settings(deadline=None)  # a busy machine is no failure
CALENDAR = Calendar()
OFFICE = OfficeHours(windows=(("08:30", "12:00"), ("14:00", "17:30")))
CLOSE = Switches(term_ends=Choice(value="close_of_business"))
IN_OFFICE = Switches(hour_terms=Choice(value="office_hours"))

instants = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2029, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, CHINA]),
)
units = st.sampled_from(["hours", "days", "working_days"])
day_units = st.sampled_from(["days", "working_days"])
WORKING = Switches(days=Choice(value="working"))
AT_THE_HOUR = Switches(card_moment=Choice(value="n_times_24h"))
readings = st.sampled_from([Switches(), CLOSE, IN_OFFICE, WORKING])


def term(value: int, unit: Unit) -> Term:
    return Term(value=value, unit=unit, clause="001 9")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@steady
@given(instants, st.integers(1, 40), units, readings)
def test_a_deadline_is_never_before_its_start(
    start: datetime, value: int, unit: Unit, reading: Switches
) -> None:
    assert due(start, term(value, unit), CALENDAR, reading, OFFICE).due > start


@steady
@given(instants, instants, st.integers(1, 40), units, readings)
def test_who_files_later_is_never_due_sooner(
    one: datetime, other: datetime, value: int, unit: Unit, reading: Switches
) -> None:
    early, late = sorted((one, other))
    length = term(value, unit)
    first = due(early, length, CALENDAR, reading, OFFICE).due
    assert first <= due(late, length, CALENDAR, reading, OFFICE).due


@steady
@given(instants, instants, st.integers(1, 40), st.sampled_from([Switches(), AT_THE_HOUR]))
def test_a_card_falls_after_its_clock_began_and_never_sooner_for_who_files_later(
    one: datetime, other: datetime, days: int, reading: Switches
) -> None:
    early, late = sorted((one, other))
    card = Card(colour="red", after=days, notify=("handler",), by=("sms",), clause="001 17")
    first = falls(early, card, CALENDAR, reading).due
    assert early < first <= falls(late, card, CALENDAR, reading).due


@steady
@given(instants, st.integers(1, 39), units, readings)
def test_a_longer_term_is_never_due_sooner(
    start: datetime, value: int, unit: Unit, reading: Switches
) -> None:
    shorter = due(start, term(value, unit), CALENDAR, reading, OFFICE).due
    assert shorter <= due(start, term(value + 1, unit), CALENDAR, reading, OFFICE).due


@steady
@given(instants, st.integers(1, 40), day_units)
def test_a_term_in_days_counts_its_value_and_ends_on_a_working_day(
    start: datetime, value: int, unit: Unit
) -> None:
    found = due(start, term(value, unit), CALENDAR)
    counted = [step.date for step in found.steps if step.counts]
    assert len(counted) == value
    assert counted[-1] == found.last_day
    assert CALENDAR.is_working_day(counted[-1]).counts
    if unit == "working_days":
        assert all(CALENDAR.is_working_day(day).counts for day in counted)


@steady
@given(instants.filter(lambda start: start.year < 2026), st.integers(1, 40))
def test_working_days_agree_with_the_packages_own_count(start: datetime, value: int) -> None:
    """An independent way: list the days off the published calendar and take the value-th."""
    first = start.astimezone(CHINA).date() + timedelta(days=1)
    workdays = chinese_calendar.get_workdays(first, first + timedelta(days=100))
    assert due(start, term(value, "working_days"), CALENDAR).last_day == workdays[value - 1]


@steady
@given(instants, st.integers(1, 40), units)
def test_steps_are_every_day_from_the_start_to_the_last(start: datetime, value: int, unit: Unit) -> None:
    found = due(start, term(value, unit), CALENDAR)
    days = [step.date for step in found.steps]
    assert days[0] == start.astimezone(CHINA).date()
    assert days[-1] == found.last_day
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


@steady
@given(instants, st.integers(1, 40), units)
def test_the_zone_of_the_clock_on_the_wall_changes_nothing(start: datetime, value: int, unit: Unit) -> None:
    length = term(value, unit)
    assert due(start.astimezone(UTC), length, CALENDAR) == due(start.astimezone(CHINA), length, CALENDAR)


@steady
@given(instants, st.integers(1, 40), day_units)
def test_a_term_in_days_ends_at_midnight_in_china(start: datetime, value: int, unit: Unit) -> None:
    found = due(start, term(value, unit), CALENDAR).due
    assert found.utcoffset() == timedelta(hours=8)
    assert found.time() == time.min


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        due(at("2026-11-10T10:00").replace(tzinfo=None), term(1, "days"), CALENDAR)


@pytest.mark.parametrize("year", [1, 1949, 2099, 9999])
def test_a_year_beyond_the_lunar_tables_is_refused_by_name(year: int) -> None:
    with pytest.raises(BadInput):
        due(datetime(year, 6, 1, tzinfo=UTC), term(1, "hours"), CALENDAR)


CLOSING = [
    # Civil Code 203: where there are business hours the term ends when business stops
    ("2026-11-10T10:00", 1, "working_days", "2026-11-11T17:30"),
    ("2026-09-30T10:00", 5, "working_days", "2026-10-13T17:30"),
    ("2026-11-13T10:00", 2, "days", "2026-11-16T17:30"),
    ("2026-11-10T23:59", 1, "working_days", "2026-11-11T17:30"),
]


@pytest.mark.parametrize(("start", "value", "unit", "end"), CLOSING)
def test_close_of_business_ends_the_last_day_earlier(start: str, value: int, unit: Unit, end: str) -> None:
    assert due(at(start), term(value, unit), CALENDAR, CLOSE, OFFICE).due == at(end)


IN_OFFICE_HOURS = [
    # Yanji's one hour read as an office hour: 08:30-12:00, 14:00-17:30
    ("2026-11-10T10:00", 1, "2026-11-10T11:00"),
    ("2026-11-10T11:30", 1, "2026-11-10T14:30"),
    ("2026-11-10T12:30", 1, "2026-11-10T15:00"),
    ("2026-11-10T17:00", 1, "2026-11-11T09:00"),
    ("2026-11-10T16:30", 1, "2026-11-10T17:30"),
    ("2026-11-13T17:00", 1, "2026-11-16T09:00"),
    ("2026-09-30T17:00", 1, "2026-10-08T09:00"),
    ("2026-10-10T03:00", 1, "2026-10-10T09:30"),
    ("2026-11-10T08:30", 14, "2026-11-11T17:30"),
]


@pytest.mark.parametrize(("start", "value", "end"), IN_OFFICE_HOURS)
def test_hours_may_be_read_as_office_hours(start: str, value: int, end: str) -> None:
    assert due(at(start), term(value, "hours"), CALENDAR, IN_OFFICE, OFFICE).due == at(end)


def test_a_half_day_ends_business_sooner_and_gives_fewer_office_hours() -> None:
    half = Calendar([YearPlan(2026, "市府办", complete=False, closes={date(2026, 11, 11): time(12)})])
    assert due(at("2026-11-10T10:00"), term(1, "working_days"), half, CLOSE, OFFICE).due == at(
        "2026-11-11T12:00"
    )
    assert due(at("2026-11-11T11:00"), term(2, "hours"), half, IN_OFFICE, OFFICE).due == at(
        "2026-11-12T09:30"
    )
    assert due(at("2026-11-10T10:00"), term(1, "working_days"), half).due == at("2026-11-12T00:00")


def test_a_day_that_shuts_before_it_opens_is_over_as_it_opens() -> None:
    shut = Calendar([YearPlan(2026, "市府办", complete=False, closes={date(2026, 11, 11): time(8)})])
    assert due(at("2026-11-10T10:00"), term(1, "working_days"), shut, CLOSE, OFFICE).due == at(
        "2026-11-11T08:30"
    )


@pytest.mark.parametrize(("reading", "unit"), [(CLOSE, "days"), (IN_OFFICE, "hours")])
def test_a_reading_that_needs_office_hours_says_so(reading: Switches, unit: Unit) -> None:
    with pytest.raises(BadInput, match="office_hours"):
        due(at("2026-11-10T10:00"), term(1, unit), CALENDAR, reading)


def test_every_rest_day_on_the_way_tells_why() -> None:
    found = due(at("2026-09-30T10:00"), term(3, "working_days"), CALENDAR)
    why = {step.date.isoformat(): step.why for step in found.steps}
    assert "起始日" in why["2026-09-30"]
    assert "国庆节" in why["2026-10-01"]
    assert "调休" in why["2026-10-10"]


def test_a_calendar_day_that_ends_on_a_rest_day_shows_how_it_moved() -> None:
    found = due(at("2026-11-13T10:00"), term(2, "days"), CALENDAR)
    assert [(s.date.day, s.counts) for s in found.steps] == [(13, False), (14, True), (15, False), (16, True)]
    assert "203" in found.steps[2].why


MOMENTS = [
    ("2026-10-10T00:00", 2026, "10月9日24:00"),
    ("2026-10-09T17:30", 2026, "10月9日17:30"),
    ("2027-01-01T00:00", 2026, "12月31日24:00"),
    ("2027-01-05T00:00", 2026, "2027年1月4日24:00"),
    ("2026-10-10T00:00", None, "10月9日24:00"),
]


@pytest.mark.parametrize(("moment", "year", "text"), MOMENTS)
def test_moments_are_written_as_an_office_writes_them(moment: str, year: int | None, text: str) -> None:
    assert words(at(moment), year) == text


def test_what_begins_at_midnight_begins_on_the_new_day() -> None:
    assert words(at("2026-10-03T00:00"), begins=True) == "10月3日00:00"
    assert words(at("2026-10-03T09:30"), begins=True) == "10月3日09:30"


def test_moments_are_written_on_chinas_clock() -> None:
    assert words(datetime(2026, 10, 9, 16, tzinfo=UTC)) == "10月9日24:00"
