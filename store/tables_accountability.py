"""责任追究: cases found from facts or reported by people, and how far their collection has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.accountability import CASE_STATES, OUTCOMES
from store.columns import Base, BigId, one_of, word
from store.sealed import Sealed


class AccountabilityCase(Base):
    """One case. `about`: the fact it turns on; `kinds`: what was found, gravest first; `clauses`: what the documents say of it.

    Verified by one person with evidence, proposed by another; `outcome`: what the authority decided, as recorded.
    """

    __tablename__ = "accountability_cases"
    __table_args__ = (
        one_of("state", *CASE_STATES),
        one_of("outcome", *OUTCOMES),
        Index("ix_accountability_cases_unit", "unit_code", "state"),
        Index("ix_accountability_cases_state", "state", "happened_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    key: Mapped[str] = mapped_column(word(200), unique=True)
    about: Mapped[str] = mapped_column(word(200), index=True)
    situation: Mapped[str] = mapped_column(word())
    kinds: Mapped[list[str]]
    clauses: Mapped[list[Any]]
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    happened_at: Mapped[datetime]
    events: Mapped[list[str]]
    why: Mapped[str] = mapped_column(Sealed)
    found_by: Mapped[str] = mapped_column(word())
    found_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(word(), default="candidate")
    evidence: Mapped[list[str]] = mapped_column(default=list)
    verified_by: Mapped[str | None] = mapped_column(word())
    verified_at: Mapped[datetime | None]
    verified_words: Mapped[str | None] = mapped_column(Sealed)
    dismissed_by: Mapped[str | None] = mapped_column(word())
    dismissed_at: Mapped[datetime | None]
    dismissed_words: Mapped[str | None] = mapped_column(Sealed)
    proposed_by: Mapped[str | None] = mapped_column(word())
    proposed_at: Mapped[datetime | None]
    proposed_words: Mapped[str | None] = mapped_column(Sealed)
    outcome: Mapped[str | None] = mapped_column(word())
    decided_by: Mapped[str | None] = mapped_column(word())
    decided_at: Mapped[datetime | None]
    decided_words: Mapped[str | None] = mapped_column(Sealed)
    version: Mapped[int] = mapped_column(default=1)


class AccountabilityCursor(Base):
    """How far cases were collected: the last event looked at, and the last deadline that passed."""

    __tablename__ = "accountability_cursors"

    name: Mapped[str] = mapped_column(word(), primary_key=True)
    seq: Mapped[int] = mapped_column(BigId, default=0)
    at: Mapped[datetime | None]
    ref: Mapped[str] = mapped_column(word(), default="")
