"""What staff write about units, colleagues and purposes is sealed, and so are the frozen sheets that quote it.

The columns are as they were; the worker seals the rows that are there, and they are read meanwhile.
"""

from store.migrations.opening import opened

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to change: what an older version wrote is read as it is."""


def downgrade() -> None:
    opened("unit_findings", "what", "note")
    opened("assess_rulings", "reason")
    opened("frozen_sheets", "why")
    opened("frozen_sheets", "sheet", "facts", "changes", in_json=True)
    opened("appeals", "reason", "why")
    opened("knowledge_gaps", "title", "note")
    opened("knowledge_findings", "title", "lifted_why")
    opened("releases", "purpose")
    opened("release_votes", "why")
    opened("holds", "why", "lifted_why")
    opened("precedents", "retired_why")
    opened("lookups", "purpose")
    opened("unit_changes", "why")
    opened("supervision_steps", "why")
    opened("probe_rulings", "reason")
    opened("notices", "why")
