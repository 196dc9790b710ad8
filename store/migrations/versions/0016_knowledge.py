"""The knowledge base under its owners: versions, reviews, uses, gaps, misses, bulletins, findings. What is known becomes version 1."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
TABLES = (
    "article_uses",
    "article_reviews",
    "knowledge_findings",
    "bulletin_reads",
    "bulletins",
    "knowledge_misses",
    "article_versions",
    "knowledge_gaps",
)
APPEND_ONLY = ("article_reviews", "article_uses")
SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # nobody kept since when a text was said: always, as far as we know
FIELDS = ("kind", "title", "questions", "answer", "clause", "city", "unit", "valid_from", "valid_to")


def _words(column: str, table: str, *values: str) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}"))


def _column(name: str, kind: Any, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _refers(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")
        for column, target in columns.items()
    ]


def upgrade() -> None:
    with op.batch_alter_table("articles") as batch:
        batch.add_column(sa.Column("editor_id", WORD, nullable=True))
    _gaps()
    _versions()
    _bulletins()
    _findings()
    for table in APPEND_ONLY:
        _forbid_changes(table)
    _first_versions()


def _gaps() -> None:
    table = "knowledge_gaps"
    op.create_table(
        table,
        _column("id", WORD), _column("kind", WORD), _column("article_id", WORD, True), _column("number", sa.Integer(), True),
        _column("unit_code", WORD, True), _column("title", TEXT), _column("words", TEXT), _column("asked", sa.Integer()),
        _column("call_id", WORD, True), _column("ticket_id", WORD, True), _column("state", WORD),
        _column("reported_by", WORD), _column("reported_at", INSTANT), _column("assigned_by", WORD, True),
        _column("assigned_at", INSTANT, True), _column("due_at", INSTANT, True), _column("steps", JSON), _column("policy", WORD),
        _column("overdue_at", INSTANT, True), _column("fixed_article", WORD, True), _column("fixed_number", sa.Integer(), True),
        _column("fixed_at", INSTANT, True), _column("fixed_late", sa.Boolean(), True), _column("settled_by", WORD, True),
        _column("settled_at", INSTANT, True), _column("note", TEXT), _column("version", sa.Integer()),
        _words("kind", table, "gap", "error", "invalid"),
        _words("state", table, "reported", "assigned", "fixed", "verified", "dismissed"),
        *_refers(table, article_id="articles.id", unit_code="units.code", call_id="calls.id", ticket_id="tickets.id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )  # fmt: skip
    op.create_index("ix_knowledge_gaps_due", table, ["state", "due_at"])
    op.create_index("ix_knowledge_gaps_unit", table, ["unit_code", "state"])
    for column in ("article_id", "call_id", "ticket_id"):
        op.create_index(f"ix_knowledge_gaps_{column}", table, [column])
    table = "knowledge_misses"
    op.create_table(
        table,
        _column("id", WORD), _column("key", sa.String(length=128)), _column("source", WORD), _column("words", TEXT),
        _column("day", sa.Date()), _column("state", WORD), _column("gap_id", WORD, True),
        _words("source", table, "search", "consult"),
        _words("state", table, "new", "taken", "dismissed"),
        *_refers(table, gap_id="knowledge_gaps.id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("key", name=f"uq_{table}_key"),
    )  # fmt: skip
    op.create_index("ix_knowledge_misses_state", table, ["state", "day"])
    op.create_index("ix_knowledge_misses_gap_id", table, ["gap_id"])


def _versions() -> None:
    table = "article_versions"
    op.create_table(
        table,
        _column("article_id", WORD), _column("number", sa.Integer()), _column("unit_code", WORD, True), _column("kind", WORD),
        _column("title", TEXT), _column("questions", JSON), _column("answer", TEXT), _column("clause", TEXT),
        _column("city", WORD, True), _column("valid_from", sa.Date(), True), _column("valid_to", sa.Date(), True),
        _column("details", JSON), _column("digest", WORD), _column("source", TEXT), _column("why", TEXT), _column("state", WORD),
        _column("author", WORD), _column("writers", JSON), _column("created_at", INSTANT),
        _column("effective_from", INSTANT, True), _column("submitted_at", INSTANT, True), _column("submitted_by", WORD, True),
        _column("late", sa.Boolean()), _column("lead", JSON, True), _column("parties", JSON), _column("round", sa.Integer()),
        _column("reviewed_at", INSTANT, True), _column("published_at", INSTANT, True), _column("published_by", WORD, True),
        _column("serves_from", INSTANT, True), _column("serves_until", INSTANT, True), _column("taken_at", INSTANT, True),
        _column("ended_by", WORD, True), _column("ended_at", INSTANT, True), _column("ended_why", TEXT, True),
        _column("gap_id", WORD, True), _column("version", sa.Integer()),
        _words("state", table, "draft", "submitted", "reviewed", "published", "withdrawn"),
        *_refers(table, article_id="articles.id", unit_code="units.code", gap_id="knowledge_gaps.id"),
        sa.PrimaryKeyConstraint("article_id", "number", name=f"pk_{table}"),
    )  # fmt: skip
    where: Any = sa.text("serves_from IS NOT NULL AND taken_at IS NULL")
    op.create_index("ix_article_versions_to_take", table, ["serves_from"], sqlite_where=where, postgresql_where=where)  # fmt: skip
    op.create_index("ix_article_versions_state", table, ["state", "unit_code"])
    op.create_index("ix_article_versions_gap_id", table, ["gap_id"])
    both = ["article_id", "number"]
    target = ["article_versions.article_id", "article_versions.number"]
    op.create_table(
        "article_reviews",
        _column("id", WORD), _column("article_id", WORD), _column("number", sa.Integer()), _column("round", sa.Integer()),
        _column("party", sa.String(length=80)), _column("agrees", sa.Boolean()), _column("note", TEXT), _column("by", WORD),
        _column("at", INSTANT),
        sa.ForeignKeyConstraint(both, target, name="fk_article_reviews_article_id_number"),
        sa.PrimaryKeyConstraint("id", name="pk_article_reviews"),
        sa.UniqueConstraint("article_id", "number", "round", "party", name="uq_article_reviews_article_id_number_round_party"),
    )  # fmt: skip
    op.create_table(
        "article_uses",
        _column("id", WORD), _column("key", sa.String(length=200)), _column("article_id", WORD), _column("number", sa.Integer()),
        _column("call_id", WORD, True), _column("ticket_id", WORD, True), _column("by", WORD), _column("at", INSTANT),
        sa.ForeignKeyConstraint(both, target, name="fk_article_uses_article_id_number"),
        *_refers("article_uses", call_id="calls.id", ticket_id="tickets.id"),
        sa.PrimaryKeyConstraint("id", name="pk_article_uses"),
        sa.UniqueConstraint("key", name="uq_article_uses_key"),
    )  # fmt: skip
    op.create_index("ix_article_uses_article", "article_uses", both)
    op.create_index("ix_article_uses_call_id", "article_uses", ["call_id"])
    op.create_index("ix_article_uses_ticket_id", "article_uses", ["ticket_id"])


def _bulletins() -> None:
    table = "bulletins"
    op.create_table(
        table,
        _column("id", WORD), _column("kind", WORD), _column("title", TEXT), _column("text", TEXT), _column("unit_code", WORD),
        _column("region", WORD), _column("since", INSTANT), _column("until", INSTANT), _column("happens_at", INSTANT, True),
        _column("late", sa.Boolean()), _column("pinned", sa.Integer(), True), _column("by", WORD), _column("at", INSTANT),
        _column("withdrawn_by", WORD, True), _column("withdrawn_at", INSTANT, True), _column("withdrawn_why", TEXT, True),
        _column("version", sa.Integer()),
        _words("kind", table, "temporary", "emergency", "advance"),
        *_refers(table, unit_code="units.code"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )  # fmt: skip
    op.create_index("ix_bulletins_until", table, ["until"])
    op.create_index("ix_bulletins_unit_code", table, ["unit_code"])
    op.create_table(
        "bulletin_reads",
        _column("bulletin_id", WORD), _column("user_id", WORD), _column("version", sa.Integer()), _column("at", INSTANT),
        *_refers("bulletin_reads", bulletin_id="bulletins.id"),
        sa.PrimaryKeyConstraint("bulletin_id", "user_id", name="pk_bulletin_reads"),
    )  # fmt: skip


def _findings() -> None:
    table = "knowledge_findings"
    op.create_table(
        table,
        _column("id", WORD), _column("key", sa.String(length=200)), _column("kind", WORD), _column("unit_code", WORD, True),
        _column("article_id", WORD, True), _column("number", sa.Integer(), True), _column("call_id", WORD, True),
        _column("ticket_id", WORD, True), _column("happened_at", INSTANT), _column("title", TEXT), _column("words", TEXT),
        _column("by", WORD), _column("at", INSTANT), _column("state", WORD), _column("lifted_by", WORD, True),
        _column("lifted_at", INSTANT, True), _column("lifted_why", TEXT, True), _column("version", sa.Integer()),
        _words("kind", table, "misled", "notice_missed"),
        _words("state", table, "found", "lifted"),
        *_refers(table, unit_code="units.code", article_id="articles.id", call_id="calls.id", ticket_id="tickets.id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("key", name=f"uq_{table}_key"),
    )  # fmt: skip
    op.create_index("ix_knowledge_findings_article", table, ["article_id", "number"])
    op.create_index("ix_knowledge_findings_unit", table, ["unit_code", "kind", "at"])
    op.create_index("ix_knowledge_findings_call_id", table, ["call_id"])
    op.create_index("ix_knowledge_findings_ticket_id", table, ["ticket_id"])


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def _first_versions() -> None:
    """Each article as it stands becomes the version its counter names."""
    texts = ("kind", "title", "questions", "answer", "clause", "city", "valid_from", "valid_to", "details")
    articles = sa.table(
        "articles", sa.column("id"), sa.column("unit_code"), sa.column("version"), sa.column("active"),
        *(sa.column(name, JSON if name in ("questions", "details") else sa.Date() if name.startswith("valid") else TEXT) for name in texts),
    )  # fmt: skip
    versions = sa.table(
        "article_versions", sa.column("article_id"), sa.column("number"), sa.column("unit_code"),
        *(sa.column(name, articles.c[name].type) for name in texts),
        *(sa.column(name) for name in ("digest", "source", "why", "state", "author", "late", "round", "version", "published_by", "ended_why")),
        *(sa.column(name, JSON) for name in ("writers", "parties")),
        *(sa.column(name, INSTANT) for name in ("created_at", "published_at", "serves_from", "serves_until", "taken_at", "ended_at")),
    )  # fmt: skip
    connection = op.get_bind()
    now = _stored(datetime.now(UTC))
    rows = [
        {
            **{name: getattr(row, name) for name in texts},
            "article_id": row.id, "number": max(1, row.version), "unit_code": row.unit_code, "digest": _digest(row),
            "source": "register", "why": "版本记录之前已在用", "state": "published" if row.active else "withdrawn", "author": "seed",
            "writers": [], "parties": [], "late": False, "round": 0, "version": 1, "created_at": now, "published_at": now,
            "published_by": "seed", "serves_from": _stored(SINCE), "taken_at": now,
            "serves_until": None if row.active else now, "ended_at": None if row.active else now,
            "ended_why": None if row.active else "此前已停用",
        }
        for row in connection.execute(sa.select(articles))
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(versions), rows)


def _stored(at: datetime) -> datetime:
    return at.replace(tzinfo=None) if op.get_bind().dialect.name == "sqlite" else at


def _digest(row: Any) -> str:
    seen = {name: row.unit_code if name == "unit" else getattr(row, name) for name in FIELDS}
    plain = {name: one.isoformat() if isinstance(one, date) else one for name, one in seen.items()}
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("articles") as batch:
        batch.drop_column("editor_id")
