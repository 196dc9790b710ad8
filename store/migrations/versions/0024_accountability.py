"""The accountability file: cases, and how far their collection has come."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
LONG = sa.String(length=200)
TEXT = sa.Text()
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
STATES = ("candidate", "verified", "dismissed", "proposed", "decided")
OUTCOMES = ("accountable", "criticised", "summoned", "warned", "rectified", "none")


def _in(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    steps = [
        column
        for name in ("verified", "dismissed", "proposed", "decided")
        for column in (
            sa.Column(f"{name}_by", WORD, nullable=True),
            sa.Column(f"{name}_at", INSTANT, nullable=True),
            sa.Column(f"{name}_words", TEXT, nullable=True),
        )
    ]
    op.create_table(
        "accountability_cases",
        sa.Column("id", WORD, nullable=False),
        sa.Column("key", LONG, nullable=False),
        sa.Column("about", LONG, nullable=False),
        sa.Column("situation", WORD, nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("clauses", JSON, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("found_by", WORD, nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("outcome", WORD, nullable=True),
        *steps,
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(_in("state", STATES), name=op.f("ck_accountability_cases_state")),
        sa.CheckConstraint(_in("outcome", OUTCOMES), name=op.f("ck_accountability_cases_outcome")),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_accountability_cases_unit_code"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_accountability_cases_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accountability_cases"),
        sa.UniqueConstraint("key", name="uq_accountability_cases_key"),
    )
    for name, columns in (
        ("about", ["about"]),
        ("ticket_id", ["ticket_id"]),
        ("unit", ["unit_code", "state"]),
        ("state", ["state", "happened_at"]),
    ):
        op.create_index(f"ix_accountability_cases_{name}", "accountability_cases", columns)
    op.create_table(
        "accountability_cursors",
        sa.Column("name", WORD, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("ref", WORD, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_accountability_cursors"),
    )


def downgrade() -> None:
    op.drop_table("accountability_cursors")
    op.drop_table("accountability_cases")
