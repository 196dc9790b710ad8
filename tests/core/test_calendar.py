"""Working days against the printed notice, the statute for years without one, and files that overrule."""

from datetime import date, time, timedelta

import pytest

from core.calendar import Calendar, YearPlan, statutory_holidays
from core.calendar_text import BadCalendar, parse_calendar
from core.errors import BadInput
from tests.notice_2027 import NOTICE_2027

pytestmark = pytest.mark.unit

# 国务院办公厅关于2026年部分节假日安排的通知, typed from the notice
OFF_2026 = [
    ("2026-01-01", "2026-01-03", "元旦"),
    ("2026-02-15", "2026-02-23", "春节"),
    ("2026-04-04", "2026-04-06", "清明"),
    ("2026-05-01", "2026-05-05", "劳动节"),
    ("2026-06-19", "2026-06-21", "端午"),
    ("2026-09-25", "2026-09-27", "中秋"),
    ("2026-10-01", "2026-10-07", "国庆"),
]
WORKED_2026 = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]

# Art. 2 of the 2024 text; lunar dates from the printed almanac
STATUTE = {
    2025: ["0101", "0128", "0129", "0130", "0131", "0404", "0501", "0502", "0531", "1006", "1001", "1002", "1003"],
    2026: ["0101", "0216", "0217", "0218", "0219", "0405", "0501", "0502", "0619", "0925", "1001", "1002", "1003"],
    2027: ["0101", "0205", "0206", "0207", "0208", "0405", "0501", "0502", "0609", "0915", "1001", "1002", "1003"],
    2028: ["0101", "0125", "0126", "0127", "0128", "0404", "0501", "0502", "0528", "1001", "1002", "1003"],
    2029: ["0101", "0212", "0213", "0214", "0215", "0404", "0501", "0502", "0616", "0922", "1001", "1002", "1003"],
    2030: ["0101", "0202", "0203", "0204", "0205", "0405", "0501", "0502", "0605", "0912", "1001", "1002", "1003"],
}  # fmt: skip

PLAN = NOTICE_2027


def days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def test_every_day_of_2026_is_as_the_notice_says() -> None:
    off = {
        date.fromisoformat(first) + timedelta(days=n): name
        for first, last, name in OFF_2026
        for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
    }
    worked = set(map(date.fromisoformat, WORKED_2026))
    for day in days(2026):
        kind = Calendar().is_working_day(day)
        assert kind.counts == (day in worked or (day not in off and day.weekday() < 5)), day
        assert not kind.provisional
        if day in off:
            assert off[day] in kind.why


@pytest.mark.parametrize("year", STATUTE)
def test_statutory_holidays_are_those_of_the_2024_text(year: int) -> None:
    printed = sorted(date(year, int(day[:2]), int(day[2:])) for day in STATUTE[year])
    assert sorted(statutory_holidays(year)) == printed


@pytest.mark.parametrize("year", [2025, 2026])
def test_no_published_year_lets_people_work_on_a_statutory_holiday(year: int) -> None:
    assert not any(Calendar().is_working_day(day).counts for day in statutory_holidays(year))


def test_an_unpublished_year_is_weekends_and_statute_and_says_so() -> None:
    calendar, statute = Calendar(), statutory_holidays(2031)
    assert not calendar.published(2031)
    for day in days(2031):
        kind = calendar.is_working_day(day)
        assert kind.provisional
        assert kind.counts == (day.weekday() < 5 and day not in statute)


def test_a_published_year_is_known_as_such() -> None:
    assert Calendar().published(2026)


def test_a_file_for_a_year_ends_its_provisional_state() -> None:
    calendar = Calendar([parse_calendar(PLAN, "2027.yaml")])
    made_up, off, plain = date(2027, 1, 30), date(2027, 2, 11), date(2027, 3, 1)
    assert calendar.published(2027)
    assert calendar.is_working_day(made_up).counts
    assert "调休" in calendar.is_working_day(made_up).why
    assert not calendar.is_working_day(off).counts
    assert not calendar.is_working_day(plain).provisional


def test_a_file_overrules_the_package_only_on_its_own_days_where_it_is_not_complete() -> None:
    plan = YearPlan(2026, "correction", rest={date(2026, 11, 10): "台风停工"}, complete=False)
    calendar = Calendar([plan])
    assert not calendar.is_working_day(date(2026, 11, 10)).counts
    assert calendar.is_working_day(date(2026, 10, 10)).counts
    assert not calendar.is_working_day(date(2026, 10, 1)).counts


def test_the_next_working_day_jumps_the_whole_holiday_and_back() -> None:
    calendar = Calendar()
    assert calendar.next_working_day(date(2026, 9, 30)) == date(2026, 10, 8)
    assert calendar.previous_working_day(date(2026, 10, 8)) == date(2026, 9, 30)


@pytest.mark.parametrize("year", [1949, 2100])
def test_years_beyond_the_tables_are_refused(year: int) -> None:
    with pytest.raises(BadInput):
        Calendar().is_working_day(date(year, 6, 1))


BROKEN = {
    "unknown key": PLAN + "extra: 1\n",
    "no year": "source: x\n",
    "day outside": PLAN.replace("2027-01-30", "2028-01-30"),
    "both off and worked": PLAN.replace("2027-01-30", "2027-02-06"),
    "backwards": PLAN.replace("2027-02-11", "2027-02-01"),
    "endless": PLAN.replace("2027-02-11", "2027-12-11"),
    "no date": PLAN.replace("2027-02-11", "2027-02-31"),
    "not yaml": "year: [",
    "a list": "- 1",
    "empty": "",
    "a repeated key": PLAN + "make_up: []\n",
    "a holiday forgotten": PLAN.replace("  - {name: 端午节, from: 2027-06-09, to: 2027-06-09}\n", ""),
    "nothing but the year": "year: 2027\nsource: x\n",
    "work on a statutory holiday": PLAN.replace("2027-01-30", "2027-05-01").replace(
        "2027-05-01, to", "2027-05-02, to"
    ),
    "off twice": PLAN.replace("2027-04-05, to", "2027-02-09, to"),
    "made up twice": PLAN + "  - {name: 国庆节, day: 2027-01-30}\n",
    "half a day of rest": PLAN + "half_days: [{name: 春节, day: 2027-02-06, closes: '12:00'}]\n",
    "half a Sunday": PLAN + "half_days: [{name: 周日, day: 2027-03-07, closes: '12:00'}]\n",
    "half a day of no hour": PLAN + "half_days: [{name: 除夕前, day: 2027-02-04, closes: '25:00'}]\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_calendar_file_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(BadCalendar, match=r"2027\.yaml"):
        parse_calendar(text, "2027.yaml")


def test_what_is_wrong_in_a_calendar_file_has_its_line() -> None:
    with pytest.raises(BadCalendar, match=r"2027\.yaml:14: .*repeated"):
        parse_calendar(PLAN + "  - {name: 国庆节, day: 2027-10-09}\nmake_up: []\n", "2027.yaml")
    with pytest.raises(BadCalendar, match=r"2027\.yaml:3: 2027-06-09 \(端午节\) is not off"):
        parse_calendar(BROKEN["a holiday forgotten"], "2027.yaml")


def test_corrections_alone_need_not_name_the_years_holidays() -> None:
    plan = parse_calendar(
        "year: 2026\nsource: x\ncomplete: false\nmake_up: [{name: 台风, day: 2026-11-14}]\n", "c.yaml"
    )
    assert Calendar([plan]).is_working_day(date(2026, 11, 14)).counts
    assert not Calendar([plan]).is_working_day(date(2026, 10, 1)).counts


def test_a_half_day_counts_as_a_working_day_and_shuts_sooner() -> None:
    calendar = Calendar(
        [parse_calendar(PLAN + "half_days: [{name: 除夕前, day: 2027-02-04, closes: '12:00'}]\n", "c.yaml")]
    )
    spans = ((time(8, 30), time(12)), (time(14), time(17, 30)))
    assert calendar.is_working_day(date(2027, 2, 4)).counts
    assert calendar.hours(date(2027, 2, 4), spans) == spans[:1]
    assert calendar.hours(date(2027, 2, 3), spans) == spans
    assert calendar.hours(date(2027, 2, 6), spans) == ()
    assert calendar.key != Calendar([parse_calendar(PLAN, "c.yaml")]).key
