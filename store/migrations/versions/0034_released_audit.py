"""A month of the audit record leaves by release, as sheets and figures do (效能监察数据, 001 26(一))."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BEFORE = ("recording", "ticket", "statistics", "knowledge", "identity", "evidence", "assessment")
AFTER = (*BEFORE, "audit")


def _kinds(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("releases") as batch:
        batch.drop_constraint(op.f("ck_releases_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_releases_kind"), f"kind IN ({words})")


def upgrade() -> None:
    _kinds(AFTER)


def downgrade() -> None:
    """Such a release stays on record as one of figures: its votes can't be removed."""
    op.execute("UPDATE releases SET kind = 'statistics' WHERE kind = 'audit'")
    _kinds(BEFORE)
