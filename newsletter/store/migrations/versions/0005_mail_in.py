"""Mail in: what was received, what came back, and how far that counts.

Why it is safe: new tables, an index, and columns that may be empty; older processes do not know of them and do not
need them.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.base import BigId, Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    states = sa.Enum(*("waiting", "done", "review"), name="state", native_enum=False, create_constraint=True, length=12)
    op.create_table(
        "received",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ref", sa.LargeBinary(length=8), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=20), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("what", sa.String(length=120), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received")),
        sa.UniqueConstraint("ref", name=op.f("uq_received_ref")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_received_fingerprint")),
    )
    op.create_index(op.f("ix_received_not_before"), "received", ["not_before"], unique=False)
    op.create_index(op.f("ix_received_at"), "received", ["at"], unique=False)
    op.create_table(
        "bounces",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("enhanced", sa.String(length=12), nullable=True),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("received_id", BigId, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_bounces_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
    )
    op.create_index(op.f("ix_bounces_subscriber_id"), "bounces", ["subscriber_id"], unique=False)
    op.create_index(op.f("ix_bounces_digest_id"), "bounces", ["digest_id"], unique=False)
    op.add_column("subscribers", sa.Column("forgiven_week", sa.String(length=8), nullable=True))
    op.add_column("digests", sa.Column("disbelieved", sa.Boolean(), nullable=True))
    op.create_index(op.f("ix_audit_ref"), "audit", ["ref"], unique=False)  # whoever leaves is taken out of it
