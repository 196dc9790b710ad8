"""What we owe citizens after a call, and what they grade."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.after_call import GRADES, JOINS, KINDS, RESULTS, STATES, VIAS
from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed

_OWED = text(f"ended_at IS NULL AND kind IN ({', '.join(repr(kind) for kind in JOINS)})")
_OPEN = text("ended_at IS NULL")


class Errand(Base):
    """A call we owe. Once per kind and `subject` (the call or ticket it is about); one call-back at a time per citizen.

    `place`: since when they wait, kept in the queue; `call_id`, `message_id`, `ticket_id`: what it belongs to;
    `out_call_id`: the call being placed, or the last one; `seat_id`: who should speak with them if they are there;
    `words`: what they said.
    """

    __tablename__ = "errands"
    __table_args__ = (
        one_of("kind", *KINDS),
        one_of("state", *STATES),
        one_of("result", *RESULTS),
        UniqueConstraint("kind", "subject"),
        Index("ix_errands_owed", "number_hash", unique=True, sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_errands_due", "state", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word())
    state: Mapped[str] = mapped_column(word(), default="due")
    number: Mapped[str] = mapped_column(Sealed)
    number_hash: Mapped[str] = mapped_column(LookupHash(of="number"), index=True)
    line: Mapped[str] = mapped_column(word())
    due_at: Mapped[datetime]
    place: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    most: Mapped[int] = mapped_column(default=1)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    out_call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    seat_id: Mapped[str | None] = mapped_column(word())
    result: Mapped[str | None] = mapped_column(word())
    reason: Mapped[str | None]
    words: Mapped[str | None] = mapped_column(Sealed)
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class GradeRow(Base):
    """满意度评价: one for the intake of a call, one for the unit's work on a ticket; the first one given stays."""

    __tablename__ = "grades"
    __table_args__ = (
        one_of("stage", "intake", "unit"),
        one_of("grade", *GRADES),
        one_of("via", *VIAS),
        UniqueConstraint("stage", "subject"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    stage: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word())
    grade: Mapped[str] = mapped_column(word())
    via: Mapped[str] = mapped_column(word())
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    clause: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(index=True)
