"""What happened on the telephone: calls, legs, recordings, what was said, what was proposed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.transfer import ROLES
from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedJson, SealedSince

OUTCOMES = ("ticket", "answered", "refused", "message", "abandoned", "not_reached", "revisited")

_OPEN = text("ended_at IS NULL")
_NO_OUTCOME = text("outcome IS NULL")


class Call(Base):
    """One citizen's call. `linkedid` is Asterisk's name for it and makes its arrival idempotent.

    `answered_at`: we answered; `prompts_ended_at`: the greeting was over; `agent_answered_at`: a person spoke.
    `outcome` says how the matter was closed; a call without one is looked after by the recovery sweep. `direction`: in, or
    out where we called the citizen (`arrived_at`: when we did).
    """

    __tablename__ = "calls"
    __table_args__ = (
        one_of("outcome", *OUTCOMES),
        Index("ix_calls_open", "state", "rank_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_calls_no_outcome", "ended_at", sqlite_where=_NO_OUTCOME, postgresql_where=_NO_OUTCOME),
        Index("ix_calls_caller", "caller_hash", "arrived_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    linkedid: Mapped[str] = mapped_column(word(128), unique=True)
    line: Mapped[str] = mapped_column(word())
    caller: Mapped[str] = mapped_column(Sealed)
    caller_hash: Mapped[str] = mapped_column(LookupHash(of="caller"))
    channel: Mapped[str] = mapped_column(word(128))
    state: Mapped[str] = mapped_column(word(), default="arrived")
    step: Mapped[str] = mapped_column(word(), default="")
    queued_at: Mapped[datetime | None]
    rank_at: Mapped[datetime | None]  # its place in line: queued_at, the earlier the more urgent it is
    wants: Mapped[str] = mapped_column(
        word(800), default="", server_default=""
    )  # skills, as routing.key_of writes them
    widens_at: Mapped[datetime | None]  # from then on it wants none of them
    arrived_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    prompts_ended_at: Mapped[datetime | None]
    agent_answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(word())
    seat_id: Mapped[str | None] = mapped_column(word(), index=True)
    user_id: Mapped[str | None] = mapped_column(word())
    talk_seconds: Mapped[float | None]
    menu_state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outcome: Mapped[str | None] = mapped_column(word())
    outcome_at: Mapped[datetime | None]
    direction: Mapped[str] = mapped_column(word(), server_default="in")
    version: Mapped[int] = mapped_column(default=1)


class Tap(Base):
    """A leg whose live sound is to come to a recogniser, wherever that runs. `stream`: the id Asterisk presents it by."""

    __tablename__ = "taps"
    __table_args__ = (UniqueConstraint("call_id", "channel"),)

    stream: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    channel: Mapped[str] = mapped_column(word(128))
    speaker: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    taken_at: Mapped[datetime | None]


class Leg(Base):
    """One party's channel within a call: the citizen's, each agent's that was rung, each third party's that was dialled."""

    __tablename__ = "legs"
    __table_args__ = (one_of("role", *ROLES),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    role: Mapped[str] = mapped_column(word())
    channel: Mapped[str] = mapped_column(word(128), default="")
    number: Mapped[str] = mapped_column(word(), default="")  # a seat's; a citizen's stands sealed in the call
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(word())
    reason: Mapped[str | None]
    transfer_id: Mapped[str | None] = mapped_column(word())


class Recording(Base):
    """A sound file of a call: `path` under the recordings folder, `stem` its name without ending.

    `claimed_until`: until then one process is turning it into words; others leave it alone.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        one_of("state", "pending", "ready", "failed"),
        Index("ix_recordings_work", "state", "transcribed_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    stem: Mapped[str] = mapped_column(word(200), unique=True)
    path: Mapped[str] = mapped_column(default="")
    channels: Mapped[int | None]
    rate: Mapped[int | None]
    seconds: Mapped[float | None]
    sha256: Mapped[str | None] = mapped_column(word())
    state: Mapped[str] = mapped_column(word(), default="pending")
    problem: Mapped[str | None]
    transcribed_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    engine: Mapped[str | None] = mapped_column(word(128))
    created_at: Mapped[datetime]
    leg_id: Mapped[str | None] = mapped_column(word())


class Utterance(Base):
    """One stretch of speech as text; seconds from the start of the stream or recording."""

    __tablename__ = "utterances"
    __table_args__ = (
        one_of("speaker", *ROLES),
        one_of("source", "live", "after_call"),
        Index("ix_utterances_call", "call_id", "source", "start_s"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    speaker: Mapped[str] = mapped_column(word())
    text: Mapped[str] = mapped_column(SealedSince)
    start_s: Mapped[float]
    end_s: Mapped[float]
    source: Mapped[str] = mapped_column(word())
    engine: Mapped[str] = mapped_column(word(128), default="")
    created_at: Mapped[datetime]
    recording_id: Mapped[str | None] = mapped_column(word())


class Proposal(Base):
    """What we proposed to the agent, with its evidence, and what the agent decided."""

    __tablename__ = "proposals"
    __table_args__ = (
        one_of("kind", "answer", "unit", "refusal"),
        one_of("decision", "accepted", "overridden"),
        UniqueConstraint("call_id", "round", "kind", "rank"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    kind: Mapped[str] = mapped_column(word())
    ref: Mapped[str] = mapped_column(word())
    title: Mapped[str]
    score: Mapped[float]
    confident: Mapped[bool]
    evidence: Mapped[list[Any]] = mapped_column(SealedJson, default=list)
    rank: Mapped[int]
    round: Mapped[int]
    decision: Mapped[str | None] = mapped_column(word())
    decided_by: Mapped[str | None] = mapped_column(word())
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
