"""The people of responsible units, and what changed of a unit's entry in the register. People's names are sealed (001 26)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.unit_register import ACTIONS, DUTIES
from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedSince


class UnitPerson(Base):
    """分管领导、经办人、采编员: who serves in which duty of a unit, from `since` until `until` (None: now).

    `user_id`: the log-in they work with, where they have one.
    """

    __tablename__ = "unit_people"
    __table_args__ = (one_of("duty", *DUTIES), Index("ix_unit_people_unit", "unit_code", "until"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    duty: Mapped[str] = mapped_column(word())
    name: Mapped[str] = mapped_column(Sealed)
    name_hash: Mapped[str] = mapped_column(LookupHash(of="name"))
    post: Mapped[str | None] = mapped_column(Sealed)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class UnitChange(Base):
    """One change of a unit's entry: `what` (leader, section, phone, …), as it was and as it is; never changed itself."""

    __tablename__ = "unit_changes"
    __table_args__ = (one_of("action", *ACTIONS), Index("ix_unit_changes_unit", "unit_code", "at"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(word())
    what: Mapped[str] = mapped_column(word())
    action: Mapped[str] = mapped_column(word())
    before: Mapped[str | None] = mapped_column(Sealed)
    after: Mapped[str | None] = mapped_column(Sealed)
    why: Mapped[str] = mapped_column(SealedSince, default="")


APPEND_ONLY = (UnitChange,)
