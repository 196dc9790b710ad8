"""A ticket decided anew leaves a precedent again: one that holds, beside those that were retired."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

HOLDS = sa.text("retired_at IS NULL")
EARLIER = """
    EXISTS (SELECT 1 FROM precedents AS other WHERE other.ticket_id = precedents.ticket_id
        AND (other.decided_at > precedents.decided_at
            OR (other.decided_at = precedents.decided_at AND other.id > precedents.id)))
"""


def upgrade() -> None:
    with op.batch_alter_table("precedents") as batch:
        batch.drop_constraint("uq_precedents_ticket_id", type_="unique")
    op.create_index("ix_precedents_ticket_id", "precedents", ["ticket_id"])
    op.create_index(
        "uq_precedents_holds", "precedents", ["ticket_id"], unique=True, sqlite_where=HOLDS, postgresql_where=HOLDS
    )  # fmt: skip


def downgrade() -> None:
    """An older version keeps one per ticket: the last; that others were retired stands in their events."""
    op.drop_index("uq_precedents_holds", "precedents")
    op.drop_index("ix_precedents_ticket_id", "precedents")
    op.execute(f"DELETE FROM precedents WHERE {EARLIER}")
    with op.batch_alter_table("precedents") as batch:
        batch.create_unique_constraint("uq_precedents_ticket_id", ["ticket_id"])
