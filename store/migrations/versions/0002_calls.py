"""Calls and what was said in them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
TABLES = ("calls", "legs", "recordings", "utterances", "proposals")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", WORD, nullable=False),
        sa.Column("linkedid", sa.String(length=128), nullable=False),
        sa.Column("line", WORD, nullable=False),
        sa.Column("caller", TEXT, nullable=False),
        sa.Column("caller_hash", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=128), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("step", WORD, nullable=False),
        sa.Column("queued_at", INSTANT, nullable=True),
        sa.Column("arrived_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("prompts_ended_at", INSTANT, nullable=True),
        sa.Column("agent_answered_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", WORD, nullable=True),
        sa.Column("seat_id", WORD, nullable=True),
        sa.Column("user_id", WORD, nullable=True),
        sa.Column("talk_seconds", sa.Double(), nullable=True),
        sa.Column("menu_state", JSON, nullable=False),
        sa.Column("outcome", WORD, nullable=True),
        sa.Column("outcome_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('ticket', 'answered', 'refused', 'message', 'abandoned')",
            name=op.f("ck_calls_outcome"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("linkedid", name="uq_calls_linkedid"),
    )
    op.create_index("ix_calls_arrived_at", "calls", ["arrived_at"])
    op.create_index("ix_calls_caller", "calls", ["caller_hash", "arrived_at"])
    op.create_index("ix_calls_no_outcome", "calls", ["ended_at"], **_where("outcome IS NULL"))
    op.create_index("ix_calls_open", "calls", ["state", "queued_at"], **_where("ended_at IS NULL"))
    op.create_index("ix_calls_seat_id", "calls", ["seat_id"])

    op.create_table(
        "legs",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("channel", sa.String(length=128), nullable=False),
        sa.Column("number", WORD, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", WORD, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.CheckConstraint("role IN ('citizen', 'agent')", name=op.f("ck_legs_role")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_legs_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_legs"),
    )
    op.create_index("ix_legs_call_id", "legs", ["call_id"])

    op.create_table(
        "recordings",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("stem", sa.String(length=200), nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("sha256", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("problem", TEXT, nullable=True),
        sa.Column("transcribed_at", INSTANT, nullable=True),
        sa.Column("engine", sa.String(length=128), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'ready', 'failed')", name=op.f("ck_recordings_state")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_recordings_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.UniqueConstraint("stem", name="uq_recordings_stem"),
    )
    op.create_index("ix_recordings_call_id", "recordings", ["call_id"])
    op.create_index("ix_recordings_work", "recordings", ["state", "transcribed_at"])

    op.create_table(
        "utterances",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("speaker", WORD, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("source", WORD, nullable=False),
        sa.Column("engine", sa.String(length=128), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("source IN ('live', 'after_call')", name=op.f("ck_utterances_source")),
        sa.CheckConstraint("speaker IN ('citizen', 'agent')", name=op.f("ck_utterances_speaker")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_utterances_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_utterances"),
    )
    op.create_index("ix_utterances_call", "utterances", ["call_id", "source", "start_s"])

    op.create_table(
        "proposals",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("ref", WORD, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("confident", sa.Boolean(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decision", WORD, nullable=True),
        sa.Column("decided_by", WORD, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("decision IN ('accepted', 'overridden')", name=op.f("ck_proposals_decision")),
        sa.CheckConstraint("kind IN ('answer', 'unit', 'refusal')", name=op.f("ck_proposals_kind")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_proposals_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.UniqueConstraint("call_id", "round", "kind", "rank", name="uq_proposals_call_id_round_kind_rank"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
