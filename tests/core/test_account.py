"""Asterisk's account of a call: who was there first, when they talked, when they went; and where our rows say otherwise."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from core.account import LegTimes, call_times, differs, is_over, leg_times
from tests.core.test_talks import AGENT, CITIZEN, at, event, stay

pytestmark = pytest.mark.unit
LINKEDID = CITIZEN[-8:]
BEGAN, RANG, TALKED, LEFT, ENDED = (at(seconds) for seconds in (0, 5, 10, 40, 45))


@dataclass(frozen=True)
class Row:
    linkedid: str = LINKEDID
    channel: str = CITIZEN
    arrived_at: datetime = BEGAN
    agent_answered_at: datetime | None = TALKED
    ended_at: datetime | None = ENDED
    talk_seconds: float | None = 30.0


@dataclass(frozen=True)
class Side:
    id: str = "leg_1"
    role: str = "agent"
    number: str = "8001"
    channel: str = AGENT
    started_at: datetime = RANG
    answered_at: datetime | None = TALKED
    ended_at: datetime | None = LEFT


EVENTS = [
    event("CHAN_START", 0, CITIZEN), event("CHAN_START", 5, AGENT),
    *stay(CITIZEN, "b1", 10, 40), *stay(AGENT, "b1", 10, 40),
    event("HANGUP", 40.1, AGENT), event("HANGUP", 45, CITIZEN), event("LINKEDID_END", 45, CITIZEN),
]  # fmt: skip


def test_rows_that_were_written_in_their_moment_stand() -> None:
    times = call_times(Row(), EVENTS)
    assert times is not None
    assert not differs(Row(), times)
    assert leg_times([Side()], EVENTS) == []
    assert is_over(EVENTS)
    assert not is_over(EVENTS[:-1])


@pytest.mark.parametrize(
    "row",
    [
        Row(arrived_at=at(8)), Row(ended_at=at(60)), Row(talk_seconds=90), Row(talk_seconds=None),
        Row(agent_answered_at=None), Row(channel=""),
    ],
)  # fmt: skip
def test_what_nobody_saw_is_taken_from_asterisk(row: Row) -> None:
    times = call_times(row, EVENTS)
    assert times is not None
    assert differs(row, times)
    assert (times.channel, times.arrived_at, times.agent_answered_at, times.ended_at, times.talk_seconds) == (
        CITIZEN, at(0), at(10), at(45), 30.0,
    )  # fmt: skip


def test_a_leg_without_a_channel_gets_the_one_that_began_with_it() -> None:
    later = [event("CHAN_START", 70, "PJSIP/8001-00000009"), event("HANGUP", 80, "PJSIP/8001-00000009")]
    lost = Side(channel="", ended_at=at(58))
    assert leg_times([lost], [*EVENTS, *later]) == [LegTimes("leg_1", AGENT, at(40.1))]
    assert leg_times([replace(lost, answered_at=None), replace(lost, role="citizen")], EVENTS) == []
    assert leg_times([replace(lost, number="8009")], EVENTS) == []


def test_a_call_asterisk_does_not_know_is_left_alone() -> None:
    assert call_times(Row(), []) is None
    assert call_times(Row(channel="", linkedid="elsewhere"), EVENTS) is None
    assert call_times(Row(), EVENTS[:-2]) is None


def test_an_end_some_milliseconds_off_is_no_difference() -> None:
    assert leg_times([Side(ended_at=at(40) + timedelta(seconds=1.5))], EVENTS) == []
