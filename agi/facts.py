"""Typed facts parsed at the door, from AMI events and from what the dialplan says at a call's end."""

from dataclasses import dataclass
from datetime import datetime

from core.call import EndFacts, StaffEnd, StaffResult


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """An agent's leg answered the citizen's."""

    call_id: str
    seat: str
    citizen_channel: str
    agent_channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """The agent's leg of an answered call is gone."""

    call_id: str
    seat: str
    agent_channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ThirdAnswered:
    """A third party answered."""

    call_id: str
    transfer_id: str
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelGone:
    """A citizen's channel is gone. `call_id` is '' where the service never answered for it."""

    call_id: str
    linkedid: str
    channel: str
    cause: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TapGone:
    """A tap is gone: with the channel it listened to, or because whoever heard it went away."""

    stream: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel that exists now. `leg`: citizen, agent (dialled for `seat`) or a third party's role; `bridge`: '' while not talking."""

    channel: str
    linkedid: str
    call_id: str
    seat: str
    leg: str
    up: bool
    bridge: str
    transfer_id: str = ""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """AMI is logged in and Asterisk fully booted. `channels` is all that exists: a call not in it is over; `taps` likewise, by stream."""

    channels: tuple[ChannelSeen, ...]
    at: datetime
    taps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LinkDown:
    """AMI is lost or refused; calls under way go on without us."""

    reason: str
    at: datetime


Fact = AgentAnswered | AgentLeft | ThirdAnswered | ChannelGone | TapGone | LinkUp | LinkDown

NORMAL_CAUSES = frozenset(
    {0, 16, 17, 31, 127}
)  # Q.850: the far end chose to clear (127: unspecified interworking)


def ended_by(step: str, status: str, left: str, cause: int, source: str, ordered: str) -> str:
    """Who ended the call: citizen, agent, us or switch.

    left: `agent` where the last talk ended with the agent's leg and nothing but play or bye followed. source: whom Asterisk
    names as hangup source, '' for a line that went dead (an agent who hung up earlier stays named, so any name will
    do). ordered: `us` where we asked AMI to hang up. Causes as in ITU-T Q.850.
    """
    if ordered == "us":
        return "us"
    if step in ("bye", "fallback") and status == "DONE":
        return left or "us"
    if source and cause in NORMAL_CAUSES:
        return "citizen"
    return "switch"


END_FIELDS = (
    "linkedid",
    "call_id",
    "line",
    "caller",
    "step",
    "status",
    "left",
    "talk_s",
    "cause",
    "source",
    "ordered",
)


def end_facts(args: list[str], at: datetime) -> EndFacts:
    """What the `h` extension passed, in the order of END_FIELDS, as EndFacts. Missing values count as ''."""
    said = dict(zip(END_FIELDS, [*args, *[""] * len(END_FIELDS)], strict=False))
    cause = whole(said["cause"])
    return EndFacts(
        call_id=said["call_id"],
        linkedid=said["linkedid"],
        step=said["step"],
        status=said["status"],
        ended_by=ended_by(said["step"], said["status"], said["left"], cause, said["source"], said["ordered"]),
        cause=cause,
        answered_s=float(whole(said["talk_s"])),
        at=at,
    )


RESULT_FIELDS = (
    "call_id", "role", "seat", "transfer_id", "step", "status", "talk_s", "dial_s", "cause", "rang_s",
)  # fmt: skip


def staff_result(args: list[str], channel: str) -> StaffResult:
    """What a leg in hl-staff passes with its question, in the order of RESULT_FIELDS. Missing values count as ''."""
    said = dict(zip(RESULT_FIELDS, [*args, *[""] * len(RESULT_FIELDS)], strict=False))
    return StaffResult(
        call_id=said["call_id"],
        channel=channel,
        role=said["role"],
        seat=said["seat"],
        transfer_id=said["transfer_id"],
        step=said["step"],
        status=said["status"],
        answered_s=float(whole(said["talk_s"])),
        dialled_s=float(whole(said["dial_s"])),
        rang=said["rang_s"] != "",
        cause=whole(said["cause"]),
    )


STAFF_END_FIELDS = ("call_id", "role", "seat", "transfer_id", "cause", "source", "ordered")


def staff_end(args: list[str], channel: str, at: datetime) -> StaffEnd:
    """What the `h` extension of such a leg passed, in the order of STAFF_END_FIELDS."""
    said = dict(zip(STAFF_END_FIELDS, [*args, *[""] * len(STAFF_END_FIELDS)], strict=False))
    cause = whole(said["cause"])
    hung_up = cause in NORMAL_CAUSES and bool(said["source"] or channel.startswith("Local/"))
    by = "us" if said["ordered"] == "us" else said["role"] if hung_up else "switch"
    return StaffEnd(said["call_id"], channel, said["role"], said["seat"], said["transfer_id"], by, cause, at)


def whole(text: str) -> int:
    """A count of seconds or a code from Asterisk; 0 where it gave none."""
    return int(text) if text.isdecimal() else 0
