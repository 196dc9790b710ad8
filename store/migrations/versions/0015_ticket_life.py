"""Tickets with a parent, kinds of matter, urgency, confidentiality; what was decided on duty disputes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
RELATIONS = ("assist", "supervision", "descent", "split", "repeat", "merged")


def _one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.add_column(sa.Column("parent_id", WORD, nullable=True))
        batch.add_column(sa.Column("relation", WORD, nullable=True))
        for name, default in (("intake", ""), ("urgency", "normal"), ("place", "")):
            batch.add_column(sa.Column(name, WORD, nullable=False, server_default=default))
        for name in ("confidential", "enforcement"):
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_foreign_key("fk_tickets_parent_id", "tickets", ["parent_id"], ["id"])
        batch.create_check_constraint(op.f("ck_tickets_relation"), _one_of("relation", *RELATIONS))
        batch.create_check_constraint(op.f("ck_tickets_urgency"), _one_of("urgency", "normal", "urgent"))
    with op.batch_alter_table("tickets") as batch:
        for name in ("intake", "urgency", "place", "confidential", "enforcement"):
            batch.alter_column(name, server_default=None)
    op.create_index("ix_tickets_parent_id", "tickets", ["parent_id"])
    op.create_table(
        "precedents",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("rung", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=False),
        sa.Column("decided_by", WORD, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("retired_by", WORD, nullable=True),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.Column("retired_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_precedents_unit_code"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_precedents_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_precedents"),
        sa.UniqueConstraint("ticket_id", name="uq_precedents_ticket_id"),
    )
    op.create_index("ix_precedents_unit", "precedents", ["unit_code", "retired_at"])


def downgrade() -> None:
    op.drop_table("precedents")
    op.drop_index("ix_tickets_parent_id", "tickets")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_constraint(op.f("ck_tickets_urgency"), type_="check")
        batch.drop_constraint(op.f("ck_tickets_relation"), type_="check")
        batch.drop_constraint("fk_tickets_parent_id", type_="foreignkey")
        for name in ("parent_id", "relation", "intake", "urgency", "place", "confidential", "enforcement"):
            batch.drop_column(name)
