"""What a call's rows should say where nobody of ours was there to see: Asterisk's own events decide.

While the service is away, arrivals, answers and ends are learnt late or never; Asterisk wrote each down in its moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.talks import TOLERANCE, CallFacts, ChannelEvent, LegFacts, talked_s, talks


class CallRow(CallFacts, Protocol):
    """A row of `calls`, by its id."""

    @property
    def id(self) -> str: ...


class CallLeg(LegFacts, Protocol):
    """A row of `legs`."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class CallTimes:
    """A call by Asterisk's account; seconds of talk as talks.talked_s counts them."""

    channel: str
    arrived_at: datetime
    agent_answered_at: datetime | None
    ended_at: datetime
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class LegTimes:
    """A leg that was answered, by Asterisk's account."""

    id: str
    channel: str
    ended_at: datetime


def is_over(events: Sequence[ChannelEvent]) -> bool:
    """Whether Asterisk has told all there is to tell of a linkedid."""
    return any(event.eventtype == "LINKEDID_END" for event in events)


def call_times(call: CallFacts, events: Sequence[ChannelEvent]) -> CallTimes | None:
    """None where Asterisk tells of no such channel: a citizen's channel is the first of its linkedid."""
    channel = call.channel or next((e.channame for e in events if e.uniqueid == call.linkedid), "")
    began, ended = _at(events, channel, "CHAN_START"), _at(events, channel, "HANGUP")
    if began is None or ended is None:
        return None
    found = talks(events)
    answered = min((t.span.began for t in found if channel in (t.a, t.b)), default=None)
    return CallTimes(channel, began, answered, ended, talked_s(found, channel))


def differs(call: CallFacts, times: CallTimes, tolerance: timedelta = TOLERANCE) -> bool:
    """Whether the row says something else than Asterisk, beyond what counting in whole seconds explains."""
    pairs = (
        (call.arrived_at, times.arrived_at),
        (call.ended_at, times.ended_at),
        (call.agent_answered_at, times.agent_answered_at),
    )
    off = any(
        (ours is None) != (theirs is None) or _apart(ours, theirs) > tolerance for ours, theirs in pairs
    )
    talk = abs((call.talk_seconds or 0.0) - times.talk_seconds) > tolerance.total_seconds()
    return off or talk or call.channel != times.channel


def leg_times(
    legs: Sequence[CallLeg], events: Sequence[ChannelEvent], tolerance: timedelta = TOLERANCE
) -> list[LegTimes]:
    """Answered legs whose channel we do not know, or whose end we have otherwise than Asterisk."""
    found = []
    for leg in legs:
        if leg.role == "citizen" or leg.answered_at is None:
            continue
        channel = leg.channel or _nearest(leg, events)
        ended = _at(events, channel, "HANGUP")
        if ended is not None and (channel != leg.channel or _apart(leg.ended_at, ended) > tolerance):
            found.append(LegTimes(leg.id, channel, ended))
    return found


def _nearest(leg: CallLeg, events: Sequence[ChannelEvent]) -> str:
    """The channel to this seat that began nearest to when the leg did; '' where there is none."""
    mine = [
        e for e in events if e.eventtype == "CHAN_START" and e.channame.startswith(f"PJSIP/{leg.number}-")
    ]
    return (
        min(mine, key=lambda e: _apart(e.eventtime, leg.started_at)).channame if mine and leg.number else ""
    )


def _at(events: Sequence[ChannelEvent], channel: str, kind: str) -> datetime | None:
    moments = (e.eventtime for e in events if e.channame == channel and e.eventtype == kind)
    return min(moments, default=None) if channel else None


def _apart(one: datetime | None, other: datetime | None) -> timedelta:
    if one is None or other is None:
        return timedelta(0) if one is other else timedelta.max
    return abs(one - other)
