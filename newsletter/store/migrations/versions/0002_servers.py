"""How the mail servers fare: pace, slowing down, circuits.

Why it is safe: a new table, which older processes do not know of and do not need.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "servers",
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("free_at", sa.Float(precision=53), nullable=False),
        sa.Column("slowed_to", sa.Float(precision=53), nullable=True),
        sa.Column("out_until", sa.Float(precision=53), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_servers")),
    )
