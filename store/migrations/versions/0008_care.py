"""Callers in need of care, blocked callers, supervision of calls."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
HASH = sa.String(length=128)
TEXT = sa.Text()
TABLES = (
    "supervisions",
    "supervision_steps",
    "call_tags",
    "blocks",
    "block_reviews",
    "care_callers",
    "specialists",
    "enterprise_items",
)
APPEND_ONLY = ("supervision_steps", "block_reviews")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _words(column: str, table: str, *values: str) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}"))


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


def upgrade() -> None:
    _supervision()
    _nuisance()
    _care()
    _enterprises()
    for table in APPEND_ONLY:
        _forbid_changes(table)


def _supervision() -> None:
    op.create_table(
        "supervisions",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("seat_id", WORD, nullable=False),
        sa.Column("user_id", WORD, nullable=False),
        sa.Column("agent_id", WORD, nullable=True),
        sa.Column("agent_seat", WORD, nullable=False),
        sa.Column("mode", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("channel", HASH, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("joined_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _words("mode", "supervisions", "listen", "whisper", "barge", "take_over"),
        _words("state", "supervisions", "ringing", "on", "ended"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_supervisions_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_supervisions"),
    )
    op.create_index("ix_supervisions_call_id", "supervisions", ["call_id"])
    op.create_index(
        "ix_supervisions_on", "supervisions", ["seat_id"], unique=True, **_where("ended_at IS NULL")
    )
    op.create_table(
        "supervision_steps",
        sa.Column("id", WORD, nullable=False),
        sa.Column("supervision_id", WORD, nullable=True),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("seat_id", WORD, nullable=False),
        sa.Column("agent_id", WORD, nullable=True),
        sa.Column("user_id", WORD, nullable=False),
        sa.Column("deed", WORD, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_supervision_steps"),
    )
    op.create_index("ix_supervision_steps_agent", "supervision_steps", ["agent_id", "at"])
    op.create_index("ix_supervision_steps_call", "supervision_steps", ["call_id", "at"])


def _nuisance() -> None:
    op.create_table(
        "call_tags",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("tag", WORD, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("removed_by", WORD, nullable=True),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_tags_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_tags"),
        sa.UniqueConstraint("call_id", "tag", name="uq_call_tags_call_id_tag"),
    )
    op.create_index("ix_call_tags_tag", "call_tags", ["tag"])
    op.create_table(
        "blocks",
        sa.Column("id", WORD, nullable=False),
        sa.Column("caller", TEXT, nullable=False),
        sa.Column("caller_hash", HASH, nullable=False),
        sa.Column("tag", WORD, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("review_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _words("state", "blocks", "active", "lifted"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_blocks_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
    )
    op.create_index("ix_blocks_caller", "blocks", ["caller_hash", "expires_at"])
    op.create_index("ix_blocks_review", "blocks", ["state", "review_at"])
    op.create_table(
        "block_reviews",
        sa.Column("id", WORD, nullable=False),
        sa.Column("block_id", WORD, nullable=False),
        sa.Column("deed", WORD, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _words("deed", "block_reviews", "kept", "lifted"),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name="fk_block_reviews_block_id"),
        sa.PrimaryKeyConstraint("id", name="pk_block_reviews"),
    )
    op.create_index("ix_block_reviews_block_id", "block_reviews", ["block_id"])


def _care() -> None:
    op.create_table(
        "care_callers",
        sa.Column("id", WORD, nullable=False),
        sa.Column("caller", TEXT, nullable=False),
        sa.Column("caller_hash", HASH, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("skill", WORD, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("consent_at", INSTANT, nullable=True),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_by", WORD, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        _words("kind", "care_callers", "elderly", "disabled"),
        sa.PrimaryKeyConstraint("id", name="pk_care_callers"),
    )
    op.create_index(
        "ix_care_callers_caller", "care_callers", ["caller_hash"], unique=True, **_where("ended_at IS NULL")
    )


def _enterprises() -> None:
    op.create_table(
        "specialists",
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("topics", JSON, nullable=False),
        sa.Column("seat_id", WORD, nullable=True),
        sa.Column("number", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_specialists_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_specialists"),
    )
    op.create_index("ix_specialists_unit_code", "specialists", ["unit_code"])
    op.create_table(
        "enterprise_items",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("specialist_id", WORD, nullable=True),
        sa.Column("enterprise", TEXT, nullable=False),
        sa.Column("credit_code", WORD, nullable=False),
        sa.Column("matter", TEXT, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("closed_by", WORD, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("result", TEXT, nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _words("state", "enterprise_items", "assigned", "closed"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_enterprise_items_call_id"),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialists.id"], name="fk_enterprise_items_specialist_id"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_enterprise_items_ticket_id"),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_enterprise_items_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_enterprise_items"),
        sa.UniqueConstraint("call_id", name="uq_enterprise_items_call_id"),
    )
    op.create_index("ix_enterprise_items_state", "enterprise_items", ["state", "at"])
    op.create_index("ix_enterprise_items_ticket_id", "enterprise_items", ["ticket_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
