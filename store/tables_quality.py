"""智能质检: the rules in their versions, what they said of each call, and what people said beside them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, word
from store.sealed import Sealed


class QualityRules(Base):
    """One version of the rules; the highest is in force. Never changed, never removed: checks name the version they were made with."""

    __tablename__ = "quality_rules"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    why: Mapped[str]


class QualityCheck(Base):
    """What the rules said of a call: figures and moments, no words of it."""

    __tablename__ = "quality_checks"
    __table_args__ = (Index("ix_quality_checks_score", "score", "checked_at"),)

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    version: Mapped[int]
    score: Mapped[int]
    facts: Mapped[dict[str, Any]]
    findings: Mapped[list[dict[str, Any]]]
    checked_at: Mapped[datetime] = mapped_column(index=True)
    reviews: Mapped[int] = mapped_column(default=0)


class QualityReview(Base):
    """A person's judgement of a checked call. `marks`: rule -> whether it was kept; `judged` of them the machine had judged, `agreed` alike."""

    __tablename__ = "quality_reviews"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("quality_checks.call_id"), index=True)
    version: Mapped[int]
    marks: Mapped[dict[str, Any]]
    score: Mapped[int]
    judged: Mapped[int]
    agreed: Mapped[int]
    words: Mapped[str] = mapped_column(Sealed)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
