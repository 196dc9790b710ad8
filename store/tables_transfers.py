"""Calls handed to a third party: consult, three-way, blind."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.transfer import HOWS, KINDS, PLACES, REASONS, STATES
from store.columns import Base, one_of, word
from store.sealed import Sealed

_OPEN = text("state IN ('ringing', 'talking')")


class Transfer(Base):
    """One hand-over: `kind` and `ref` as asked for, `name` and `number` as resolved, `role` of the leg that was dialled.

    `seat_id`, `user_id`: who did it; `third_seat`, `third_user`: the expert's where one of ours was rung; `ask`: what they
    are asked; `place`: where the parties are now; `left_at`: the agent left the others alone; `attitude`: the mark of requirement C3, with its evidence;
    `request_key`: asking twice calls once.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        one_of("how", *HOWS),
        one_of("kind", *KINDS),
        one_of("state", *STATES),
        one_of("place", *PLACES),
        one_of("reason", *REASONS),
        Index("uq_transfers_open", "call_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    how: Mapped[str] = mapped_column(word())
    kind: Mapped[str] = mapped_column(word())
    ref: Mapped[str] = mapped_column(word())
    name: Mapped[str]
    number: Mapped[str] = mapped_column(Sealed)
    endpoint: Mapped[str] = mapped_column(Sealed)
    role: Mapped[str] = mapped_column(word())
    unit_code: Mapped[str | None] = mapped_column(word())
    leg_id: Mapped[str] = mapped_column(word())
    channel: Mapped[str] = mapped_column(word(128), default="")
    third_seat: Mapped[str | None] = mapped_column(word())
    seat_id: Mapped[str | None] = mapped_column(word())
    third_user: Mapped[str | None] = mapped_column(word(), index=True)
    user_id: Mapped[str | None] = mapped_column(word(), index=True)
    ask: Mapped[str | None] = mapped_column(Sealed)
    state: Mapped[str] = mapped_column(word())
    place: Mapped[str] = mapped_column(word())
    reason: Mapped[str | None] = mapped_column(word())
    cause: Mapped[int | None]
    requested_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    merged_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"))
    attitude: Mapped[dict[str, Any] | None]
    request_key: Mapped[str | None] = mapped_column(word(128), unique=True)
    version: Mapped[int] = mapped_column(default=1)
