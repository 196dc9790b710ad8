"""Models learned from the house's own decisions, by version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "learned_models",
        sa.Column("id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("learned_from", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", WORD, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("served_by", WORD, nullable=True),
        sa.Column("served_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'serving', 'past')", name=op.f("ck_learned_models_state")),
        sa.PrimaryKeyConstraint("id", name="pk_learned_models"),
        sa.UniqueConstraint("kind", "version", name="uq_learned_models_kind_version"),
    )
    op.create_index("ix_learned_models_state", "learned_models", ["kind", "state"])


def downgrade() -> None:
    op.drop_table("learned_models")
