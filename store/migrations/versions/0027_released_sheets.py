"""Assessment sheets leave by release, as recordings and figures do."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BEFORE = ("recording", "ticket", "statistics", "knowledge", "identity", "evidence")
AFTER = (*BEFORE, "assessment")


def _kinds(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("releases") as batch:
        batch.drop_constraint(op.f("ck_releases_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_releases_kind"), f"kind IN ({words})")


def upgrade() -> None:
    _kinds(AFTER)


def downgrade() -> None:
    """A sheet's release stays on record as one of figures: its votes can't be removed."""
    op.execute("UPDATE releases SET kind = 'statistics' WHERE kind = 'assessment'")
    _kinds(BEFORE)
