"""One table for everything we owe somebody to tell; the texts of before move into it with their ids."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
HASH = sa.String(length=128)
TEXT = sa.Text()
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
CHANNELS = ("sms", "voice", "mail", "webhook")
STATES = ("due", "sending", "sent", "uncertain", "failed", "given_up", "not_sent")
TEXT_STATES = ("due", "sending", "sent", "not_sent", "failed")
KEPT = "id, kind, number_hash, words, token_hash, call_id, ticket_id, due_at, tries, reason, gateway_id, created_at, sent_at, version"


def _one_of(table: str, column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", WORD, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("channel", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("recipient_hash", HASH, nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("token_hash", WORD, nullable=True),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("via", WORD, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("gateway_id", HASH, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("resolved_by", WORD, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("why", TEXT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _one_of("notices", "channel", CHANNELS),
        _one_of("notices", "state", STATES),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_notices_call_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_notices_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
        sa.UniqueConstraint("token_hash", name="uq_notices_token_hash"),
    )
    for column in ("recipient_hash", "subject", "call_id", "ticket_id"):
        op.create_index(f"ix_notices_{column}", "notices", [column])
    op.create_index("ix_notices_due", "notices", ["channel", "state", "due_at"])
    op.create_index("ix_notices_state", "notices", ["state", "created_at"])
    _move_texts()
    op.drop_table("texts")


def _move_texts() -> None:
    """What was being sent by a process that has since ended went through a gateway that takes each id once."""
    own = KEPT.replace("number_hash", "recipient_hash")
    empty = "'{}'" if _sqlite() else "CAST('{}' AS JSONB)"
    day = "datetime(due_at, '+1 day')" if _sqlite() else "due_at + interval '1 day'"
    op.execute(
        f"INSERT INTO notices ({own}, key, channel, subject, recipient, facts, state, expires_at, via) "
        f"SELECT {KEPT}, subject, 'sms', COALESCE(ticket_id, call_id, substr(subject, 1, 64)), number, {empty}, state, {day}, "
        "CASE WHEN tries > 0 THEN 'http' END FROM texts"
    )


def _sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def downgrade() -> None:
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
        _one_of("texts", "state", TEXT_STATES),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_texts_call_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_texts_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_texts"),
        sa.UniqueConstraint("subject", name="uq_texts_subject"),
        sa.UniqueConstraint("token_hash", name="uq_texts_token_hash"),
    )
    for column in ("number_hash", "call_id", "ticket_id"):
        op.create_index(f"ix_texts_{column}", "texts", [column])
    op.create_index("ix_texts_due", "texts", ["state", "due_at"])
    own = KEPT.replace("number_hash", "recipient_hash")
    state = "CASE WHEN state IN ('uncertain', 'given_up') THEN 'failed' ELSE state END"
    op.execute(
        f"INSERT INTO texts ({KEPT}, subject, number, state) SELECT {own}, substr(key, 1, 128), recipient, {state} "
        "FROM notices WHERE channel = 'sms'"
    )
    op.drop_table("notices")
