"""A finished call's own rows against Asterisk's channel events: where they do not agree, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.talks import ENDS, ChannelEvent, Hold, is_party, talked_s, talks

TOLERANCE = timedelta(seconds=2)
"""Asterisk counts Dial's time in whole seconds, and AMI tells of an answer some milliseconds later."""


class CallFacts(Protocol):
    """A row of `calls`, as far as it matters here."""

    @property
    def linkedid(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def arrived_at(self) -> datetime: ...
    @property
    def agent_answered_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def talk_seconds(self) -> float | None: ...


class LegFacts(Protocol):
    """A row of `legs`, as far as it matters here."""

    @property
    def role(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class CallTimes:
    """A call by Asterisk's account, None for what it does not tell; seconds of talk as talks.talked_s counts them."""

    channel: str
    arrived_at: datetime | None
    agent_answered_at: datetime | None
    ended_at: datetime | None
    talk_seconds: float


def times_of(channel: str, events: Sequence[ChannelEvent], holds: Sequence[Hold] = ()) -> CallTimes:
    """What Asterisk tells of the citizen's channel. events: every `cel` row of the call's linkedid."""
    found = talks(events, holds)
    answered = min((t.span.began for t in found if channel in (t.a, t.b)), default=None)
    began, ended = moment(events, channel, "CHAN_START"), moment(events, channel, "HANGUP")
    return CallTimes(channel, began, answered, ended, talked_s(found, channel))


def moment(events: Sequence[ChannelEvent], channel: str, kind: str) -> datetime | None:
    """When this first happened to a channel."""
    moments = (e.eventtime for e in events if e.channame == channel and e.eventtype == kind)
    return min(moments, default=None) if channel else None


def apart(one: datetime | None, other: datetime | None) -> timedelta:
    """How far two moments lie apart: endlessly where only one is known."""
    if one is None or other is None:
        return timedelta(0) if one is other else timedelta.max
    return abs(one - other)


def differences(call: CallFacts, times: CallTimes, tolerance: timedelta = TOLERANCE) -> list[str]:
    """Where a call's row says otherwise than Asterisk, beyond what counting in whole seconds explains: one sentence each."""
    pairs = (
        ("arrival", call.arrived_at, times.arrived_at),
        ("end", call.ended_at, times.ended_at),
        ("answer", call.agent_answered_at, times.agent_answered_at),
    )
    found = [text for what, ours, theirs in pairs for text in _moment(what, ours, theirs, tolerance)]
    talked = call.talk_seconds or 0.0
    if abs(talked - times.talk_seconds) > tolerance.total_seconds():
        found.append(f"talk: we count {talked:.1f} s, Asterisk's bridges {times.talk_seconds:.1f} s")
    return found


def discrepancies(
    call: CallFacts,
    events: Sequence[ChannelEvent],
    legs: Sequence[LegFacts] = (),
    tolerance: timedelta = TOLERANCE,
    holds: Sequence[Hold] = (),
) -> list[str]:
    """Where a finished call's rows and Asterisk's events do not agree: one sentence each, none where they do.

    events: every `cel` row of the call's linkedid.
    """
    if not events:
        return ["Asterisk tells nothing of this call"]
    if not any(event.channame == call.channel for event in events):
        return [f"Asterisk knows no channel {call.channel}"]
    return [
        *differences(call, times_of(call.channel, events, holds), tolerance),
        *(text for leg in legs for text in _leg(leg, events, tolerance)),
        *_left_over(events),
    ]


def _moment(what: str, ours: datetime | None, theirs: datetime | None, tolerance: timedelta) -> list[str]:
    off = apart(ours, theirs)
    if off <= tolerance:
        return []
    if off == timedelta.max:
        return [f"{what}: we say {ours}, Asterisk says {theirs}"]
    return [f"{what}: {off.total_seconds():.1f} s apart"]


def _leg(leg: LegFacts, events: Sequence[ChannelEvent], tolerance: timedelta) -> list[str]:
    """A party that answered has a channel which ended when we say it did."""
    if leg.role == "citizen" or leg.answered_at is None:
        return []
    if not any(event.channame == leg.channel for event in events):
        return [f"{leg.role} leg: Asterisk knows no channel {leg.channel or '(none)'}"]
    return _moment(f"{leg.role} leg's end", leg.ended_at, moment(events, leg.channel, "HANGUP"), tolerance)


def _left_over(events: Sequence[ChannelEvent]) -> list[str]:
    """Channels that began and never ended."""
    began = {event.uniqueid: event.channame for event in events if event.eventtype == "CHAN_START"}
    ended = {event.uniqueid for event in events if event.eventtype in ENDS}
    return [f"{name} never ended" for uid, name in began.items() if uid not in ended and is_party(name)]
