"""智能质检: rules in their versions, checks of calls, people's reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "quality_rules",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_quality_rules"),
    )
    op.create_table(
        "quality_checks",
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_quality_checks_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_quality_checks"),
    )
    op.create_index("ix_quality_checks_score", "quality_checks", ["score", "checked_at"])
    op.create_index("ix_quality_checks_checked_at", "quality_checks", ["checked_at"])
    op.create_table(
        "quality_reviews",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("marks", JSON, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("agreed", sa.Integer(), nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["quality_checks.call_id"], name="fk_quality_reviews_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_reviews"),
    )
    op.create_index("ix_quality_reviews_call_id", "quality_reviews", ["call_id"])


def downgrade() -> None:
    op.drop_table("quality_reviews")
    op.drop_table("quality_checks")
    op.drop_table("quality_rules")
