"""How units are assessed: findings, rulings, frozen sheets with their rules and facts, appeals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
FINDINGS = (
    "praised", "adopted", "attitude", "accountable", "criticised", "rules_document", "procedure_document", "network_outage",
    "notice_missed", "knowledge_late", "pressed_overdue", "notice_overdue", "on_site_undone", "leader_ordered", "shirking",
)  # fmt: skip
APPEND_ONLY = ("frozen_sheets", "assess_rules", "assess_rulings")


def _in(column: str, values: tuple[str, ...]) -> str:
    words = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({words})"


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
    _findings()
    _rulings()
    _sheets()
    _appeals()
    for table in APPEND_ONLY:
        _forbid_changes(table)


def _findings() -> None:
    op.create_table(
        "unit_findings",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("ticket_id", WORD, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reviewed_by", WORD, nullable=True),
        sa.Column("reviewed_at", INSTANT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(_in("kind", FINDINGS), name=op.f("ck_unit_findings_kind")),
        sa.CheckConstraint(
            _in("state", ("proposed", "confirmed", "rejected", "withdrawn")),
            name=op.f("ck_unit_findings_state"),
        ),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_unit_findings_unit_code"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_unit_findings_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_findings"),
    )
    op.create_index("ix_unit_findings_unit", "unit_findings", ["unit_code", "happened_at"])
    op.create_index("ix_unit_findings_ticket_id", "unit_findings", ["ticket_id"])


def _rulings() -> None:
    op.create_table(
        "assess_rulings",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_assess_rulings_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_assess_rulings"),
    )
    op.create_index("ix_assess_rulings_unit_code", "assess_rulings", ["unit_code"])
    op.create_index("ix_assess_rulings_starts_at", "assess_rulings", ["starts_at"])


def _sheets() -> None:
    op.create_table(
        "assess_rules",
        sa.Column("hash", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_assess_rules"),
    )
    op.create_table(
        "frozen_sheets",
        sa.Column("id", WORD, nullable=False),
        sa.Column("profile", WORD, nullable=False),
        sa.Column("period", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("formula", WORD, nullable=False),
        sa.Column("policy_hash", WORD, nullable=False),
        sa.Column("facts_hash", WORD, nullable=False),
        sa.Column("points", WORD, nullable=True),
        sa.Column("sheet", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("frozen_by", WORD, nullable=False),
        sa.Column("frozen_at", INSTANT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_frozen_sheets_unit_code"),
        sa.ForeignKeyConstraint(["policy_hash"], ["assess_rules.hash"], name="fk_frozen_sheets_policy_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_frozen_sheets"),
        sa.UniqueConstraint(
            "profile",
            "period",
            "unit_code",
            "version",
            name=op.f("uq_frozen_sheets_profile_period_unit_code_version"),
        ),
    )
    op.create_index("ix_frozen_sheets_unit", "frozen_sheets", ["unit_code", "period"])


def _appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", WORD, nullable=False),
        sa.Column("sheet_id", WORD, nullable=False),
        sa.Column("profile", WORD, nullable=False),
        sa.Column("period", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("decided_by", WORD, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("why", TEXT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(_in("state", ("open", "granted", "refused")), name=op.f("ck_appeals_state")),
        sa.ForeignKeyConstraint(["sheet_id"], ["frozen_sheets.id"], name="fk_appeals_sheet_id"),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_appeals_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
        sa.UniqueConstraint(
            "profile", "period", "unit_code", "key", name=op.f("uq_appeals_profile_period_unit_code_key")
        ),
    )
    op.create_index("ix_appeals_sheet_id", "appeals", ["sheet_id"])
    op.create_index("ix_appeals_state", "appeals", ["state", "at"])


def downgrade() -> None:
    for table in ("appeals", "frozen_sheets", "assess_rules", "assess_rulings", "unit_findings"):
        op.drop_table(table)
