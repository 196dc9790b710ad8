"""Replies with what the gate found in them, codes for citizens without an account, calls joined for a unit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
HASH = sa.String(length=128)
TEXT = sa.Text()
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("id", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("unaddressed", sa.Integer(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("told_how", WORD, nullable=True),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('unit', 'individual')", name=op.f("ck_replies_kind")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_replies_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
    )
    op.create_index("ix_replies_unit", "replies", ["unit_code", "at"])
    op.create_index("ix_replies_ticket", "replies", ["ticket_id", "at"])
    op.create_table(
        "ticket_codes",
        sa.Column("id", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=False),
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_codes_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_codes"),
    )
    op.create_index("ix_ticket_codes_ticket", "ticket_codes", ["ticket_id", "at"])
    op.create_table(
        "unit_calls",
        sa.Column("id", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("phone_id", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("result", WORD, nullable=True),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('dialling', 'joined', 'over')", name=op.f("ck_unit_calls_state")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_unit_calls_ticket_id"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_unit_calls_call_id"),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_unit_calls_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_calls"),
        sa.UniqueConstraint("call_id", name="uq_unit_calls_call_id"),
    )
    op.create_index("ix_unit_calls_ticket", "unit_calls", ["ticket_id", "at"])


def downgrade() -> None:
    for name in ("unit_calls", "ticket_codes", "replies"):
        op.drop_table(name)
