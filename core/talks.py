"""Who talked with whom for how long, from Asterisk's channel events: right across holds, transfers and conferences.

A channel talks while it is in a bridge together with another party. Queue logs and CDRs count otherwise and lose or double
the time before and after a transfer (asterisk issue 759), so nothing here looks at them.
Source: Asterisk documentation, "CEL Event Types"; a BRIDGE_ENTER's and BRIDGE_EXIT's `extra` names the bridge.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_NOT_PARTIES = (
    "CBAnn/",
    "CBRec/",
    "Announcer/",
    "Recorder/",
    "Surrogate/",
    "AudioSocket/",
    "Snoop/",
    "Bridge/",
)
"""Channels Asterisk or our captions put beside a call: nobody speaks there."""
ENDS = frozenset({"HANGUP", "CHAN_END"})
"""Events after which a channel is in no bridge."""


class ChannelEvent(Protocol):
    """A row of `cel`, as far as it matters here."""

    @property
    def eventtype(self) -> str: ...
    @property
    def eventtime(self) -> datetime: ...
    @property
    def channame(self) -> str: ...
    @property
    def uniqueid(self) -> str: ...
    @property
    def extra(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Span:
    """From `began` until `ended`."""

    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds()


@dataclass(frozen=True, slots=True)
class Stay:
    """A channel was in a bridge."""

    uniqueid: str
    channel: str
    bridge: str
    span: Span


@dataclass(frozen=True, slots=True)
class Talk:
    """Two channels could hear each other. `a` < `b` by name."""

    a: str
    b: str
    span: Span


@dataclass(frozen=True, slots=True)
class Hold:
    """A channel was held by its own telephone (RFC 3264 sendonly): it sits in the bridge and does not talk."""

    channel: str
    span: Span


def is_party(channel: str) -> bool:
    """Whether somebody speaks on this channel."""
    return bool(channel) and not channel.startswith(_NOT_PARTIES)


def stays(events: Iterable[ChannelEvent]) -> list[Stay]:
    """Every channel's time in every bridge, in order of its beginning.

    A stay without its end (Asterisk was killed) ends with the channel's last event; a channel renamed while its call is
    redirected keeps its unique id, and its first name.
    """
    ordered = sorted(events, key=lambda event: event.eventtime)
    open_: dict[str, tuple[str, datetime]] = {}
    names: dict[str, str] = {}
    last: dict[str, datetime] = {}
    found: list[Stay] = []

    def close(uid: str, at: datetime) -> None:
        bridge, since = open_.pop(uid)
        found.append(Stay(uid, names[uid], bridge, Span(since, at)))

    for event in ordered:
        uid = event.uniqueid
        names.setdefault(uid, event.channame.removesuffix("<ZOMBIE>"))
        last[uid] = event.eventtime
        if event.eventtype == "BRIDGE_ENTER":
            if uid in open_:
                close(uid, event.eventtime)
            open_[uid] = (bridge_of(event), event.eventtime)
        elif uid in open_ and _leaves(event, open_[uid][0]):
            close(uid, event.eventtime)
    for uid in list(open_):
        close(uid, last[uid])
    return sorted(found, key=lambda stay: (stay.span.began, stay.channel))


def _leaves(event: ChannelEvent, bridge: str) -> bool:
    return event.eventtype in ENDS or (event.eventtype == "BRIDGE_EXIT" and bridge_of(event) in ("", bridge))


def bridge_of(event: ChannelEvent) -> str:
    """The bridge an event names, '' where it names none."""
    return str(facts(event).get("bridge_id", ""))


def facts(event: ChannelEvent) -> Mapping[str, object]:
    """`extra` read; empty where there is none or it can't be read."""
    try:
        found = json.loads(event.extra) if event.extra else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def talks(events: Iterable[ChannelEvent], holds: Sequence[Hold] = ()) -> list[Talk]:
    """Every stretch of time two parties could hear each other, in order; what a hold took is cut out."""
    here = [stay for stay in stays(events) if is_party(stay.channel)]
    found = [
        Talk(min(one.channel, other.channel), max(one.channel, other.channel), span)
        for index, one in enumerate(here)
        for other in here[index + 1 :]
        if one.bridge == other.bridge and one.uniqueid != other.uniqueid
        for span in _without(_common(one.span, other.span), _held(holds, one.channel, other.channel))
    ]
    return sorted(found, key=lambda talk: (talk.span.began, talk.a, talk.b))


def talked_s(found: Iterable[Talk], channel: str) -> float:
    """Seconds in which `channel` talked with at least one other: two at once count once."""
    spans = sorted((talk.span for talk in found if channel in (talk.a, talk.b)), key=lambda span: span.began)
    total, until = 0.0, None
    for span in spans:
        began = max(span.began, until) if until else span.began
        if span.ended > began:
            total += (span.ended - began).total_seconds()
            until = span.ended
    return total


def _common(one: Span, other: Span) -> list[Span]:
    began, ended = max(one.began, other.began), min(one.ended, other.ended)
    return [Span(began, ended)] if began < ended else []


def _held(holds: Sequence[Hold], *channels: str) -> list[Span]:
    return [hold.span for hold in holds if hold.channel in channels]


def _without(spans: list[Span], gone: Iterable[Span]) -> list[Span]:
    for hole in gone:
        spans = [
            part
            for span in spans
            for part in (
                Span(span.began, min(span.ended, hole.began)),
                Span(max(span.began, hole.ended), span.ended),
            )
            if part.began < part.ended
        ]
    return spans
