"""Several matters of one call each have their line in the enterprises' ledger (Chenzhou 二.7)."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

LATER = """
    EXISTS (SELECT 1 FROM enterprise_items AS other WHERE other.call_id = enterprise_items.call_id
        AND (other.at < enterprise_items.at OR (other.at = enterprise_items.at AND other.id < enterprise_items.id)))
"""


def upgrade() -> None:
    with op.batch_alter_table("enterprise_items") as batch:
        batch.drop_constraint("uq_enterprise_items_call_id", type_="unique")
    op.create_index("ix_enterprise_items_call_id", "enterprise_items", ["call_id"])


def downgrade() -> None:
    """An older version knows one line of a call: the others keep their tickets only."""
    op.drop_index("ix_enterprise_items_call_id", "enterprise_items")
    op.execute(f"UPDATE enterprise_items SET call_id = NULL WHERE {LATER}")
    with op.batch_alter_table("enterprise_items") as batch:
        batch.create_unique_constraint("uq_enterprise_items_call_id", ["call_id"])
