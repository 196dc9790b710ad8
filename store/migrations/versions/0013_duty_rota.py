"""Who is on duty for which line and when; a transfer that is asked for twice with one key is made once."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "duty_shifts",
        sa.Column("id", WORD, nullable=False),
        sa.Column("line", WORD, nullable=False),
        sa.Column("seat_id", WORD, nullable=True),
        sa.Column("user_id", WORD, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(seat_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_duty_shifts_one_person")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_duty_shifts_forward")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name="fk_duty_shifts_seat_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_duty_shifts_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_duty_shifts"),
    )
    for name in ("line", "seat", "user"):
        column = name if name == "line" else f"{name}_id"
        op.create_index(f"ix_duty_shifts_{name}", "duty_shifts", [column, "ends_at"])
    with op.batch_alter_table("transfers") as batch:
        batch.add_column(sa.Column("request_key", sa.String(length=128), nullable=True))
        batch.create_unique_constraint("uq_transfers_request_key", ["request_key"])


def downgrade() -> None:
    with op.batch_alter_table("transfers") as batch:
        batch.drop_constraint("uq_transfers_request_key", type_="unique")
        batch.drop_column("request_key")
    op.drop_table("duty_shifts")
