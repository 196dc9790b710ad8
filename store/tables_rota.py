"""The duty rota of lines with people of their own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, word


class DutyShift(Base):
    """Somebody is on duty for a line from then to then: a seat (whoever sits there) or a person (wherever they sit)."""

    __tablename__ = "duty_shifts"
    __table_args__ = (
        CheckConstraint("(seat_id IS NULL) <> (user_id IS NULL)", name="one_person"),
        CheckConstraint("ends_at > starts_at", name="forward"),
        Index("ix_duty_shifts_line", "line", "ends_at"),
        Index("ix_duty_shifts_seat", "seat_id", "ends_at"),
        Index("ix_duty_shifts_user", "user_id", "ends_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    line: Mapped[str] = mapped_column(word())
    seat_id: Mapped[str | None] = mapped_column(ForeignKey("seats.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
