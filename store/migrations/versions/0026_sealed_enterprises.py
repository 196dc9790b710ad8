"""Who raised an enterprise's matter is sealed; what was copied there from a ticket's citizen goes out again.

The worker seals the rows that are left in the clear, as it does for every column that older versions kept so.
"""

import sqlalchemy as sa
from alembic import op

from store.keys import is_sealed

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

COPIED = """
    SELECT i.id FROM enterprise_items i JOIN tickets t ON t.id = i.ticket_id
    WHERE i.matter = t.title AND i."by" = t.filed_by
"""
"""The lines that filing wrote by itself."""


def upgrade() -> None:
    op.execute(f"UPDATE enterprise_items SET enterprise = matter WHERE id IN ({COPIED})")
    op.execute(
        "UPDATE enterprise_items SET enterprise = '诉求人' WHERE ticket_id IN "
        "(SELECT id FROM tickets WHERE confidential)"
    )


def downgrade() -> None:
    """An older version reads the column as it is: what is sealed is opened with this engine's keys."""
    connection = op.get_bind()
    ring = getattr(connection.dialect, "hotline_keyring", None)
    rows = connection.execute(sa.text("SELECT id, enterprise FROM enterprise_items")).all()
    for item, name in rows:
        if ring is not None and is_sealed(name):
            opened = {"id": item, "name": ring.open(name)}
            connection.execute(
                sa.text("UPDATE enterprise_items SET enterprise = :name WHERE id = :id"), opened
            )
