"""What leaves the house by whose word, and what must not be deleted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.holds import KINDS as HELD
from core.release import KINDS, STATES
from store.columns import Base, one_of, word
from store.sealed import Sealed, SealedSince

_ON = text("lifted_at IS NULL")


class Release(Base):
    """Something asked to leave: `object_id` of `kind`, to `recipient`, for `purpose`. `unit_code`: whose knowledge it is."""

    __tablename__ = "releases"
    __table_args__ = (
        one_of("kind", *KINDS),
        one_of("state", *STATES),
        Index("ix_releases_state", "state", "asked_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    object_id: Mapped[str] = mapped_column(word(), index=True)
    unit_code: Mapped[str | None] = mapped_column(word())
    recipient: Mapped[str] = mapped_column(Sealed)
    purpose: Mapped[str] = mapped_column(SealedSince)
    state: Mapped[str] = mapped_column(word(), default="asked")
    asked_by: Mapped[str] = mapped_column(word(), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ReleaseVote(Base):
    """One person's word about a release: added, never changed."""

    __tablename__ = "release_votes"
    __table_args__ = (one_of("verdict", "approve", "refuse"), UniqueConstraint("release_id", "by"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"))
    by: Mapped[str] = mapped_column(word())
    verdict: Mapped[str] = mapped_column(word())
    why: Mapped[str] = mapped_column(SealedSince, default="")
    at: Mapped[datetime]


class Hold(Base):
    """法律保全: while it stands nothing of its object is deleted, whatever the term says."""

    __tablename__ = "holds"
    __table_args__ = (
        one_of("kind", *HELD),
        Index("uq_holds_on", "kind", "object_id", unique=True, sqlite_where=_ON, postgresql_where=_ON),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    object_id: Mapped[str] = mapped_column(word())
    why: Mapped[str] = mapped_column(SealedSince)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(word())
    lifted_at: Mapped[datetime | None]
    lifted_why: Mapped[str | None] = mapped_column(SealedSince)


APPEND_ONLY = (ReleaseVote,)
