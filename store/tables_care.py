"""Who is on the other side and how we treat them: callers in need of care, blocked callers, supervised calls, enterprises."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedSince

SUPERVISION_MODES = ("listen", "whisper", "barge", "take_over")
CARE_KINDS = ("elderly", "disabled")

_ON = text("ended_at IS NULL")


class Supervision(Base):
    """A supervisor's ear in a call. `channel`: Asterisk's name for their leg; `agent_id`: whose talk it was.

    What happened in it is told by its steps, which are never changed.
    """

    __tablename__ = "supervisions"
    __table_args__ = (
        one_of("mode", *SUPERVISION_MODES),
        one_of("state", "ringing", "on", "ended"),
        Index("ix_supervisions_on", "seat_id", sqlite_where=_ON, postgresql_where=_ON, unique=True),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    seat_id: Mapped[str] = mapped_column(word())
    user_id: Mapped[str] = mapped_column(word())
    agent_id: Mapped[str | None] = mapped_column(word())
    agent_seat: Mapped[str] = mapped_column(word())
    mode: Mapped[str] = mapped_column(word())
    state: Mapped[str] = mapped_column(word(), default="ringing")
    channel: Mapped[str] = mapped_column(word(128), default="")
    started_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)


class SupervisionStep(Base):
    """What a supervisor did to a call or a seat, why and when: added, never changed."""

    __tablename__ = "supervision_steps"
    __table_args__ = (
        Index("ix_supervision_steps_call", "call_id", "at"),
        Index("ix_supervision_steps_agent", "agent_id", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    supervision_id: Mapped[str | None] = mapped_column(word())
    call_id: Mapped[str | None] = mapped_column(word())
    seat_id: Mapped[str] = mapped_column(word())
    agent_id: Mapped[str | None] = mapped_column(word())
    user_id: Mapped[str] = mapped_column(word())
    deed: Mapped[str] = mapped_column(word())
    why: Mapped[str] = mapped_column(SealedSince)
    at: Mapped[datetime]


class CallTag(Base):
    """What an agent says of a call (恶意骚扰, 无声, …), taken back by whoever finds it wrong."""

    __tablename__ = "call_tags"
    __table_args__ = (UniqueConstraint("call_id", "tag"),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    tag: Mapped[str] = mapped_column(word(), index=True)
    note: Mapped[str] = mapped_column(SealedSince, default="")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    removed_by: Mapped[str | None] = mapped_column(word())
    removed_at: Mapped[datetime | None]


class Block(Base):
    """A number that is answered by a prompt until `expires_at`; `review_at`: when somebody must look at it again."""

    __tablename__ = "blocks"
    __table_args__ = (
        one_of("state", "active", "lifted"),
        Index("ix_blocks_caller", "caller_hash", "expires_at"),
        Index("ix_blocks_review", "state", "review_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    caller: Mapped[str] = mapped_column(Sealed)
    caller_hash: Mapped[str] = mapped_column(LookupHash(of="caller"))
    tag: Mapped[str] = mapped_column(word())
    reason: Mapped[str] = mapped_column(SealedSince)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"))
    state: Mapped[str] = mapped_column(word(), default="active")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    review_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class BlockReview(Base):
    """Somebody looked at a block again and kept or lifted it: added, never changed."""

    __tablename__ = "block_reviews"
    __table_args__ = (one_of("deed", "kept", "lifted"),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    block_id: Mapped[str] = mapped_column(ForeignKey("blocks.id"), index=True)
    deed: Mapped[str] = mapped_column(word())
    why: Mapped[str] = mapped_column(SealedSince)
    expires_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


class CareCaller(Base):
    """A caller who needs care, with the `basis` on which we know and may keep it. `skill`: what their agent should speak."""

    __tablename__ = "care_callers"
    __table_args__ = (
        one_of("kind", *CARE_KINDS),
        Index("ix_care_callers_caller", "caller_hash", sqlite_where=_ON, postgresql_where=_ON, unique=True),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    caller: Mapped[str] = mapped_column(Sealed)
    caller_hash: Mapped[str] = mapped_column(LookupHash(of="caller"))
    kind: Mapped[str] = mapped_column(word())
    name: Mapped[str | None] = mapped_column(Sealed)
    skill: Mapped[str] = mapped_column(word(), default="")
    note: Mapped[str] = mapped_column(Sealed)
    basis: Mapped[str] = mapped_column(SealedSince)
    consent_at: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(word())
    ended_at: Mapped[datetime | None]


class Specialist(Base):
    """政策专员: whom an enterprise is put through to one-to-one. Reached at a seat or at a work number."""

    __tablename__ = "specialists"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"), index=True)
    topics: Mapped[list[str]] = mapped_column(default=list)
    seat_id: Mapped[str | None] = mapped_column(word())
    number: Mapped[str | None] = mapped_column(Sealed)
    active: Mapped[bool] = mapped_column(default=True)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class EnterpriseItem(Base):
    """政企通台账: an enterprise's matter from 交办 to 销号, with the call and the ticket it came in; one line per ticket."""

    __tablename__ = "enterprise_items"
    __table_args__ = (
        one_of("state", "assigned", "closed"),
        Index("ix_enterprise_items_state", "state", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    specialist_id: Mapped[str | None] = mapped_column(ForeignKey("specialists.id"))
    enterprise: Mapped[str] = mapped_column(SealedSince)
    credit_code: Mapped[str] = mapped_column(word(), default="")
    matter: Mapped[str] = mapped_column(SealedSince)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    state: Mapped[str] = mapped_column(word(), default="assigned")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    closed_by: Mapped[str | None] = mapped_column(word())
    closed_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(SealedSince)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)


APPEND_ONLY = (SupervisionStep, BlockReview)
