"""How early a text must be uploaded and how soon a gap mended (Heyuan 25), over weekends, holidays and make-up days."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.desk import CALENDAR, HEYUAN, YANJI, at
from tickets.clock import CHINA, words
from tickets.lead import fix_due, lead_of, upload_by

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("uploaded", "effect", "late", "by"),
    [
        ("2026-11-02T10:00", "2026-11-12T00:00", False, "11月2日24:00"),  # 3,4,5,6,9,10,11 lie between
        ("2026-11-02T23:59", "2026-11-12T00:00", False, "11月2日24:00"),
        ("2026-11-03T00:00", "2026-11-12T00:00", True, "11月2日24:00"),
        ("2026-11-02T10:00", "2026-11-11T23:59", True, "11月1日24:00"),
        ("2026-10-31T10:00", "2026-11-11T00:00", False, "11月1日24:00"),  # a Saturday: Monday is the first of seven
        ("2026-11-02T10:00", "2026-12-01T08:00", False, "11月19日24:00"),
        ("2026-09-22T00:00", "2026-10-09T00:00", True, "9月21日24:00"),  # 25-27 Sept and 1-7 Oct off
        ("2026-09-21T23:59", "2026-10-09T00:00", False, "9月21日24:00"),
        ("2026-09-17T23:59", "2026-09-29T00:00", False, "9月17日24:00"),  # Sunday 20 Sept is worked: 18, 20-24, 28
        ("2026-11-10T10:00", "2026-11-10T10:00", True, "10月29日24:00"),  # in force as it comes
        ("2026-11-20T10:00", "2026-11-10T10:00", True, "10月29日24:00"),  # in force for long
    ],
)  # fmt: skip
def test_seven_whole_working_days_lie_between_upload_and_effect(
    uploaded: str, effect: str, late: bool, by: str
) -> None:
    found = lead_of(at(uploaded), at(effect), HEYUAN, CALENDAR)
    assert found
    assert found.late is late
    assert found.upload_by
    assert (words(found.upload_by), found.clause) == (by, "001 25")
    assert ("迟于" in found.words) is late


def test_a_city_without_a_number_asks_for_timely_only() -> None:
    assert lead_of(at("2026-11-20T10:00"), at("2026-11-10T10:00"), YANJI, CALENDAR) is None
    assert fix_due(at("2026-11-20T10:00"), YANJI, CALENDAR) is None


@pytest.mark.parametrize(
    ("told", "due"),
    [
        ("2026-11-09T10:00", "11月16日24:00"),
        ("2026-11-13T23:59", "11月20日24:00"),
        ("2026-11-14T10:00", "11月20日24:00"),
        ("2026-09-30T10:00", "10月13日24:00"),
    ],
)
def test_a_gap_is_mended_within_five_working_days(told: str, due: str) -> None:
    found = fix_due(at(told), HEYUAN, CALENDAR)
    assert found
    assert words(found.due) == due
    assert found.steps[0].counts is False


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(lambda one: one.replace(tzinfo=CHINA))  # noqa: DTZ001


@given(MOMENTS, st.integers(0, 60 * 24 * 25))
def test_both_ways_of_counting_agree(uploaded: datetime, minutes: int) -> None:
    effect = uploaded + timedelta(minutes=minutes)
    found = lead_of(uploaded, effect, HEYUAN, CALENDAR)
    term = HEYUAN.knowledge.lead
    assert found
    assert term
    by = upload_by(effect, term, CALENDAR)
    assert by
    assert found.late is (uploaded >= by)
