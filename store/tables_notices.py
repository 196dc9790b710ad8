"""Notices: what we owe somebody to tell, written in the transaction of what makes us owe it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.notices import CHANNELS, STATES
from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedSince


class NoticeRow(Base):
    """One notice on its way, once per `key`. `subject`: the ticket, call or event it is about; `via`: who took the last try.

    `due_at`: not before; while `sending`, when its sender counts as dead. Not sent after `expires_at`. `token_hash`: of what a
    link in it carries. `resolved_by`, `why`: who decided about it when we could not know.
    """

    __tablename__ = "notices"
    __table_args__ = (
        one_of("channel", *CHANNELS),
        one_of("state", *STATES),
        Index("ix_notices_due", "channel", "state", "due_at"),
        Index("ix_notices_state", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    key: Mapped[str] = mapped_column(word(200), unique=True)
    kind: Mapped[str] = mapped_column(word())
    channel: Mapped[str] = mapped_column(word())
    subject: Mapped[str] = mapped_column(word(), index=True)
    recipient: Mapped[str] = mapped_column(Sealed)
    recipient_hash: Mapped[str] = mapped_column(LookupHash(of="recipient"), index=True)
    words: Mapped[str] = mapped_column(Sealed)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    token_hash: Mapped[str | None] = mapped_column(word(), unique=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    state: Mapped[str] = mapped_column(word(), default="due")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    via: Mapped[str | None] = mapped_column(word())
    reason: Mapped[str | None]
    gateway_id: Mapped[str | None] = mapped_column(word(128))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(word())
    resolved_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(SealedSince)
    version: Mapped[int] = mapped_column(default=1)
