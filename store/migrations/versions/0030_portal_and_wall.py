"""Citizens file online with a code to their telephone and with pictures; screens on a wall have rights of their own."""

import sqlalchemy as sa
from alembic import op

from store.columns import word

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_codes",
        sa.Column("id", word(), primary_key=True),
        sa.Column("phone_hash", sa.String(128), nullable=False),
        sa.Column("code_hash", sa.String(128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("used", word(128)),
    )
    op.create_index("ix_phone_codes_phone", "phone_codes", ["phone_hash", "at"])
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
    op.create_table(
        "wall_screens",
        sa.Column("id", word(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(128), nullable=False, unique=True),
        sa.Column("made_by", word(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", word()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.drop_table("wall_screens")
    op.drop_table("ticket_photos")
    op.drop_table("phone_codes")
