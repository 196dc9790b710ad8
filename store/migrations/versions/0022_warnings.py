"""Live warnings are found among all events by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

WARNINGS = sa.text("name IN ('ticket.anomaly', 'ticket.sensitive', 'ticket.urgent')")


def upgrade() -> None:
    op.create_index("ix_events_warnings", "events", ["at"], sqlite_where=WARNINGS, postgresql_where=WARNINGS)


def downgrade() -> None:
    op.drop_index("ix_events_warnings", table_name="events")
