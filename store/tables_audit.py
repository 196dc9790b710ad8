"""The chain over the append-only record: one link per event and per look-up, each sealing the one before it."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, BigId, word


class Link(Base):
    """Link `n` of the chain over row `row_id` of `table_name`. `previous`, `hash`: algorithm:hex; `at`: when it was chained."""

    __tablename__ = "audit_chain"
    __table_args__ = (Index("uq_audit_chain_row", "table_name", "row_id", unique=True),)

    n: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    table_name: Mapped[str] = mapped_column(word())
    row_id: Mapped[str] = mapped_column(word())
    previous: Mapped[str] = mapped_column(word(128))
    hash: Mapped[str] = mapped_column(word(128))
    at: Mapped[datetime]


APPEND_ONLY = (Link,)
