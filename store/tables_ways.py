"""People's ways to and from a ticket: replies as they were given, codes for citizens without an account, calls we join."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedJson


class Reply(Base):
    """What a unit replied, once per reply, and what the gate found in it. `told_*`: when and how the citizen was told, as attested.

    kind: `unit`, or `individual` for a citizen whose ticket went into another's. `version`: the ticket's after it.
    """

    __tablename__ = "replies"
    __table_args__ = (
        one_of("kind", "unit", "individual"),
        Index("ix_replies_unit", "unit_code", "at"),
        Index("ix_replies_ticket", "ticket_id", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    kind: Mapped[str] = mapped_column(word())
    unit_code: Mapped[str | None] = mapped_column(word())
    version: Mapped[int]
    words: Mapped[str] = mapped_column(Sealed)
    findings: Mapped[list[Any]] = mapped_column(SealedJson)
    asked: Mapped[int]
    unaddressed: Mapped[int]
    told_at: Mapped[datetime | None]
    told_how: Mapped[str | None] = mapped_column(word())
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


class TicketCode(Base):
    """A code sent to a citizen's telephone: with the ticket's number it opens that ticket until `expires_at`."""

    __tablename__ = "ticket_codes"
    __table_args__ = (Index("ix_ticket_codes_ticket", "ticket_id", "at"),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    code_hash: Mapped[str] = mapped_column(LookupHash(over=("expires_at",)))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong: Mapped[int] = mapped_column(default=0)


class PhoneCode(Base):
    """A code sent to a telephone from which somebody wants to file online. `used`: the request it filed, and no other."""

    __tablename__ = "phone_codes"
    __table_args__ = (Index("ix_phone_codes_phone", "phone_hash", "at"),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    phone_hash: Mapped[str] = mapped_column(LookupHash(over=("expires_at",)))
    code_hash: Mapped[str] = mapped_column(LookupHash(over=("expires_at",)))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong: Mapped[int] = mapped_column(default=0)
    used: Mapped[str | None] = mapped_column(word(128))


class Attachment(Base):
    """A picture, made anew by us as a JPEG without anything but its pixels, or a document as it was given. `body`: base64, sealed.

    `by`: a user's id, or `citizen`. `name`: of a document.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        one_of("kind", "photo", "document"),
        Index("ix_attachments_ticket", "ticket_id", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    kind: Mapped[str] = mapped_column(word())
    name: Mapped[str | None] = mapped_column(Sealed)
    by: Mapped[str] = mapped_column(word())
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(word())
    body: Mapped[str] = mapped_column(Sealed)
    at: Mapped[datetime]


class UnitCall(Base):
    """A unit phones the citizen through us: the unit's telephone rings first, then the citizen's; neither sees the other's number.

    state: dialling, joined (the unit answered), over. result: talked, citizen_<why> or unit_<why>.
    """

    __tablename__ = "unit_calls"
    __table_args__ = (
        one_of("state", "dialling", "joined", "over"),
        Index("ix_unit_calls_ticket", "ticket_id", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), unique=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    phone_id: Mapped[str] = mapped_column(word())
    by: Mapped[str] = mapped_column(word())
    why: Mapped[str] = mapped_column(Sealed)
    state: Mapped[str] = mapped_column(word(), default="dialling")
    result: Mapped[str | None] = mapped_column(word())
    talk_seconds: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
