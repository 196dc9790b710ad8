"""Screens on a wall of the hall: each shows figures with a right of its own, which anybody in charge can take back."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, word
from store.sealed import LookupHash


class WallScreen(Base):
    """`token_hash`: what the screen shows to be let in, kept as a keyed hash only; `seen_at`: when it last asked, to the minute."""

    __tablename__ = "wall_screens"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(LookupHash(over=("expires_at", "revoked_at")), unique=True)
    made_by: Mapped[str] = mapped_column(word())
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_by: Mapped[str | None] = mapped_column(word())
    revoked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
