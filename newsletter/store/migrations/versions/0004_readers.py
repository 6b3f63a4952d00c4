"""Readers: askings, consents, tallies.

Why it is safe: new tables, and an index; older processes do not know of them and do not need them.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.base import BigId, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=12)


def upgrade() -> None:
    op.create_table(
        "askings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ref", sa.LargeBinary(length=8), nullable=False),
        sa.Column("kind", _one_of("kind", "subscribe", "access", "move"), nullable=False),
        sa.Column("state", _one_of("state", "asked", "answered", "confirmed"), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("subscriber_ref", sa.LargeBinary(length=8), nullable=True),
        sa.Column("edition", sa.String(length=40), nullable=True),
        sa.Column("languages", sa.String(length=80), nullable=True),
        sa.Column("variant", _one_of("variant", "full", "discreet"), nullable=True),
        sa.Column("tongue", sa.String(length=8), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_askings")),
        sa.UniqueConstraint("ref", name=op.f("uq_askings_ref")),
    )
    for column in ("expires_at", "lookup", "subscriber_ref"):
        op.create_index(op.f(f"ix_askings_{column}"), "askings", [column], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("tongue", sa.String(length=8), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_consents_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_subscriber_id"), "consents", ["subscriber_id"], unique=False)
    op.create_table(
        "tallies",
        sa.Column("id", BigId, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tallies")),
        sa.UniqueConstraint("month", "what", name=op.f("uq_tallies_month_what")),
    )
    op.create_index(op.f("ix_notes_day"), "notes", ["day"], unique=False)
