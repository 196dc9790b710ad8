"""Tickets, messages and the append-only records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.String(length=64)
TEXT = sa.Text()
TABLES = ("tickets", "messages", "events", "lookups")
APPEND_ONLY = ("events", "lookups")


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
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def upgrade() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", WORD, nullable=False),
        sa.Column("number", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("type", WORD, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("citizen_name", TEXT, nullable=True),
        sa.Column("caller", TEXT, nullable=False),
        sa.Column("caller_hash", sa.String(length=128), nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("next_alarm_at", INSTANT, nullable=True),
        sa.Column("cards", JSON, nullable=False),
        sa.Column("policy", WORD, nullable=False),
        sa.Column("policy_hash", WORD, nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("clock", JSON, nullable=False),
        sa.Column("filed_by", WORD, nullable=False),
        sa.Column("filed_at", INSTANT, nullable=False),
        sa.Column("dispatched_at", INSTANT, nullable=True),
        sa.Column("signed_at", INSTANT, nullable=True),
        sa.Column("replied_at", INSTANT, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("reply", JSON, nullable=True),
        sa.Column("request_key", sa.String(length=128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_tickets_call_id"),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_tickets_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
        sa.UniqueConstraint("request_key", name="uq_tickets_request_key"),
    )
    op.create_index("ix_tickets_call_id", "tickets", ["call_id"])
    op.create_index("ix_tickets_caller", "tickets", ["caller_hash", "filed_at"])
    op.create_index("ix_tickets_next_alarm_at", "tickets", ["next_alarm_at"])
    op.create_index("ix_tickets_state", "tickets", ["state", "filed_at"])
    op.create_index("ix_tickets_unit", "tickets", ["unit_code", "state", "due_at"])

    op.create_table(
        "messages",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("spool_id", sa.String(length=128), nullable=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("caller", TEXT, nullable=False),
        sa.Column("caller_hash", sa.String(length=128), nullable=False),
        sa.Column("recording", TEXT, nullable=True),
        sa.Column("text", TEXT, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('voicemail', 'unfinished', 'callback', 'abandoned')", name=op.f("ck_messages_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'ticketed')", name=op.f("ck_messages_state")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_messages_call_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_messages_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("call_id", name="uq_messages_call_id"),
        sa.UniqueConstraint("spool_id", name="uq_messages_spool_id"),
    )
    op.create_index("ix_messages_caller_hash", "messages", ["caller_hash"])
    op.create_index("ix_messages_state", "messages", ["state", "created_at"])
    op.create_index("ix_messages_ticket_id", "messages", ["ticket_id"])

    op.create_table(
        "events",
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("id", name="uq_events_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_subject", "events", ["subject", "seq"])

    op.create_table(
        "lookups",
        sa.Column("id", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lookups"),
    )
    op.create_index("ix_lookups_actor", "lookups", ["actor", "at"])
    op.create_index("ix_lookups_subject", "lookups", ["subject", "at"])

    for table in APPEND_ONLY:
        _forbid_changes(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_only()")
