"""Who was called into a call, and what they were asked: an expert's own list of invitations."""

import sqlalchemy as sa
from alembic import op

from store.columns import word

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transfers", sa.Column("third_user", word()))
    op.add_column("transfers", sa.Column("ask", sa.Text()))
    op.create_index("ix_transfers_third_user", "transfers", ["third_user"])


def downgrade() -> None:
    op.drop_index("ix_transfers_third_user", "transfers")
    op.drop_column("transfers", "ask")
    op.drop_column("transfers", "third_user")
