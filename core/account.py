"""What a call's rows should say where nobody of ours was there to see: Asterisk's own events decide.

While the service is away, arrivals, answers and ends are learnt late or never; Asterisk wrote each down in its moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.discrepancies import (
    TOLERANCE,
    CallFacts,
    CallTimes,
    LegFacts,
    apart,
    differences,
    moment,
    times_of,
)
from core.talks import ChannelEvent


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
    found = times_of(channel, events)
    return None if found.arrived_at is None or found.ended_at is None else found


def differs(call: CallFacts, times: CallTimes, tolerance: timedelta = TOLERANCE) -> bool:
    """Whether the row says something else than Asterisk."""
    return call.channel != times.channel or bool(differences(call, times, tolerance))


def leg_times(
    legs: Sequence[CallLeg], events: Sequence[ChannelEvent], tolerance: timedelta = TOLERANCE
) -> list[LegTimes]:
    """Answered legs whose channel we do not know, or whose end we have otherwise than Asterisk."""
    found = []
    for leg in legs:
        if leg.role == "citizen" or leg.answered_at is None:
            continue
        channel = leg.channel or _nearest(leg, events)
        ended = moment(events, channel, "HANGUP")
        if ended is not None and (channel != leg.channel or apart(leg.ended_at, ended) > tolerance):
            found.append(LegTimes(leg.id, channel, ended))
    return found


def _nearest(leg: CallLeg, events: Sequence[ChannelEvent]) -> str:
    """The channel to this seat that began nearest to when the leg did; '' where there is none."""
    mine = [
        e for e in events if e.eventtype == "CHAN_START" and e.channame.startswith(f"PJSIP/{leg.number}-")
    ]
    return min(mine, key=lambda e: apart(e.eventtime, leg.started_at)).channame if mine and leg.number else ""
