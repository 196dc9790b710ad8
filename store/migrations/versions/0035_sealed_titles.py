"""Titles are sealed, and what else was left in the clear of citizens' words and of what staff wrote about a caller.

The worker seals the rows that are there, and marks their titles; until then they are read and found as they are.
"""

import sqlalchemy as sa
from alembic import op

from store.migrations.opening import opened

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("title_marks", sa.Text()))


def downgrade() -> None:
    op.drop_column("tickets", "title_marks")
    opened("tickets", "title")
    opened("precedents", "matter", "basis")
    opened("enterprise_items", "matter", "result")
    opened("supervision_orders", "publish_why", "decided_why", "result")
    opened("blocks", "reason")
    opened("block_reviews", "why")
    opened("call_tags", "note")
    opened("care_callers", "basis")
    opened("proposals", "evidence", in_json=True)
    opened("replies", "findings", in_json=True)
