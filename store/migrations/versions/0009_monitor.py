"""Call details as Asterisk counts them, numbers of units, probes of them and rulings on those."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(length=64)
CHANNEL = sa.String(length=150)
TEXT = sa.Text()
TABLES = ("cdr", "cel", "unit_phones", "probes", "probe_rulings")


def upgrade() -> None:
    _call_details()
    _probes()


def _call_details() -> None:
    op.create_table(
        "cdr",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("accountcode", TEXT, nullable=False),
        sa.Column("src", TEXT, nullable=True),
        sa.Column("dst", TEXT, nullable=True),
        sa.Column("dcontext", TEXT, nullable=False),
        sa.Column("clid", TEXT, nullable=True),
        *(sa.Column(n, TEXT, nullable=False) for n in ("channel", "dstchannel", "lastapp", "lastdata")),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("answer", INSTANT, nullable=True),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("billsec", sa.Double(), nullable=False),
        sa.Column("disposition", WORD, nullable=False),
        sa.Column("amaflags", WORD, nullable=False),
        sa.Column("userfield", TEXT, nullable=False),
        sa.Column("uniqueid", CHANNEL, nullable=False),
        sa.Column("linkedid", CHANNEL, nullable=False),
        sa.Column("peeraccount", TEXT, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cdr"),
    )
    op.create_index("ix_cdr_call_id", "cdr", ["call_id"])
    op.create_index("ix_cdr_linkedid", "cdr", ["linkedid"])
    op.create_index("ix_cdr_start", "cdr", ["start"])

    op.create_table(
        "cel",
        sa.Column("id", WORD, nullable=False),
        sa.Column("call_id", WORD, nullable=True),
        sa.Column("eventtype", WORD, nullable=False),
        sa.Column("eventtime", INSTANT, nullable=False),
        sa.Column("userdeftype", TEXT, nullable=False),
        *(
            sa.Column(n, TEXT, nullable=True)
            for n in ("cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid")
        ),
        *(sa.Column(n, TEXT, nullable=False) for n in ("exten", "context", "channame", "appname", "appdata")),
        sa.Column("amaflags", WORD, nullable=False),
        sa.Column("accountcode", TEXT, nullable=False),
        sa.Column("uniqueid", CHANNEL, nullable=False),
        sa.Column("linkedid", CHANNEL, nullable=False),
        *(sa.Column(n, TEXT, nullable=False) for n in ("userfield", "peer", "extra")),
        sa.PrimaryKeyConstraint("id", name="pk_cel"),
    )
    op.create_index("ix_cel_call", "cel", ["call_id", "eventtime"])
    op.create_index("ix_cel_eventtime", "cel", ["eventtime"])
    op.create_index("ix_cel_linkedid", "cel", ["linkedid"])


def _probes() -> None:
    op.create_table(
        "unit_phones",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("number_hash", sa.String(length=128), nullable=False),
        sa.Column("holder", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('fixed', 'leader', 'handler')", name=op.f("ck_unit_phones_kind")),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_unit_phones_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_phones"),
        sa.UniqueConstraint(
            "unit_code", "kind", "number_hash", name="uq_unit_phones_unit_code_kind_number_hash"
        ),
    )
    op.create_index("ix_unit_phones_unit_code", "unit_phones", ["unit_code"])

    op.create_table(
        "probes",
        sa.Column("id", WORD, nullable=False),
        sa.Column("phone_id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("outcome", WORD, nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("asked_by", WORD, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('answered', 'no_answer', 'rejected', 'unreachable', 'busy', 'congestion', 'not_placed')",
            name=op.f("ck_probes_outcome"),
        ),
        sa.ForeignKeyConstraint(["phone_id"], ["unit_phones.id"], name="fk_probes_phone_id"),
        sa.PrimaryKeyConstraint("id", name="pk_probes"),
    )
    op.create_index("ix_probes_at", "probes", ["at"])
    op.create_index("ix_probes_phone", "probes", ["phone_id", "at"])
    op.create_index("ix_probes_unit", "probes", ["unit_code", "at"])
    unsettled = sa.text("outcome IS NULL")
    op.create_index(
        "ix_probes_unsettled", "probes", ["at"], sqlite_where=unsettled, postgresql_where=unsettled
    )

    op.create_table(
        "probe_rulings",
        sa.Column("id", WORD, nullable=False),
        sa.Column("unit_code", WORD, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("ruled_by", WORD, nullable=False),
        sa.Column("ruled_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name="fk_probe_rulings_unit_code"),
        sa.PrimaryKeyConstraint("id", name="pk_probe_rulings"),
    )
    op.create_index("ix_probe_rulings_unit_code", "probe_rulings", ["unit_code"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
