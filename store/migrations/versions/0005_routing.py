"""Kinds, skills and penalties of seats, a call's place in line, and kept decisions of routing."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("decisions", "routing_rules")


def upgrade() -> None:
    _seats()
    _calls()
    _decisions()


def downgrade() -> None:
    op.drop_table("decisions")
    op.drop_table("routing_rules")
    op.drop_index("ix_calls_open", "calls")
    for column in ("rank_at", "wants", "widens_at"):
        op.drop_column("calls", column)
    op.create_index("ix_calls_open", "calls", ["state", "queued_at"], **_where("ended_at IS NULL"))
    op.drop_table("seat_skills")
    op.drop_index("ix_seats_routing", "seats")
    for column in ("kind", "region", "turn_at", "misses", "forced", "forced_by", "forced_why", "forced_at"):
        op.drop_column("seats", column)
    op.create_index("ix_seats_routing", "seats", ["state", "idle_since"])


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _seats() -> None:
    for column in (
        sa.Column("kind", WORD, nullable=False, server_default="agent"),
        sa.Column("region", WORD, nullable=False, server_default=""),
        sa.Column("turn_at", INSTANT, nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("forced", WORD, nullable=False, server_default=""),
        sa.Column("forced_by", WORD, nullable=True),
        sa.Column("forced_why", TEXT, nullable=True),
        sa.Column("forced_at", INSTANT, nullable=True),
    ):
        op.add_column("seats", column)
    op.execute("UPDATE seats SET turn_at = idle_since")
    op.drop_index("ix_seats_routing", "seats")
    op.create_index("ix_seats_routing", "seats", ["state", "turn_at"])
    op.create_table(
        "seat_skills",
        sa.Column("skill", WORD, nullable=False),
        sa.Column("seat_id", WORD, nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name="fk_seat_skills_seat_id"),
        sa.PrimaryKeyConstraint("skill", "seat_id", name="pk_seat_skills"),
    )
    op.create_index("ix_seat_skills_seat_id", "seat_skills", ["seat_id"])
    _copy_skills()


def _copy_skills() -> None:
    """Skills stood in the seat's row alone."""
    known = op.get_bind().execute(sa.text("SELECT id, skills FROM seats")).all()
    skills = {seat: json.loads(kept) if isinstance(kept, str) else kept for seat, kept in known}
    rows = [{"seat": seat, "skill": skill} for seat, of_seat in skills.items() for skill in set(of_seat)]
    if rows:
        op.get_bind().execute(
            sa.text("INSERT INTO seat_skills (skill, seat_id) VALUES (:skill, :seat)"), rows
        )


def _calls() -> None:
    op.add_column("calls", sa.Column("rank_at", INSTANT, nullable=True))
    op.add_column("calls", sa.Column("wants", sa.String(length=800), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("widens_at", INSTANT, nullable=True))
    op.execute("UPDATE calls SET rank_at = queued_at WHERE ended_at IS NULL")
    op.drop_index("ix_calls_open", "calls")
    op.create_index("ix_calls_open", "calls", ["state", "rank_at"], **_where("ended_at IS NULL"))


def _decisions() -> None:
    op.create_table(
        "routing_rules",
        sa.Column("hash", WORD, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_routing_rules"),
    )
    op.create_table(
        "decisions",
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("rules", WORD, nullable=False),
        sa.Column("seen", JSON, nullable=False),
        sa.Column("target", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("seat_id", WORD, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("wait_s", sa.Double(), nullable=True),
        sa.Column("won", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_decisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_call_id", "decisions", ["call_id", "seq"])
    for table in APPEND_ONLY:
        _forbid_changes(table)


def _forbid_changes(table: str) -> None:
    """The database itself refuses to change or remove what was appended."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
