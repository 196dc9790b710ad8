"""The line register's modes, statuses and ways to reach a line; numbers withdrawn for ever; who answers elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
MODES = (
    "mode IN ('host', 'merged', 'dual_number', 'sub_centre', 'direct_merge', 'call_forward', 'parallel', "
    "'emergency', 'utility', 'intake', 'queue')"
)


def upgrade() -> None:
    """Rows so far were all seeded by the program: version 0 lets the city's own file replace them at the next start."""
    op.execute("UPDATE lines SET target = '' WHERE target = number OR mode IN ('dual_number', 'host')")
    op.execute("UPDATE lines SET status = 'part_time_119' WHERE status = 'answered_by_119'")
    op.execute("UPDATE lines SET status = 'active' WHERE status = ''")
    with op.batch_alter_table("lines") as lines:
        lines.add_column(sa.Column("key", WORD, nullable=True))
        lines.add_column(sa.Column("note", TEXT, nullable=False, server_default=""))
        lines.add_column(sa.Column("reach", JSON, nullable=False, server_default=sa.text("'{}'")))
        lines.add_column(sa.Column("answer", JSON, nullable=False, server_default=sa.text("'{}'")))
        lines.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
        lines.add_column(sa.Column("updated_at", INSTANT, nullable=True))
        lines.drop_column("details")
        lines.create_unique_constraint(op.f("uq_lines_key"), ["key"])
        lines.create_check_constraint(op.f("ck_lines_mode"), MODES)
    with op.batch_alter_table("lines") as lines:
        for name in ("note", "reach", "answer", "version"):
            lines.alter_column(name, server_default=None)

    op.create_table(
        "withdrawn_lines",
        sa.Column("number", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_withdrawn_lines")),
    )
    op.create_table(
        "line_states",
        sa.Column("number", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("source", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed', 'unknown')", name=op.f("ck_line_states_state")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_line_states")),
    )


def downgrade() -> None:
    """Lines in a mode the older program doesn't know are forgotten by it."""
    op.drop_table("line_states")
    op.drop_table("withdrawn_lines")
    op.execute("DELETE FROM lines WHERE mode NOT IN ('host', 'merged', 'dual_number', 'sub_centre')")
    op.execute("UPDATE lines SET status = 'answered_by_119' WHERE status = 'part_time_119'")
    op.execute("UPDATE lines SET target = '12345' WHERE mode IN ('host', 'dual_number')")
    op.execute("UPDATE lines SET target = number WHERE mode = 'sub_centre'")
    with op.batch_alter_table("lines") as lines:
        lines.drop_constraint(op.f("ck_lines_mode"), type_="check")
        lines.drop_constraint(op.f("uq_lines_key"), type_="unique")
        for name in ("key", "note", "reach", "answer", "version", "updated_at"):
            lines.drop_column(name)
        lines.add_column(sa.Column("details", JSON, nullable=False, server_default=sa.text("'{}'")))
    with op.batch_alter_table("lines") as lines:
        lines.alter_column("details", server_default=None)
