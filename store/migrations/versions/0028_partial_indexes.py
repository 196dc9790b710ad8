"""Indexes of columns that are mostly empty hold only what is there.

They are small, and SQLite's own statistics, which count the empty ones as one value, no longer make it read every ticket to find a
ticket's children.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COLUMNS = ("call_id", "parent_id")


def upgrade() -> None:
    for name in COLUMNS:
        there = sa.text(f"{name} IS NOT NULL")
        op.drop_index(f"ix_tickets_{name}", "tickets")
        op.create_index(f"ix_tickets_{name}", "tickets", [name], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_tickets_{name}", "tickets")
        op.create_index(f"ix_tickets_{name}", "tickets", [name])
