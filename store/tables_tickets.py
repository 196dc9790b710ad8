"""What citizens asked for: tickets, messages, and the append-only record of everything that happened."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, BigId, one_of, word
from store.sealed import LookupHash, Sealed


class Ticket(Base):
    """工单. `state` belongs to the lifecycle table in tickets/; history is in events.

    `policy` and `policy_hash`: the rules it was filed under; `steps`: how its deadline came about; `clock`: what the running clock must remember;
    `next_alarm_at`: when the clock wants to look at it again; `request_key`: filing twice files once.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_unit", "unit_code", "state", "due_at"),
        Index("ix_tickets_state", "state", "filed_at"),
        Index("ix_tickets_caller", "caller_hash", "filed_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    number: Mapped[str] = mapped_column(word(), unique=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    type: Mapped[str] = mapped_column(word())
    title: Mapped[str]
    body: Mapped[str] = mapped_column(Sealed)
    citizen_name: Mapped[str | None] = mapped_column(Sealed)
    caller: Mapped[str] = mapped_column(Sealed)
    caller_hash: Mapped[str] = mapped_column(LookupHash)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    state: Mapped[str] = mapped_column(word())
    due_at: Mapped[datetime | None]
    next_alarm_at: Mapped[datetime | None] = mapped_column(index=True)
    cards: Mapped[list[Any]] = mapped_column(default=list)
    policy: Mapped[str] = mapped_column(word())
    policy_hash: Mapped[str] = mapped_column(word())
    steps: Mapped[list[Any]] = mapped_column(default=list)
    clock: Mapped[dict[str, Any]] = mapped_column(default=dict)
    filed_by: Mapped[str] = mapped_column(word())
    filed_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    reply: Mapped[dict[str, Any] | None]
    request_key: Mapped[str | None] = mapped_column(word(128), unique=True)
    version: Mapped[int] = mapped_column(default=1)


class Message(Base):
    """What a citizen left behind without reaching anybody; somebody must call back or file it.

    `note`, `done_by`, `done_at`: what came of it, who says so and when.
    """

    __tablename__ = "messages"
    __table_args__ = (
        one_of("kind", "voicemail", "unfinished", "callback", "abandoned"),
        one_of("state", "open", "done", "ticketed"),
        Index("ix_messages_state", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), unique=True)
    spool_id: Mapped[str | None] = mapped_column(word(128), unique=True)
    kind: Mapped[str] = mapped_column(word())
    caller: Mapped[str] = mapped_column(Sealed)
    caller_hash: Mapped[str] = mapped_column(LookupHash, index=True)
    recording: Mapped[str | None]
    text: Mapped[str | None]
    state: Mapped[str] = mapped_column(word(), default="open")
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    note: Mapped[str | None] = mapped_column(Sealed)
    done_by: Mapped[str | None] = mapped_column(word())
    done_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class EventRow(Base):
    """A fact, as core.events names it. Appended in the transaction that changes the rows it speaks of."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_subject", "subject", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(word(), unique=True)
    name: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(word())
    payload: Mapped[dict[str, Any]]


class Lookup(Base):
    """谁查看谁负责: who looked at, exported or shared whose data, and why."""

    __tablename__ = "lookups"
    __table_args__ = (Index("ix_lookups_subject", "subject", "at"), Index("ix_lookups_actor", "actor", "at"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(word())
    action: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word())
    purpose: Mapped[str] = mapped_column(default="")


APPEND_ONLY = (EventRow, Lookup)
