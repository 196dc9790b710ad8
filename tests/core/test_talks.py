"""Talk time from channel events: transfers, conferences, holds, lost ends."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.talks import Hold, Span, Talk, stays, talked_s, talks

pytestmark = pytest.mark.unit
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CITIZEN, AGENT, EXPERT = "PJSIP/carrier-00000001", "PJSIP/8001-00000002", "PJSIP/8101-00000003"


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Event:
    eventtype: str
    eventtime: datetime
    channame: str
    uniqueid: str
    extra: str = ""


def event(kind: str, seconds: float, channel: str, bridge: str = "") -> Event:
    extra = json.dumps({"bridge_id": bridge, "bridge_technology": "simple_bridge"}) if bridge else ""
    return Event(kind, at(seconds), channel, channel[-8:], extra)


def stay(channel: str, bridge: str, began: float, ended: float) -> list[Event]:
    return [event("BRIDGE_ENTER", began, channel, bridge), event("BRIDGE_EXIT", ended, channel, bridge)]


def consult_then_conference() -> list[Event]:
    """Talk 10-40; agent consults 41-60 while the citizen hears music; all three 61-80; agent leaves, two stay to 100."""
    return [
        *stay(CITIZEN, "b1", 10, 40), *stay(AGENT, "b1", 10, 40),
        *stay(AGENT, "b2", 41, 60), *stay(EXPERT, "b2", 41, 60),
        *stay(CITIZEN, "room", 61, 100), *stay(AGENT, "room", 61, 80), *stay(EXPERT, "room", 61, 100),
    ]  # fmt: skip


def test_a_plain_talk_is_the_time_both_were_in_the_bridge() -> None:
    found = talks([*stay(CITIZEN, "b1", 10, 40), *stay(AGENT, "b1", 11, 38)])
    assert found == [Talk(AGENT, CITIZEN, Span(at(11), at(38)))]
    assert talked_s(found, CITIZEN) == 27


def test_a_transfer_neither_loses_the_time_before_it_nor_doubles_the_time_after_it() -> None:
    found = talks(consult_then_conference())
    assert talked_s(found, CITIZEN) == 30 + 39
    assert talked_s(found, AGENT) == 30 + 19 + 19
    assert talked_s(found, EXPERT) == 19 + 39


def test_music_while_the_agent_consults_is_no_talk() -> None:
    between = [
        t for t in talks(consult_then_conference()) if t.span.began >= at(40) and t.span.ended <= at(61)
    ]
    assert between == [Talk(AGENT, EXPERT, Span(at(41), at(60)))]


def test_a_hold_by_the_telephone_itself_is_cut_out() -> None:
    events = [*stay(CITIZEN, "b1", 0, 30), *stay(AGENT, "b1", 0, 30)]
    found = talks(events, [Hold(AGENT, Span(at(10), at(18)))])
    assert [(t.span.began, t.span.ended) for t in found] == [(at(0), at(10)), (at(18), at(30))]
    assert talked_s(found, CITIZEN) == 22


def test_who_makes_announcements_or_captions_is_no_party() -> None:
    events = [
        *stay(CITIZEN, "room", 0, 30), *stay("CBAnn/room-0000000a;2", "room", 0, 30),
        *stay("AudioSocket/127.0.0.1-0000000b", "room", 0, 30), *stay("Snoop/1-0000000c", "room", 0, 9),
    ]  # fmt: skip
    assert talks(events) == []


@pytest.mark.parametrize("last", ["HANGUP", "CHAN_END"])
def test_a_stay_ends_with_its_channel_where_the_exit_is_missing(last: str) -> None:
    events = [*stay(CITIZEN, "b1", 0, 30), event("BRIDGE_ENTER", 1, AGENT, "b1"), event(last, 20, AGENT)]
    assert talked_s(talks(events), CITIZEN) == 19


def test_what_asterisk_did_not_live_to_end_ends_with_its_last_event() -> None:
    events = [*stay(CITIZEN, "b1", 0, 30), event("BRIDGE_ENTER", 1, AGENT, "b1"), event("ANSWER", 5, AGENT)]
    assert talked_s(talks(events), CITIZEN) == 4


def test_moving_from_bridge_to_bridge_without_an_exit_is_two_stays() -> None:
    events = [
        event("BRIDGE_ENTER", 0, AGENT, "b1"),
        event("BRIDGE_ENTER", 10, AGENT, "b2"),
        event("HANGUP", 15, AGENT),
    ]
    assert [(s.bridge, s.span.seconds) for s in stays(events)] == [("b1", 10), ("b2", 5)]


def test_extra_that_cannot_be_read_is_no_bridge() -> None:
    broken = replace(event("BRIDGE_ENTER", 0, AGENT, "b1"), extra="{broken")
    assert [s.bridge for s in stays([broken, event("HANGUP", 5, AGENT)])] == [""]


stretch = st.tuples(
    st.sampled_from([CITIZEN, AGENT, EXPERT]), st.sampled_from(["b1", "b2"]),
    st.integers(0, 200), st.integers(1, 60),
)  # fmt: skip


@given(st.lists(stretch, max_size=12))
def test_however_they_come_and_go_talk_is_shared_and_never_longer_than_the_stay(
    given_: list[tuple[str, str, int, int]],
) -> None:
    last: dict[str, int] = {}
    events: list[Event] = []
    for channel, bridge, gap, length in given_:  # one after the other per channel: nobody is in two bridges
        began = last.get(channel, 0) + gap
        last[channel] = began + length
        events += stay(channel, bridge, began, began + length)
    found, there = talks(events), stays(events)
    for channel in (CITIZEN, AGENT, EXPERT):
        in_bridges = sum(s.span.seconds for s in there if s.channel == channel)
        assert 0 <= talked_s(found, channel) <= in_bridges
        mine = sum(talk.span.seconds for talk in found if channel in (talk.a, talk.b))
        assert talked_s(found, channel) <= mine + 1e-9
