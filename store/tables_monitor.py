"""What is measured about the telephone: Asterisk's own call details, and whether units can be reached.

`cdr` and `cel` keep Asterisk's column names (docs.asterisk.org, "CDR Variables", "CEL Event Types") beside our call's id.
`id`: digest of the line Asterisk wrote, so that a line read twice is kept once. Numbers and names of people are sealed.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.reachability import KINDS, OUTCOMES
from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedSince

_UNSETTLED = text("outcome IS NULL")


class Cdr(Base):
    """Asterisk's call detail record: one per pair of channels. Seconds in `duration` and `billsec`."""

    __tablename__ = "cdr"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str | None] = mapped_column(word(), index=True)
    accountcode: Mapped[str] = mapped_column(default="")
    src: Mapped[str | None] = mapped_column(Sealed)
    dst: Mapped[str | None] = mapped_column(Sealed)
    dcontext: Mapped[str] = mapped_column(default="")
    clid: Mapped[str | None] = mapped_column(Sealed)
    channel: Mapped[str] = mapped_column(default="")
    dstchannel: Mapped[str] = mapped_column(default="")
    lastapp: Mapped[str] = mapped_column(default="")
    lastdata: Mapped[str] = mapped_column(default="")
    start: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[datetime | None]
    end: Mapped[datetime]
    duration: Mapped[float]
    billsec: Mapped[float]
    disposition: Mapped[str] = mapped_column(word())
    amaflags: Mapped[str] = mapped_column(word(), default="")
    userfield: Mapped[str] = mapped_column(default="")
    uniqueid: Mapped[str] = mapped_column(word(150))
    linkedid: Mapped[str] = mapped_column(word(150), index=True)
    peeraccount: Mapped[str] = mapped_column(default="")
    sequence: Mapped[int]


class Cel(Base):
    """Asterisk's channel event. `extra`: the event's own facts as JSON text (bridge id, hangup cause, …)."""

    __tablename__ = "cel"
    __table_args__ = (Index("ix_cel_call", "call_id", "eventtime"),)

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    call_id: Mapped[str | None] = mapped_column(word())
    eventtype: Mapped[str] = mapped_column(word())
    eventtime: Mapped[datetime] = mapped_column(index=True)
    userdeftype: Mapped[str] = mapped_column(default="")
    cid_name: Mapped[str | None] = mapped_column(Sealed)
    cid_num: Mapped[str | None] = mapped_column(Sealed)
    cid_ani: Mapped[str | None] = mapped_column(Sealed)
    cid_rdnis: Mapped[str | None] = mapped_column(Sealed)
    cid_dnid: Mapped[str | None] = mapped_column(Sealed)
    exten: Mapped[str] = mapped_column(default="")
    context: Mapped[str] = mapped_column(default="")
    channame: Mapped[str] = mapped_column(default="")
    appname: Mapped[str] = mapped_column(default="")
    appdata: Mapped[str] = mapped_column(default="")
    amaflags: Mapped[str] = mapped_column(word(), default="")
    accountcode: Mapped[str] = mapped_column(default="")
    uniqueid: Mapped[str] = mapped_column(word(150))
    linkedid: Mapped[str] = mapped_column(word(150), index=True)
    userfield: Mapped[str] = mapped_column(default="")
    peer: Mapped[str] = mapped_column(default="")
    extra: Mapped[str] = mapped_column(default="")


class UnitPhone(Base):
    """A number under which a unit must be reached: its fixed line, its leader-in-charge's or its handler's mobile."""

    __tablename__ = "unit_phones"
    __table_args__ = (one_of("kind", *KINDS), UniqueConstraint("unit_code", "kind", "number_hash"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    kind: Mapped[str] = mapped_column(word())
    number: Mapped[str] = mapped_column(Sealed)
    number_hash: Mapped[str] = mapped_column(LookupHash(of="number"))
    holder: Mapped[str | None] = mapped_column(Sealed)
    active: Mapped[bool] = mapped_column(default=True)
    added_at: Mapped[datetime]


class Probe(Base):
    """One short test call to a unit's number. `asked_by`: who wanted it, or `clock`; `at`: wanted, then placed at.

    Waiting until `claimed_at`, under way until it has an `outcome`. `cause`: Q.850; `seconds`: until its result.
    """

    __tablename__ = "probes"
    __table_args__ = (
        one_of("outcome", *OUTCOMES),
        Index("ix_probes_phone", "phone_id", "at"),
        Index("ix_probes_unit", "unit_code", "at"),
        Index("ix_probes_unsettled", "at", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    phone_id: Mapped[str] = mapped_column(ForeignKey("unit_phones.id"))
    unit_code: Mapped[str] = mapped_column(word())
    kind: Mapped[str] = mapped_column(word())
    at: Mapped[datetime] = mapped_column(index=True)
    claimed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(word())
    cause: Mapped[int | None]
    seconds: Mapped[float | None]
    asked_by: Mapped[str] = mapped_column(word())


class ProbeRuling(Base):
    """不可抗力: from `starts_at` to `ends_at` failures do not count, for one unit or (none named) for all."""

    __tablename__ = "probe_rulings"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(SealedSince)
    ruled_by: Mapped[str] = mapped_column(word())
    ruled_at: Mapped[datetime]
