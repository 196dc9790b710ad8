"""Live sound may be heard by another process than the one that taps it: whose a stream is stands where both can read it."""

import sqlalchemy as sa
from alembic import op

from store.columns import word

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taps",
        sa.Column("stream", word(), primary_key=True),
        sa.Column("call_id", word(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("channel", word(128), nullable=False),
        sa.Column("speaker", word(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("call_id", "channel", name="uq_taps_call_id_channel"),
    )


def downgrade() -> None:
    op.drop_table("taps")
