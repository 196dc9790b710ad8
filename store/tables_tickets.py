"""What citizens asked for: tickets, messages, and the append-only record of everything that happened."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, BigId, one_of, word
from store.facts import SealedFacts
from store.marks import Marks
from store.sealed import LookupHash, Sealed, SealedJson, SealedSince

_HOLDS = text("retired_at IS NULL")


class Ticket(Base):
    """工单. `state` belongs to the lifecycle table in tickets/; history is in events.

    `policy` and `policy_hash`: the rules it was filed under; `steps`: how its deadline came about; `clock`: what the running clock must remember;
    `next_alarm_at`: when the clock wants to look at it again; `request_key`: filing twice files once.
    `parent_id`, `relation`: the ticket this one belongs to and how (tickets.ticket.Relation); `intake`: kind of matter, as data;
    `title_marks`: by which the sealed title is found; `place`: code of the division; `confidential`: the unit never learns who spoke (Henan 三(三)).
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_unit", "unit_code", "state", "due_at"),
        Index("ix_tickets_unit_filed", "unit_code", "filed_at"),
        Index("ix_tickets_state", "state", "filed_at"),
        Index("ix_tickets_filed", "filed_at"),
        Index("ix_tickets_due", "due_at"),
        Index("ix_tickets_caller", "caller_hash", "filed_at"),
        *(
            Index(f"ix_tickets_{name}", name, sqlite_where=text(there), postgresql_where=text(there))
            for name, there in (("call_id", "call_id IS NOT NULL"), ("parent_id", "parent_id IS NOT NULL"))
        ),
        one_of("relation", "assist", "supervision", "descent", "split", "repeat", "merged"),
        one_of("urgency", "normal", "urgent"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    number: Mapped[str] = mapped_column(word(), unique=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"))
    type: Mapped[str] = mapped_column(word())
    title: Mapped[str] = mapped_column(SealedSince)
    title_marks: Mapped[str | None] = mapped_column(Marks("title"))
    body: Mapped[str] = mapped_column(Sealed)
    citizen_name: Mapped[str | None] = mapped_column(Sealed)
    caller: Mapped[str] = mapped_column(Sealed)
    caller_hash: Mapped[str] = mapped_column(LookupHash(of="caller"))
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
    reply: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    request_key: Mapped[str | None] = mapped_column(word(128), unique=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"))
    relation: Mapped[str | None] = mapped_column(word())
    intake: Mapped[str] = mapped_column(word(), default="")
    urgency: Mapped[str] = mapped_column(word(), default="normal")
    confidential: Mapped[bool] = mapped_column(default=False)
    enforcement: Mapped[bool] = mapped_column(default=False)
    place: Mapped[str] = mapped_column(word(), default="")
    version: Mapped[int] = mapped_column(default=1)


class Precedent(Base):
    """What the board decided on a duty dispute: `matter` (words that must all stand in a ticket) is `unit_code`'s.

    The unit can't return such a ticket again; a precedent that no longer holds is retired, never removed. One of a ticket holds.
    """

    __tablename__ = "precedents"
    __table_args__ = (
        Index("ix_precedents_unit", "unit_code", "retired_at"),
        Index("uq_precedents_holds", "ticket_id", unique=True, sqlite_where=_HOLDS, postgresql_where=_HOLDS),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    matter: Mapped[str] = mapped_column(SealedSince)
    basis: Mapped[str] = mapped_column(SealedSince)
    rung: Mapped[str] = mapped_column(word())
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), index=True)
    decided_by: Mapped[str] = mapped_column(word())
    decided_at: Mapped[datetime]
    retired_by: Mapped[str | None] = mapped_column(word())
    retired_at: Mapped[datetime | None]
    retired_why: Mapped[str | None] = mapped_column(SealedSince)


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
    caller_hash: Mapped[str] = mapped_column(LookupHash(of="caller"), index=True)
    recording: Mapped[str | None]
    text: Mapped[str | None] = mapped_column(SealedSince)
    state: Mapped[str] = mapped_column(word(), default="open")
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    note: Mapped[str | None] = mapped_column(Sealed)
    done_by: Mapped[str | None] = mapped_column(word())
    done_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


WARNINGS_ONLY = "name IN ('ticket.anomaly', 'ticket.sensitive', 'ticket.urgent')"
"""Few among very many: lists of live warnings have an index of their own."""


class EventRow(Base):
    """A fact, as core.events names it. Appended in the transaction that changes the rows it speaks of."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "subject", "seq"),
        Index("ix_events_at", "at"),
        Index(
            "ix_events_warnings", "at", sqlite_where=text(WARNINGS_ONLY), postgresql_where=text(WARNINGS_ONLY)
        ),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(word(), unique=True)
    name: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(word())
    payload: Mapped[dict[str, Any]] = mapped_column(SealedFacts)


class Lookup(Base):
    """谁查看谁负责: who looked at, exported or shared whose data, and why."""

    __tablename__ = "lookups"
    __table_args__ = (
        Index("ix_lookups_subject", "subject", "at"),
        Index("ix_lookups_actor", "actor", "at"),
        Index("ix_lookups_at", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(word())
    action: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word())
    purpose: Mapped[str] = mapped_column(SealedSince, default="")


APPEND_ONLY = (EventRow, Lookup)
