"""Notes: all other mail owed to one address; the operator's notices are mailed as notes from now on.

Why it is safe: nothing that is owed is lost, for a notice whose mail still waits becomes a note.  What an older process
had on the wire at this moment is not sent again, as it never was; an older process finds the columns of a notice's
mail gone and fails, so stop the workers first, as for every change of the schema.

Revision: 0003, after 0002
"""

import secrets

import sqlalchemy as sa
from alembic import op

from newsletter.store.base import BigId, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ref", sa.LargeBinary(length=8), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=20), nullable=True),
        sa.Column("sealed_to", sa.LargeBinary(), nullable=True),
        sa.Column("tongue", sa.String(length=8), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("nth", sa.SmallInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "deferred",
                "sending",
                "sent",
                "refused",
                "doubtful",
                "skipped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=12), nullable=True),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("holder", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("crashes", sa.SmallInteger(), nullable=False),
        sa.Column("server", sa.String(length=255), nullable=True),
        sa.Column("code", sa.SmallInteger(), nullable=True),
        sa.Column("enhanced", sa.String(length=12), nullable=True),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("first_at", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.UniqueConstraint("lookup", "kind", "day", "nth", name=op.f("uq_notes_lookup_kind_day_nth")),
        sa.UniqueConstraint("ref", name=op.f("uq_notes_ref")),
    )
    op.create_index(op.f("ix_notes_not_before"), "notes", ["not_before"], unique=False)
    _owe_what_waits()
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint(op.f("ck_notices_mail"), type_="check")
        for column in ("mail", "not_before", "attempts"):
            notices.drop_column(column)


def _owe_what_waits() -> None:
    notices = sa.table(
        "notices",
        *(sa.column(name) for name in ("kind", "week", "text", "mail")),
        *(sa.column(name, Instant()) for name in ("at", "not_before")),
    )
    waiting = op.get_bind().execute(sa.select(notices).where(notices.c.mail.in_(("queued", "deferred")))).all()
    notes = sa.table(
        "notes",
        *(sa.column(name) for name in ("ref", "kind", "nth", "state", "attempts", "crashes")),
        sa.column("facts", sa.JSON()),
        sa.column("day", sa.Date()),
        sa.column("not_before", Instant()),
    )
    rows = [
        {
            "ref": secrets.token_bytes(8),
            "kind": "notice",
            "facts": {"notice": row.kind, "week": row.week or "", "text": row.text},
            "day": row.at.date(),
            "nth": 0,
            "state": "queued",
            "not_before": row.not_before,
            "attempts": 0,
            "crashes": 0,
        }
        for row in waiting
    ]
    if rows:
        op.bulk_insert(notes, rows)
