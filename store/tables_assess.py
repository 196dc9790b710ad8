"""How units are assessed: what people found, what excuses them, the frozen sheets, and appeals against them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.assessment import APPEAL_STATES, FINDING_KINDS, FINDING_STATES
from store.columns import Base, one_of, word
from store.sealed import SealedJson, SealedSince


class UnitFinding(Base):
    """A fact about a unit that no event tells, entered with its evidence and confirmed by a second person.

    `happened_at`: when it was so, which decides the period; `evidence`: ids of recordings and tickets, documents with their digests.
    """

    __tablename__ = "unit_findings"
    __table_args__ = (
        one_of("kind", *FINDING_KINDS),
        one_of("state", *FINDING_STATES),
        Index("ix_unit_findings_unit", "unit_code", "happened_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    kind: Mapped[str] = mapped_column(word())
    happened_at: Mapped[datetime]
    what: Mapped[str] = mapped_column(SealedSince)
    evidence: Mapped[list[str]] = mapped_column(default=list)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    state: Mapped[str] = mapped_column(word(), default="proposed")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    reviewed_by: Mapped[str | None] = mapped_column(word())
    reviewed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(SealedSince)
    version: Mapped[int] = mapped_column(default=1)


class AssessRuling(Base):
    """系统故障或不可抗拒因素: from `starts_at` to `ends_at` these duties of a unit (none named: of all) are excused."""

    __tablename__ = "assess_rulings"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"), index=True)
    scopes: Mapped[list[str]] = mapped_column(default=list)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(SealedSince)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


class AssessRules(Base):
    """The rules sheets were scored under, by their hash; never changed."""

    __tablename__ = "assess_rules"

    hash: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str] = mapped_column(word())
    body: Mapped[dict[str, Any]]
    since: Mapped[datetime]


class FrozenSheet(Base):
    """A unit's sheet of a period as it was signed: with its rules, its formula and the very facts it was scored from.

    Never changed: what comes to light later makes the next `version`, and `changes` says what moved since the one before.
    """

    __tablename__ = "frozen_sheets"
    __table_args__ = (
        UniqueConstraint("profile", "period", "unit_code", "version"),
        Index("ix_frozen_sheets_unit", "unit_code", "period"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    profile: Mapped[str] = mapped_column(word())
    period: Mapped[str] = mapped_column(word())
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    version: Mapped[int]
    as_of: Mapped[datetime]
    formula: Mapped[str] = mapped_column(word())
    policy_hash: Mapped[str] = mapped_column(ForeignKey("assess_rules.hash"))
    facts_hash: Mapped[str] = mapped_column(word())
    points: Mapped[str | None] = mapped_column(word())
    sheet: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    facts: Mapped[list[Any]] = mapped_column(SealedJson)
    changes: Mapped[list[Any]] = mapped_column(SealedJson, default=list)
    frozen_by: Mapped[str] = mapped_column(word())
    frozen_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(SealedSince, default="")


class Appeal(Base):
    """A unit's objection to one deduction of a frozen sheet, once per deduction; the office decides, with its reason."""

    __tablename__ = "appeals"
    __table_args__ = (
        one_of("state", *APPEAL_STATES),
        UniqueConstraint("profile", "period", "unit_code", "key"),
        Index("ix_appeals_state", "state", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    sheet_id: Mapped[str] = mapped_column(ForeignKey("frozen_sheets.id"), index=True)
    profile: Mapped[str] = mapped_column(word())
    period: Mapped[str] = mapped_column(word())
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    key: Mapped[str] = mapped_column(word(200))
    reason: Mapped[str] = mapped_column(SealedSince)
    evidence: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(word(), default="open")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(word())
    decided_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(SealedSince)
    version: Mapped[int] = mapped_column(default=1)


APPEND_ONLY = (FrozenSheet, AssessRules, AssessRuling)
