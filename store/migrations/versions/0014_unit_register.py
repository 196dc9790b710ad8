"""Units belong to places and have people; every change of their entry is kept. Duty rooms and editors have numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
HASH = sa.String(length=128)
TEXT = sa.Text()
KINDS = ("fixed", "leader", "handler", "duty", "editor")
KINDS_BEFORE = KINDS[:3]


def _in(column: str, values: tuple[str, ...]) -> str:
    words = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({words})"


def _kinds(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("unit_phones") as batch:
        batch.drop_constraint(op.f("ck_unit_phones_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_unit_phones_kind"), _in("kind", values))


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
    with op.batch_alter_table("units") as batch:
        batch.add_column(sa.Column("division", WORD, nullable=True))
        batch.add_column(sa.Column("parent_code", WORD, nullable=True))
        batch.add_column(sa.Column("section", TEXT, nullable=False, server_default=""))
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.create_foreign_key("fk_units_parent_code", "units", ["parent_code"], ["code"])
        batch.create_index("ix_units_division", ["division"])
    with op.batch_alter_table("units") as batch:
        batch.alter_column("section", server_default=None)
        batch.alter_column("version", server_default=None)
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("division", WORD, nullable=True))
    _kinds(KINDS)
    _people()
    _changes()


def _people() -> None:
    op.create_table(
        "unit_people",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("duty", WORD, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_hash", HASH, nullable=False),
        sa.Column("post", TEXT, nullable=True),
        sa.Column("user_id", WORD, nullable=True),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.CheckConstraint(_in("duty", ("leader", "handler", "editor")), name=op.f("ck_unit_people_duty")),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_unit_people_unit_code"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_unit_people_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_people"),
    )
    op.create_index("ix_unit_people_unit", "unit_people", ["unit_code", "until"])


def _changes() -> None:
    op.create_table(
        "unit_changes",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("what", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.Column("why", TEXT, nullable=False),
        sa.CheckConstraint(
            _in("action", ("added", "changed", "removed")), name=op.f("ck_unit_changes_action")
        ),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_unit_changes_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_changes"),
    )
    op.create_index("ix_unit_changes_unit", "unit_changes", ["unit_code", "at"])
    op.create_index("ix_unit_changes_at", "unit_changes", ["at"])
    _forbid_changes("unit_changes")


def downgrade() -> None:
    op.drop_table("unit_changes")
    op.drop_table("unit_people")
    op.execute(sa.text("DELETE FROM probes WHERE kind NOT IN ('fixed', 'leader', 'handler')"))
    op.execute(sa.text("DELETE FROM unit_phones WHERE kind NOT IN ('fixed', 'leader', 'handler')"))
    _kinds(KINDS_BEFORE)
    with op.batch_alter_table("users") as batch:
        batch.drop_column("division")
    with op.batch_alter_table("units") as batch:
        batch.drop_index("ix_units_division")
        batch.drop_constraint("fk_units_parent_code", type_="foreignkey")
        for name in ("version", "section", "parent_code", "division"):
            batch.drop_column(name)
