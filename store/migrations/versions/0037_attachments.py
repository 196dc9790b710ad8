"""Agents, the office and units attach pictures and documents too: citizens' photos become attachments."""

import sqlalchemy as sa
from alembic import op

from store.columns import word

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_PHOTO = "id, ticket_id, width, height, size, sha256, body, at"


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", word(), primary_key=True),
        sa.Column("ticket_id", word(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("kind", word(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("by", word(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", word(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'document')", name=op.f("ck_attachments_kind")),
    )
    op.create_index("ix_attachments_ticket", "attachments", ["ticket_id", "at"])
    op.execute(
        f"INSERT INTO attachments ({_PHOTO}, kind, \"by\") SELECT {_PHOTO}, 'photo', 'citizen' FROM ticket_photos"
    )
    op.drop_table("ticket_photos")


def downgrade() -> None:
    """Documents have no place in the older version."""
    op.create_table(
        "ticket_photos",
        sa.Column("id", word(), primary_key=True),
        sa.Column("ticket_id", word(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", word(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_ticket_photos_ticket", "ticket_photos", ["ticket_id", "at"])
    op.execute(f"INSERT INTO ticket_photos ({_PHOTO}) SELECT {_PHOTO} FROM attachments WHERE kind = 'photo'")
    op.drop_table("attachments")
