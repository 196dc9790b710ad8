"""Hotline numbers, those withdrawn for ever, and what we know of lines that others answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from routing.line import MODES
from store.columns import Base, one_of, word


class Line(Base):
    """A hotline number; columns as in routing.line.Line. `version` 0: as an older program seeded it, nobody has touched it."""

    __tablename__ = "lines"
    __table_args__ = (one_of("mode", *MODES),)

    number: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"), index=True)
    mode: Mapped[str] = mapped_column(word())
    status: Mapped[str] = mapped_column(word(), default="active")
    level: Mapped[str] = mapped_column(word(), default="city")
    expert_seat: Mapped[bool] = mapped_column(default=False)
    target: Mapped[str] = mapped_column(word(), default="")
    key: Mapped[str | None] = mapped_column(word(), unique=True)
    clause: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    reach: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime | None]


class WithdrawnLine(Base):
    """A number given up: 已取消的热线号码不再恢复 (郴政办发〔2021〕22号 二(一)2). `by`: who did it."""

    __tablename__ = "withdrawn_lines"

    number: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(word())
    why: Mapped[str]


class LineState(Base):
    """Whether somebody answers at a line that is not ours. `misses`: tries in a row that reached nobody; `source`: who tried."""

    __tablename__ = "line_states"
    __table_args__ = (one_of("state", "open", "closed", "unknown"),)

    number: Mapped[str] = mapped_column(word(), primary_key=True)
    state: Mapped[str] = mapped_column(word(), default="unknown")
    since: Mapped[datetime]
    checked_at: Mapped[datetime]
    misses: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(word())
    reason: Mapped[str] = mapped_column(word(), default="")
