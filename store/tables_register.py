"""The registers operators maintain: units, trunks, people and what we know.

`details`: what match.content knows of an item beyond the columns here.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base, one_of, word
from store.sealed import Sealed


class Unit(Base):
    """承办单位: who is responsible. `aliases`: other names people say.

    `division`: the place it belongs to (core.divisions); `parent_code`: the unit above it; `section`: 承办科室.
    """

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(word(), primary_key=True)
    name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(default=list)
    level: Mapped[str] = mapped_column(word(), default="")
    division: Mapped[str | None] = mapped_column(word(), index=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    section: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)


class Trunk(Base):
    """A carrier's SIP trunk. `qualify_s`: seconds between OPTIONS, 0 = none; lower `failover_order` first."""

    __tablename__ = "trunks"
    __table_args__ = (one_of("kind", "ip", "registration"),)

    name: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    host: Mapped[str]
    port: Mapped[int] = mapped_column(default=5060)
    username: Mapped[str | None]
    secret: Mapped[str | None] = mapped_column(Sealed)
    display_number: Mapped[str | None] = mapped_column(word())
    assert_identity: Mapped[bool] = mapped_column(default=True)
    early_media: Mapped[bool] = mapped_column(default=True)
    qualify_s: Mapped[int] = mapped_column(default=60)
    failover_order: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class User(Base):
    """Somebody who logs in. `password_hash`: argon2, made at the edge; `unit_code`: for people of a unit.

    `division`: the place whose units somebody of a county's hotline office looks after; None: all.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    login: Mapped[str] = mapped_column(word(), unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(word())
    password_hash: Mapped[str]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    division: Mapped[str | None] = mapped_column(word())
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Article(Base):
    """知识点: a question's answer with its clause. `city`: whose rule it is; valid from/to are inclusive days.

    The text is that of version `version`, the one in force (0: none yet); every text stands in tables_knowledge.ArticleVersion.
    `unit_code`: its owner; `editor_id`: the user who maintains it (采编员).
    """

    __tablename__ = "articles"

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    title: Mapped[str]
    questions: Mapped[list[str]] = mapped_column(default=list)
    answer: Mapped[str]
    kind: Mapped[str] = mapped_column(word())
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"), index=True)
    clause: Mapped[str] = mapped_column(default="")
    city: Mapped[str | None] = mapped_column(word())
    version: Mapped[int] = mapped_column(default=1)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    editor_id: Mapped[str | None] = mapped_column(word())


class Refusal(Base):
    """不予受理情形: a ground on which a matter cannot be taken. `words` are said to the citizen; `cues`: codes below."""

    __tablename__ = "refusals"

    code: Mapped[str] = mapped_column(word(), primary_key=True)
    profile: Mapped[str] = mapped_column(word())
    clause: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    cues: Mapped[list[str]] = mapped_column(default=list)
    repeat: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)


class CueSet(Base):
    """Words that point to a refusal ground: by themselves, a little, or against it."""

    __tablename__ = "cue_sets"

    code: Mapped[str] = mapped_column(word(), primary_key=True)
    strong: Mapped[list[str]] = mapped_column(default=list)
    weak: Mapped[list[str]] = mapped_column(default=list)
    counter: Mapped[list[str]] = mapped_column(default=list)
    when_done: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
