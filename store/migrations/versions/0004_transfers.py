"""Three-way calls: transfers, wider legs, recordings of single legs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
TWO = ("citizen", "agent")
ALL = (*TWO, "expert", "sub_centre", "unit", "emergency", "utility", "supervisor", "county")
CHECKED = {"legs": "role", "utterances": "speaker"}


def upgrade() -> None:
    op.add_column("legs", sa.Column("transfer_id", WORD, nullable=True))
    op.add_column("recordings", sa.Column("leg_id", WORD, nullable=True))
    op.add_column("utterances", sa.Column("recording_id", WORD, nullable=True))
    _allow(ALL)
    op.create_table(
        "transfers",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("how", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("ref", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("leg_id", WORD, nullable=False),
        sa.Column("channel", sa.String(length=128), nullable=False),
        sa.Column("third_seat", WORD, nullable=True),
        sa.Column("seat_id", WORD, nullable=True),
        sa.Column("user_id", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("place", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("merged_at", INSTANT, nullable=True),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("attitude", JSON, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _check("transfers", "how", ("consult", "blind", "three_way")),
        _check("transfers", "kind", ("line", "seat", "unit", "emergency", "number", "specialist")),
        _check("transfers", "state", ("ringing", "talking", "merged", "over", "failed")),
        _check("transfers", "place", ("consult", "swapped", "aside", "room", "blind", "gone")),
        _check(
            "transfers",
            "reason",
            ("busy", "no_answer", "rejected", "unreachable", "congestion", "timeout", "cancelled"),
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_transfers_call_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_transfers_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_call_id", "transfers", ["call_id"])
    op.create_index("ix_transfers_requested_at", "transfers", ["requested_at"])
    op.create_index("ix_transfers_user_id", "transfers", ["user_id"])
    where = sa.text("state IN ('ringing', 'talking')")
    op.create_index(
        "uq_transfers_open", "transfers", ["call_id"], unique=True, sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_table("transfers")
    op.execute("DELETE FROM utterances WHERE speaker NOT IN ('citizen', 'agent')")
    op.execute("DELETE FROM legs WHERE role NOT IN ('citizen', 'agent')")
    _allow(TWO)
    for table, column in (
        ("utterances", "recording_id"),
        ("recordings", "leg_id"),
        ("legs", "transfer_id"),
    ):
        op.drop_column(table, column)


def _check(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}"))


def _allow(roles: tuple[str, ...]) -> None:
    """Whose legs and whose words there may be."""
    words = ", ".join(f"'{role}'" for role in roles)
    for table, column in CHECKED.items():
        name = op.f(f"ck_{table}_{column}")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, f"{column} IN ({words})")
