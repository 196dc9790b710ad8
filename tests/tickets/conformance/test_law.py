"""The law above every policy: how terms are counted, and which days nobody works."""

from datetime import date

import pytest

from core.calendar import statutory_holidays
from tests.tickets.conformance.rules import asked, clause, due
from tests.tickets.desk import CALENDAR

pytestmark = pytest.mark.unit


@clause("民法典 200", "期间按公历年、月、日、小时计算；“日”为日历日")
def test_civil_code_200_days_are_calendar_days() -> None:
    assert due("heyuan", "dispatch", "help", "2026-11-09T10:00", "--multi-unit") == "11月11日24:00"
    assert (
        due("heyuan", "dispatch", "help", "2026-11-12T10:00", "--multi-unit", "days=working")
        == "11月16日24:00"
    )


@clause("民法典 201", "按日计算的，开始的当日不计入；休息日起算亦同")
def test_civil_code_201_the_starting_day_does_not_count() -> None:
    for start in ("2026-11-09T00:00", "2026-11-09T23:59:59"):
        assert due("heyuan", "dispatch", "help", start) == "11月10日24:00"
    first = asked("heyuan", "dispatch", "help", "2026-10-03T10:00").steps[0]
    assert (first.date, first.counts) == (date(2026, 10, 3), False)


@clause("民法典 201", "按小时计算的，自规定的时间开始连续计算")
def test_civil_code_201_hours_run_from_the_moment() -> None:
    assert due("yanji", "sign", "help", "2026-09-30T23:30") == "10月1日00:30"
    assert due("yanji", "sign", "help", "2026-09-30T17:00", "", "hour_terms=office_hours") == "10月8日09:00"


@clause("民法典 203", "末日是法定休假日的，以休假日结束的次日为末日；调休上班日不是休假日")
def test_civil_code_203_a_last_day_of_rest_rolls_to_the_next_working_day() -> None:
    assert due("heyuan", "dispatch", "help", "2026-09-29T10:00", "--multi-unit") == "10月8日24:00"
    assert due("heyuan", "dispatch", "help", "2026-10-08T10:00", "--multi-unit") == "10月10日24:00"


@clause("民法典 203", "末日的截止时间为24时；有业务时间的，停止业务活动的时间为截止时间（可选）")
def test_civil_code_203_the_last_day_ends_at_24_or_at_close_of_business() -> None:
    found = asked("heyuan", "handle", "help", "2026-09-30T10:00")
    assert found.as_json()["due"] == "2026-10-14T00:00:00+08:00"
    assert (
        due("heyuan", "handle", "help", "2026-09-30T10:00", "", "term_ends=close_of_business")
        == "10月13日17:30"
    )


@clause("放假办法 2", "全体公民放假的节日13天（除夕至初三、元旦、清明、五一两天、端午、中秋、国庆三天）")
def test_statute_2_the_days_the_whole_nation_has_off() -> None:
    assert len(statutory_holidays(2027)) == 13
    assert statutory_holidays(2027)[date(2027, 2, 5)] == "春节"  # 除夕
    for day in statutory_holidays(2027):
        kind = CALENDAR.is_working_day(day)
        assert (kind.counts, kind.provisional) == (False, True)


@clause("放假办法 2", "尚未公布放假安排的年份照常计算，标明暂定")
def test_statute_2_an_unpublished_year_stops_nothing() -> None:
    found = asked("heyuan", "dispatch", "help", "2027-02-04T10:00")
    assert (found.due is not None, found.provisional) == (True, True)
