"""The registers: units, lines, trunks, people, seats, knowledge, refusal grounds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
TABLES = ("units", "lines", "trunks", "users", "seats", "articles", "refusals", "cue_sets")


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("code", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("aliases", JSON, nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_units"),
    )

    op.create_table(
        "lines",
        sa.Column("number", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("mode", WORD, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("expert_seat", sa.Boolean(), nullable=False),
        sa.Column("target", WORD, nullable=False),
        sa.Column("clause", TEXT, nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_lines_unit_code"),
        sa.PrimaryKeyConstraint("number", name="pk_lines"),
    )
    op.create_index("ix_lines_unit_code", "lines", ["unit_code"])

    op.create_table(
        "trunks",
        sa.Column("name", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("username", TEXT, nullable=True),
        sa.Column("secret", TEXT, nullable=True),
        sa.Column("display_number", WORD, nullable=True),
        sa.Column("assert_identity", sa.Boolean(), nullable=False),
        sa.Column("early_media", sa.Boolean(), nullable=False),
        sa.Column("qualify_s", sa.Integer(), nullable=False),
        sa.Column("failover_order", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('ip', 'registration')", name=op.f("ck_trunks_kind")),
        sa.PrimaryKeyConstraint("name", name="pk_trunks"),
    )

    op.create_table(
        "users",
        sa.Column("id", WORD, nullable=False),
        sa.Column("login", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_users_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
    )

    op.create_table(
        "seats",
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sip_user", WORD, nullable=False),
        sa.Column("sip_secret", TEXT, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("pause_reason", TEXT, nullable=True),
        sa.Column("skills", JSON, nullable=False),
        sa.Column("user_id", WORD, nullable=True),
        sa.Column("idle_since", INSTANT, nullable=True),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('logged_out', 'ready', 'paused', 'reserved', 'ringing', 'talking', 'wrap_up')",
            name=op.f("ck_seats_state"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_seats_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_seats"),
        sa.UniqueConstraint("sip_user", name="uq_seats_sip_user"),
        sa.UniqueConstraint("user_id", name="uq_seats_user_id"),
    )
    op.create_index("ix_seats_call_id", "seats", ["call_id"])
    op.create_index("ix_seats_routing", "seats", ["state", "idle_since"])

    op.create_table(
        "articles",
        sa.Column("id", WORD, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("clause", TEXT, nullable=False),
        sa.Column("city", WORD, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_articles_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
    )
    op.create_index("ix_articles_unit_code", "articles", ["unit_code"])

    op.create_table(
        "refusals",
        sa.Column("code", WORD, nullable=False),
        sa.Column("profile", WORD, nullable=False),
        sa.Column("clause", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("cues", JSON, nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_refusals"),
    )

    op.create_table(
        "cue_sets",
        sa.Column("code", WORD, nullable=False),
        sa.Column("strong", JSON, nullable=False),
        sa.Column("weak", JSON, nullable=False),
        sa.Column("counter", JSON, nullable=False),
        sa.Column("when_done", sa.Boolean(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_cue_sets"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
