"""How units are pressed and supervised: each urging, each supervision order, and what was done under it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.orders import ORDER_STATES, PUBLICATIONS, RECORD_KINDS
from store.columns import Base, one_of, word
from store.sealed import Sealed, SealedSince


class Urging(Base):
    """催办: once pressed, by which way. `number`: the ticket's, and the how manieth; `rang`: a person rang, no machine does."""

    __tablename__ = "urgings"
    __table_args__ = (one_of("way", "phone", "order", "notice", "warning"),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    number: Mapped[str] = mapped_column(word(), unique=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), index=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    way: Mapped[str] = mapped_column(word())
    words: Mapped[str] = mapped_column(Sealed)
    until_at: Mapped[datetime | None]
    rang: Mapped[bool]
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


class SupervisionOrder(Base):
    """督办单: what a supervision ticket (`ticket_id`) rests on and the form it has; its clock and reply are that ticket's.

    `group_id`: orders of one joint supervision. `leader`: who is in charge of a listed one. `publication`: whether it may be
    made public, asked by one person and decided by another. `alarmed_at`: the office was told that it is overdue.
    """

    __tablename__ = "supervision_orders"
    __table_args__ = (
        one_of("trigger", "leader_note", "red_card", "repeated", "overdue", "late_return", "other"),
        one_of("form", "joint", "on_site", "listed", "summons", "special", "media"),
        one_of("state", *ORDER_STATES),
        one_of("publication", *PUBLICATIONS),
        Index("ix_supervision_orders_unit", "unit_code", "state"),
        Index("ix_supervision_orders_state", "state", "alarmed_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), unique=True)
    parent_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), index=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    group_id: Mapped[str] = mapped_column(word(), index=True)
    trigger: Mapped[str] = mapped_column(word())
    form: Mapped[str | None] = mapped_column(word())
    clause: Mapped[str] = mapped_column(word(200))
    words: Mapped[str] = mapped_column(Sealed)
    leader: Mapped[str] = mapped_column(Sealed)
    state: Mapped[str] = mapped_column(word(), default="open")
    opened_by: Mapped[str] = mapped_column(word())
    opened_at: Mapped[datetime]
    publication: Mapped[str] = mapped_column(word(), default="none")
    publish_by: Mapped[str | None] = mapped_column(word())
    publish_at: Mapped[datetime | None]
    publish_why: Mapped[str | None] = mapped_column(SealedSince)
    decided_by: Mapped[str | None] = mapped_column(word())
    decided_at: Mapped[datetime | None]
    decided_why: Mapped[str | None] = mapped_column(SealedSince)
    alarmed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(word())
    closed_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(SealedSince)
    version: Mapped[int] = mapped_column(default=1)


class OrderRecord(Base):
    """What was done under an order: a visit on site with its evidence, a meeting, a talk. Never changed.

    `people`: who was there; `evidence`: ids of recordings, documents with their digests.
    """

    __tablename__ = "order_records"
    __table_args__ = (one_of("kind", *RECORD_KINDS),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("supervision_orders.id"), index=True)
    kind: Mapped[str] = mapped_column(word())
    happened_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(Sealed)
    people: Mapped[str] = mapped_column(Sealed)
    words: Mapped[str] = mapped_column(Sealed)
    evidence: Mapped[list[str]] = mapped_column(default=list)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


APPEND_ONLY = (Urging, OrderRecord)
