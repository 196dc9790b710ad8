"""Whose court the ball was in."""

from datetime import timedelta

import pytest

from tests.tickets.desk import at
from tickets.ledger import HOLDERS, Move, ledger
from tickets.ticket import STATES, State

pytestmark = pytest.mark.unit
DAY = timedelta(days=1)


def move(day: int, action: str, state: State, unit: str | None = None) -> Move:
    return Move(at(f"2026-11-{day:02}T10:00"), action, state, unit)


STORY = [
    move(2, "file", "filed"), move(3, "dispatch", "dispatched", "SW"), move(4, "sign", "signed", "SW"),
    move(6, "return", "returned"), move(7, "dispatch", "dispatched", "GD"), move(8, "sign", "signed", "GD"),
    move(9, "supplement", "signed", "GD"), move(12, "reply", "replied", "GD"), move(13, "resolve", "resolved", "GD"),
]  # fmt: skip


def test_time_counts_from_dispatch_and_for_whoever_had_the_ticket() -> None:
    found = ledger(STORY, at("2026-11-15T10:00"))
    assert found.held == {"hotline": 3 * DAY, "unit:SW": 3 * DAY, "unit:GD": 5 * DAY, "citizen": 2 * DAY}
    assert found.returns == 1
    assert found.spans[-1].until is None


def test_steps_that_give_nothing_away_make_no_new_span() -> None:
    assert len(ledger(STORY, at("2026-11-15T10:00")).spans) == 6


def test_a_ticket_that_is_over_is_in_nobodys_court() -> None:
    found = ledger([*STORY[:1], move(3, "withdraw", "withdrawn")], at("2026-12-01T10:00"))
    assert found.held == {"hotline": DAY}


def test_every_state_has_a_holder() -> None:
    assert set(HOLDERS) == set(STATES)


def test_it_is_told_in_seconds_and_moments() -> None:
    told = ledger(STORY[:2], at("2026-11-03T11:00")).as_json()
    assert told["held_s"] == {"hotline": 86_400, "unit:SW": 3_600}
    assert told["spans"][1] == {
        "holder": "unit",
        "unit": "SW",
        "since": "2026-11-03T10:00:00+08:00",
        "until": None,
    }
