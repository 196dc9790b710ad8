"""Words in events' facts are sealed. The column is as it was; the worker seals the events that are there, and they are read meanwhile."""

from store.migrations.opening import opened

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to change: an event of an older version is read as it is."""


def downgrade() -> None:
    opened("events", "payload", key="seq", in_json=True)
