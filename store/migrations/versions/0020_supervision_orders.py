"""How units are pressed and supervised: urgings, supervision orders, what was done under them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
TEXT = sa.Text()
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
APPEND_ONLY = ("urgings", "order_records")


def _in(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


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
    _urgings()
    _orders()
    _records()
    for table in APPEND_ONLY:
        _forbid_changes(table)


def _urgings() -> None:
    op.create_table(
        "urgings",
        sa.Column("id", WORD, nullable=False),
        sa.Column("number", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("way", WORD, nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.Column("rang", sa.Boolean(), nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(_in("way", "phone", "order", "notice", "warning"), name=op.f("ck_urgings_way")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_urgings_ticket_id"),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_urgings_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_urgings"),
        sa.UniqueConstraint("number", name="uq_urgings_number"),
    )
    op.create_index("ix_urgings_ticket_id", "urgings", ["ticket_id"])
    op.create_index("ix_urgings_unit_code", "urgings", ["unit_code"])


def _orders() -> None:
    triggers = ("leader_note", "red_card", "repeated", "overdue", "late_return", "other")
    forms = ("joint", "on_site", "listed", "summons", "special", "media")
    checks = {
        "trigger": triggers, "form": forms, "state": ("open", "closed"),
        "publication": ("none", "asked", "approved", "refused"),
    }  # fmt: skip
    op.create_table(
        "supervision_orders",
        sa.Column("id", WORD, nullable=False),
        sa.Column("ticket_id", WORD, nullable=False),
        sa.Column("parent_id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("group_id", WORD, nullable=False),
        sa.Column("trigger", WORD, nullable=False),
        sa.Column("form", WORD, nullable=True),
        sa.Column("clause", sa.String(length=200), nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("leader", TEXT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("opened_by", WORD, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("publication", WORD, nullable=False),
        sa.Column("publish_by", WORD, nullable=True),
        sa.Column("publish_at", INSTANT, nullable=True),
        sa.Column("publish_why", TEXT, nullable=True),
        sa.Column("decided_by", WORD, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_why", TEXT, nullable=True),
        sa.Column("alarmed_at", INSTANT, nullable=True),
        sa.Column("closed_by", WORD, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("result", TEXT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.CheckConstraint(_in(column, *values), name=op.f(f"ck_supervision_orders_{column}"))
            for column, values in checks.items()
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_supervision_orders_ticket_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["tickets.id"], name="fk_supervision_orders_parent_id"),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_supervision_orders_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_supervision_orders"),
        sa.UniqueConstraint("ticket_id", name="uq_supervision_orders_ticket_id"),
    )
    for name, columns in (
        ("parent_id", ["parent_id"]), ("group_id", ["group_id"]), ("unit", ["unit_code", "state"]),
        ("state", ["state", "alarmed_at"]),
    ):  # fmt: skip
        op.create_index(f"ix_supervision_orders_{name}", "supervision_orders", columns)


def _records() -> None:
    op.create_table(
        "order_records",
        sa.Column("id", WORD, nullable=False),
        sa.Column("order_id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("people", TEXT, nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            _in("kind", "visit", "meeting", "talk", "note"), name=op.f("ck_order_records_kind")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["supervision_orders.id"], name="fk_order_records_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_order_records"),
    )
    op.create_index("ix_order_records_order_id", "order_records", ["order_id"])


def downgrade() -> None:
    for table in ("order_records", "supervision_orders", "urgings"):
        op.drop_table(table)
