"""Where a call's rows and Asterisk's events do not agree."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from core.discrepancies import apart, discrepancies
from tests.core.test_talks import AGENT, AT, CITIZEN, EXPERT, at, event, stay

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class CallRow:
    linkedid: str = "1.1"
    channel: str = CITIZEN
    arrived_at: datetime = AT + timedelta(seconds=0)
    agent_answered_at: datetime | None = AT + timedelta(seconds=10)
    ended_at: datetime | None = AT + timedelta(seconds=42)
    talk_seconds: float | None = 30.0


@dataclass(frozen=True)
class LegRow:
    role: str = "agent"
    channel: str = AGENT
    answered_at: datetime | None = AT + timedelta(seconds=10)
    ended_at: datetime | None = AT + timedelta(seconds=40)


EVENTS = [
    event("CHAN_START", 0, CITIZEN), event("CHAN_START", 5, AGENT),
    *stay(CITIZEN, "b1", 10, 40), *stay(AGENT, "b1", 10, 40),
    event("HANGUP", 40, AGENT), event("HANGUP", 42, CITIZEN),
]  # fmt: skip


def test_rows_that_add_up_have_no_discrepancy() -> None:
    assert discrepancies(CallRow(), EVENTS, [LegRow(), LegRow("citizen", CITIZEN)]) == []


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (CallRow(arrived_at=at(-9)), "arrival"),
        (CallRow(ended_at=None), "end"),
        (CallRow(ended_at=at(60)), "end"),
        (CallRow(agent_answered_at=None), "answer"),
        (CallRow(talk_seconds=60.0), "talk"),
        (CallRow(talk_seconds=None), "talk"),
        (CallRow(channel="PJSIP/other-9"), "no channel"),
    ],
)
def test_each_wrong_time_is_named(call: CallRow, word: str) -> None:
    said = discrepancies(call, EVENTS)
    assert any(word in text for text in said), said


def test_a_leg_asterisk_does_not_know_and_a_channel_left_over_are_named() -> None:
    said = discrepancies(CallRow(), [*EVENTS, event("CHAN_START", 20, EXPERT)], [LegRow(channel="")])
    assert said == ["agent leg: Asterisk knows no channel (none)", f"{EXPERT} never ended"]


def test_no_events_at_all_is_a_discrepancy() -> None:
    assert discrepancies(CallRow(), []) == ["Asterisk tells nothing of this call"]


def test_an_end_asterisk_does_not_tell_is_named_with_what_we_say() -> None:
    (said, *_) = discrepancies(CallRow(), EVENTS[:-1])
    assert said == f"end: we say {at(42)}, Asterisk says None"


def test_moments_are_endlessly_apart_where_only_one_is_known() -> None:
    assert (apart(None, None), apart(at(1), None)) == (timedelta(0), timedelta.max)
    assert apart(at(1), at(3)) == apart(at(3), at(1)) == timedelta(seconds=2)
