"""Facts and look-ups are asked for by when they happened: whoever audits a period reads that period, not everything."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_events_at", "events", ["at"])
    op.create_index("ix_lookups_at", "lookups", ["at"])


def downgrade() -> None:
    op.drop_index("ix_lookups_at", "lookups")
    op.drop_index("ix_events_at", "events")
