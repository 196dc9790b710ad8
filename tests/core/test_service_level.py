"""Rolling windows over minutes of calls, the worst of them, and an alarm that does not flutter."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.service_level import DAY, LEAST, Level, Minute, is_low, window, worst

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def minute(before_now: float, offered: int, connected: int) -> Minute:
    return Minute(NOW - timedelta(minutes=before_now), offered, connected, connected)


def level(offered: int, connected: int) -> Level:
    return Level(NOW - DAY, NOW, offered, connected, connected)


def test_a_window_holds_exactly_its_length() -> None:
    minutes = [minute(1440, 5, 0), minute(1439, 7, 7), minute(0, 3, 3)]
    assert (window(minutes, NOW, DAY).offered, window(minutes, NOW, timedelta(hours=1)).offered) == (10, 3)


def test_a_share_counts_the_callers_who_gave_up() -> None:
    assert level(40, 38).share("connected") == 0.95
    assert level(0, 0).share("connected") is None


def test_a_bad_hour_that_has_dropped_out_of_now_still_shows_as_the_worst() -> None:
    minutes = [minute(30 * 60, 100, 50), *(minute(m, 100, 100) for m in range(20 * 60, 0, -60))]
    assert window(minutes, NOW, DAY).share("connected") == 1.0
    seen = worst(minutes, NOW, "connected")
    assert seen is not None
    assert seen.until == NOW - timedelta(hours=24)
    assert seen.share("connected") == 0.5


def test_too_few_calls_have_no_worst() -> None:
    assert worst([minute(5, LEAST - 1, 0)], NOW, "connected") is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2879), st.integers(0, 30), st.integers(0, 30)), max_size=6))
def test_the_worst_is_what_looking_at_every_minute_finds(given_: list[tuple[int, int, int]]) -> None:
    by_minute = {m: (max(a, b), min(a, b)) for m, a, b in given_}
    minutes = [minute(m, *counts) for m, counts in sorted(by_minute.items(), reverse=True)]
    every = (window(minutes, NOW - timedelta(minutes=back), DAY) for back in range(24 * 60 + 1))
    shares = [one.connected / one.offered for one in every if one.offered >= LEAST]
    found = worst(minutes, NOW, "connected")
    assert (found.share("connected") if found else None) == min(shares, default=None)


def test_an_alarm_begins_below_95_and_ends_at_96() -> None:
    low, states = False, []
    for connected in (96, 95, 94, 95, 95, 96, 95):
        low = is_low(level(100, connected), "connected", low)
        states.append(low)
    assert states == [False, False, True, True, True, False, False]


def test_few_calls_begin_no_alarm_and_no_calls_end_it() -> None:
    assert not is_low(level(LEAST - 1, 0), "connected", False)
    assert is_low(level(LEAST - 1, 0), "connected", True)
    assert not is_low(level(0, 0), "connected", True)
