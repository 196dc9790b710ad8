"""Releases with two persons' words, and legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
RELEASED = "kind IN ('recording', 'ticket', 'statistics', 'knowledge', 'identity', 'evidence')"
STATES = "state IN ('asked', 'approved', 'refused', 'withdrawn')"
ON = sa.text("lifted_at IS NULL")


def _forbid_changes(table: str) -> None:
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


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("object_id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("asked_by", WORD, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(RELEASED, name=op.f("ck_releases_kind")),
        sa.CheckConstraint(STATES, name=op.f("ck_releases_state")),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_asked_by", "releases", ["asked_by"])
    op.create_index("ix_releases_object_id", "releases", ["object_id"])
    op.create_index("ix_releases_state", "releases", ["state", "asked_at"])
    op.create_table(
        "release_votes",
        sa.Column("id", WORD, nullable=False),
        sa.Column("release_id", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("verdict", WORD, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("verdict IN ('approve', 'refuse')", name=op.f("ck_release_votes_verdict")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_release_votes_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_release_votes"),
        sa.UniqueConstraint("release_id", "by", name="uq_release_votes_release_id_by"),
    )
    _forbid_changes("release_votes")
    op.create_table(
        "holds",
        sa.Column("id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("object_id", WORD, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("lifted_by", WORD, nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_why", TEXT, nullable=True),
        sa.CheckConstraint("kind IN ('call', 'ticket')", name=op.f("ck_holds_kind")),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index(
        "uq_holds_on", "holds", ["kind", "object_id"], unique=True, sqlite_where=ON, postgresql_where=ON
    )


def downgrade() -> None:
    for table in ("holds", "release_votes", "releases"):
        op.drop_table(table)
