"""Models learned from this house's own decisions, each kept as it was made."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, one_of, word


class LearnedModel(Base):
    """One version of what was learned about `kind`. `data`: match.learn.Model.dump, hashed weights without a citizen's word.

    `figures`: how it did on the kept sample, beside the version that served then; `served_at`: when it last began to serve.
    """

    __tablename__ = "learned_models"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        Index("ix_learned_models_state", "kind", "state"),
        one_of("state", "waiting", "serving", "past"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    version: Mapped[int]
    state: Mapped[str] = mapped_column(word())
    learned_from: Mapped[int]
    kept: Mapped[int]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(word())
    made_at: Mapped[datetime]
    served_by: Mapped[str | None] = mapped_column(word())
    served_at: Mapped[datetime | None]
