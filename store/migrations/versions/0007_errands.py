"""Calls we owe: call-backs, revisits, text messages and grades; calls that we placed."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
HASH = sa.String(length=128)
TEXT = sa.Text()
BEFORE = ("ticket", "answered", "refused", "message", "abandoned")
AFTER = (*BEFORE, "not_reached", "revisited")
KINDS = ("callback", "abandoned", "cut_off", "revisit")
STATES = ("due", "queued", "dialling", "talking", "done", "given_up", "cancelled")
RESULTS = ("answered", "busy", "no_answer", "rejected", "unreachable", "machine")
GRADES = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied")
VIAS = ("phone_key", "voice", "sms", "online", "agent")


def _one_of(table: str, column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _calls(outcomes: tuple[str, ...], change: Callable[[BatchOperations], None]) -> None:
    """SQLite writes the table anew; PostgreSQL changes it in place."""
    check = str(_one_of("calls", "outcome", outcomes).sqltext)
    with op.batch_alter_table("calls") as batch:
        batch.drop_constraint(op.f("ck_calls_outcome"), type_="check")
        batch.create_check_constraint(op.f("ck_calls_outcome"), check)
        change(batch)


def upgrade() -> None:
    direction = sa.Column("direction", WORD, nullable=False, server_default="in")
    _calls(AFTER, lambda batch: batch.add_column(direction))
    _errands()
    _grades()
    _texts()


def downgrade() -> None:
    for table in ("texts", "grades", "errands"):
        op.drop_table(table)
    op.execute("UPDATE calls SET outcome = 'abandoned' WHERE outcome IN ('not_reached', 'revisited')")
    _calls(BEFORE, lambda batch: batch.drop_column("direction"))


def _errands() -> None:
    op.create_table(
        "errands",
        sa.Column("id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("number_hash", HASH, nullable=False),
        sa.Column("line", WORD, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("place", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("message_id", WORD, nullable=True),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("out_call_id", WORD, nullable=True),
        sa.Column("seat_id", WORD, nullable=True),
        sa.Column("result", WORD, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("words", TEXT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _one_of("errands", "kind", KINDS),
        _one_of("errands", "state", STATES),
        _one_of("errands", "result", RESULTS),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_errands_call_id"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_errands_message_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_errands_ticket_id"),
        sa.ForeignKeyConstraint(["out_call_id"], ["calls.id"], name="fk_errands_out_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_errands"),
        sa.UniqueConstraint("kind", "subject", name="uq_errands_kind_subject"),
    )
    for column in ("number_hash", "call_id", "ticket_id", "out_call_id"):
        op.create_index(f"ix_errands_{column}", "errands", [column])
    owed = "ended_at IS NULL AND kind IN ('callback', 'abandoned', 'cut_off')"
    op.create_index("ix_errands_owed", "errands", ["number_hash"], unique=True, **_where(owed))
    op.create_index("ix_errands_due", "errands", ["state", "due_at"], **_where("ended_at IS NULL"))


def _grades() -> None:
    op.create_table(
        "grades",
        sa.Column("id", WORD, nullable=False),
        sa.Column("stage", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("grade", WORD, nullable=False),
        sa.Column("via", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("clause", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _one_of("grades", "stage", ("intake", "unit")),
        _one_of("grades", "grade", GRADES),
        _one_of("grades", "via", VIAS),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_grades_call_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_grades_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grades"),
        sa.UniqueConstraint("stage", "subject", name="uq_grades_stage_subject"),
    )
    for column in ("call_id", "ticket_id", "at"):
        op.create_index(f"ix_grades_{column}", "grades", [column])


def _texts() -> None:
    op.create_table(
        "texts",
        sa.Column("id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("number_hash", HASH, nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("token_hash", WORD, nullable=True),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("gateway_id", HASH, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _one_of("texts", "state", ("due", "sending", "sent", "not_sent", "failed")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_texts_call_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_texts_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_texts"),
        sa.UniqueConstraint("subject", name="uq_texts_subject"),
        sa.UniqueConstraint("token_hash", name="uq_texts_token_hash"),
    )
    for column in ("number_hash", "call_id", "ticket_id"):
        op.create_index(f"ix_texts_{column}", "texts", [column])
    op.create_index("ix_texts_due", "texts", ["state", "due_at"])
