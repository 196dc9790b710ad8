"""The chain over events and look-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.String(length=64)
HASH = sa.String(length=128)


def forbid_changes(table: str) -> None:
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


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("n", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("table_name", WORD, nullable=False),
        sa.Column("row_id", WORD, nullable=False),
        sa.Column("previous", HASH, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_audit_chain"),
    )
    op.create_index("uq_audit_chain_row", "audit_chain", ["table_name", "row_id"], unique=True)
    forbid_changes("audit_chain")


def downgrade() -> None:
    op.drop_table("audit_chain")
