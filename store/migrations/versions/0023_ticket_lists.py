"""Lists of tickets newest first, and by deadline, with a million of them open."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_tickets_unit_filed": ["unit_code", "filed_at"], "ix_tickets_filed": ["filed_at"], "ix_tickets_due": ["due_at"],
}  # fmt: skip


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "tickets", columns)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.drop_index(name, "tickets")
