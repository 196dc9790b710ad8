"""The knowledge base under its owners: versions of articles with their reviews, what was told from them, gaps, bulletins, findings.

`articles` (tables_register) holds what is in force now; a version's text never changes once it is published.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.knowledge import BULLETIN_KINDS, FINDING_KINDS, GAP_KINDS
from match.gap_table import STATES as GAP_STATES
from match.governance import STATES as VERSION_STATES
from store.columns import Base, one_of, word
from store.sealed import LookupHash, Sealed, SealedSince

_TO_TAKE = text("serves_from IS NOT NULL AND taken_at IS NULL")


class ArticleVersion(Base):
    """One text of an article. `source`: where it came from (seed, register, desk, import:…); `digest`: of what people read.

    `effective_from`: when what it tells of takes effect, if that is a date; `serves_from`: from when we say it, set when it is
    published; `serves_until`: when it was withdrawn; `taken_at`: when matching took it up. `late`, `lead`: against the lead time.
    `parties`: who must agree; `round`: how often it was submitted; `writers`: who may not review it.
    """

    __tablename__ = "article_versions"
    __table_args__ = (
        one_of("state", *VERSION_STATES),
        Index("ix_article_versions_to_take", "serves_from", sqlite_where=_TO_TAKE, postgresql_where=_TO_TAKE),
        Index("ix_article_versions_state", "state", "unit_code"),
    )

    article_id: Mapped[str] = mapped_column(word(), ForeignKey("articles.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    kind: Mapped[str] = mapped_column(word())
    title: Mapped[str]
    questions: Mapped[list[str]] = mapped_column(default=list)
    answer: Mapped[str]
    clause: Mapped[str] = mapped_column(default="")
    city: Mapped[str | None] = mapped_column(word())
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(word())
    source: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(word(), default="draft")
    author: Mapped[str] = mapped_column(word())
    writers: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    effective_from: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str | None] = mapped_column(word())
    late: Mapped[bool] = mapped_column(default=False)
    lead: Mapped[dict[str, Any] | None]
    parties: Mapped[list[str]] = mapped_column(default=list)
    round: Mapped[int] = mapped_column(default=0)
    reviewed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(word())
    serves_from: Mapped[datetime | None]
    serves_until: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(word())
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    gap_id: Mapped[str | None] = mapped_column(ForeignKey("knowledge_gaps.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)


class ArticleReview(Base):
    """What one party said of a version, round by round; only ever added to."""

    __tablename__ = "article_reviews"
    __table_args__ = (
        ForeignKeyConstraint(
            ["article_id", "number"], ["article_versions.article_id", "article_versions.number"]
        ),
        UniqueConstraint("article_id", "number", "round", "party"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    article_id: Mapped[str] = mapped_column(word())
    number: Mapped[int]
    round: Mapped[int]
    party: Mapped[str] = mapped_column(word(80))
    agrees: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


class ArticleUse(Base):
    """A citizen was told this version: `key` makes it once per call or ticket and article."""

    __tablename__ = "article_uses"
    __table_args__ = (
        ForeignKeyConstraint(
            ["article_id", "number"], ["article_versions.article_id", "article_versions.number"]
        ),
        Index("ix_article_uses_article", "article_id", "number"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    key: Mapped[str] = mapped_column(word(200), unique=True)
    article_id: Mapped[str] = mapped_column(word())
    number: Mapped[int]
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]


class KnowledgeGap(Base):
    """知识点空缺、信息不准确、知识库无效: reported, assigned to its unit with a term, mended by a version, verified.

    `words`: what is wrong, sealed as the title is, for staff write it in the middle of a call; `steps`: how `due_at` came about.
    """

    __tablename__ = "knowledge_gaps"
    __table_args__ = (
        one_of("kind", *GAP_KINDS),
        one_of("state", *GAP_STATES),
        Index("ix_knowledge_gaps_due", "state", "due_at"),
        Index("ix_knowledge_gaps_unit", "unit_code", "state"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    article_id: Mapped[str | None] = mapped_column(ForeignKey("articles.id"), index=True)
    number: Mapped[int | None]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    title: Mapped[str] = mapped_column(SealedSince)
    words: Mapped[str] = mapped_column(Sealed)
    asked: Mapped[int] = mapped_column(default=0)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    state: Mapped[str] = mapped_column(word(), default="reported")
    reported_by: Mapped[str] = mapped_column(word())
    reported_at: Mapped[datetime]
    assigned_by: Mapped[str | None] = mapped_column(word())
    assigned_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    policy: Mapped[str] = mapped_column(word(), default="")
    overdue_at: Mapped[datetime | None]
    fixed_article: Mapped[str | None] = mapped_column(word())
    fixed_number: Mapped[int | None]
    fixed_at: Mapped[datetime | None]
    fixed_late: Mapped[bool | None]
    settled_by: Mapped[str | None] = mapped_column(word())
    settled_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(SealedSince, default="")
    version: Mapped[int] = mapped_column(default=1)


class KnowledgeMiss(Base):
    """Something was asked and nothing sure was found. No caller, no call: `key` is a keyed hash that makes it once.

    `words` as match.misses.private leaves them, sealed; `day`: coarse on purpose; `state` grouped ones keep.
    """

    __tablename__ = "knowledge_misses"
    __table_args__ = (
        one_of("source", "search", "consult"),
        one_of("state", "new", "taken", "dismissed"),
        Index("ix_knowledge_misses_state", "state", "day"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    key: Mapped[str] = mapped_column(LookupHash(over=("day",)), unique=True)
    source: Mapped[str] = mapped_column(word())
    words: Mapped[str] = mapped_column(Sealed)
    day: Mapped[date]
    state: Mapped[str] = mapped_column(word(), default="new")
    gap_id: Mapped[str | None] = mapped_column(ForeignKey("knowledge_gaps.id"), index=True)


class BulletinRow(Base):
    """公告: temporary, emergency or in advance. `happens_at`: when what it tells of begins; `pinned`: lower first, None unpinned."""

    __tablename__ = "bulletins"
    __table_args__ = (one_of("kind", *BULLETIN_KINDS), Index("ix_bulletins_until", "until"))

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    title: Mapped[str]
    text: Mapped[str]
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    region: Mapped[str] = mapped_column(word(), default="")
    since: Mapped[datetime]
    until: Mapped[datetime]
    happens_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(default=False)
    pinned: Mapped[int | None]
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(word())
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)


class BulletinRead(Base):
    """Somebody at a desk has read a bulletin, as it was in that version."""

    __tablename__ = "bulletin_reads"

    bulletin_id: Mapped[str] = mapped_column(ForeignKey("bulletins.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(word(), primary_key=True)
    version: Mapped[int]
    at: Mapped[datetime]


class KnowledgeFinding(Base):
    """What the office found: a version misled a citizen (001 19(九)), or a unit did not send a bulletin (002 附四(二)).

    `key`: the same complaint shows the same misleading version once. `happened_at`: when it was told, or what the bulletin was about.
    """

    __tablename__ = "knowledge_findings"
    __table_args__ = (
        one_of("kind", *FINDING_KINDS),
        one_of("state", "found", "lifted"),
        Index("ix_knowledge_findings_article", "article_id", "number"),
        Index("ix_knowledge_findings_unit", "unit_code", "kind", "at"),
    )

    id: Mapped[str] = mapped_column(word(), primary_key=True)
    key: Mapped[str] = mapped_column(word(200), unique=True)
    kind: Mapped[str] = mapped_column(word())
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    article_id: Mapped[str | None] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int | None]
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    happened_at: Mapped[datetime]
    title: Mapped[str] = mapped_column(SealedSince)
    words: Mapped[str] = mapped_column(Sealed)
    by: Mapped[str] = mapped_column(word())
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(word(), default="found")
    lifted_by: Mapped[str | None] = mapped_column(word())
    lifted_at: Mapped[datetime | None]
    lifted_why: Mapped[str | None] = mapped_column(SealedSince)
    version: Mapped[int] = mapped_column(default=1)


APPEND_ONLY = (ArticleReview, ArticleUse)
