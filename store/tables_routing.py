"""What routing works with: seats, what they can do, and every decision that was made."""

from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from routing.seats import SeatState
from store.columns import Base, BigId, one_of, word
from store.sealed import Sealed


class Seat(Base):
    """座席: a telephone an agent works at. Every change goes through compare-and-set on `version`.

    kind: routing.seats.SeatKind; region: the county it sits in, ''. turn_at: its place in the line of free seats: when it
    became free, later where it let calls ring (`misses` in a row). forced: '', `pause` or `logout` ordered by `forced_by`
    (a user, or `routing`) and carried out as soon as no call is there.
    """

    __tablename__ = "seats"
    __table_args__ = (one_of("state", *get_args(SeatState)), Index("ix_seats_routing", "state", "turn_at"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    sip_user: Mapped[str] = mapped_column(word(), unique=True)
    sip_secret: Mapped[str | None] = mapped_column(Sealed)
    state: Mapped[str] = mapped_column(word(), default="logged_out")
    pause_reason: Mapped[str | None]
    kind: Mapped[str] = mapped_column(word(), default="agent")
    region: Mapped[str] = mapped_column(word(), default="")
    skills: Mapped[list[str]] = mapped_column(default=list)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), unique=True)
    idle_since: Mapped[datetime | None]
    turn_at: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(default=0)
    forced: Mapped[str] = mapped_column(word(), default="")
    forced_by: Mapped[str | None] = mapped_column(word())
    forced_why: Mapped[str | None]
    forced_at: Mapped[datetime | None]
    call_id: Mapped[str | None] = mapped_column(word(), index=True)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class SeatSkill(Base):
    """One skill of one seat, its county's included, so that the seats with a skill are found by an index."""

    __tablename__ = "seat_skills"
    __table_args__ = (Index("ix_seat_skills_seat_id", "seat_id"),)

    skill: Mapped[str] = mapped_column(word(), primary_key=True)
    seat_id: Mapped[str] = mapped_column(ForeignKey("seats.id"), primary_key=True)


class RoutingRules(Base):
    """The rules decisions were made under, by their hash."""

    __tablename__ = "routing_rules"

    hash: Mapped[str] = mapped_column(word(), primary_key=True)
    body: Mapped[dict[str, Any]]
    since: Mapped[datetime]


class Decision(Base):
    """One decision: what was seen (routing.kept), under which rules, and what came out; never changed.

    won: the seat was won by compare-and-set; false where somebody was faster and the call was decided anew.
    """

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_call_id", "call_id", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    rules: Mapped[str] = mapped_column(word())
    seen: Mapped[dict[str, Any]]
    target: Mapped[str] = mapped_column(word())
    reason: Mapped[str] = mapped_column(word())
    seat_id: Mapped[str | None] = mapped_column(word())
    position: Mapped[int] = mapped_column(default=0)
    wait_s: Mapped[float | None]
    won: Mapped[bool] = mapped_column(default=True)


APPEND_ONLY = (Decision, RoutingRules)
