"""The first schema: commentaries, subscribers, digests, and the ledger of deliveries.

Why it is safe: there is nothing before it.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.base import BigId, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "commentaries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=True),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "outlook",
            sa.Enum(
                "better", "unchanged", "worse", name="outlook", native_enum=False, create_constraint=True, length=12
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commentaries")),
        sa.UniqueConstraint("week", "slug", name=op.f("uq_commentaries_week_slug")),
    )
    op.create_index(op.f("ix_commentaries_section"), "commentaries", ["section"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("digest_id", BigId, nullable=False),
        sa.Column("letter_id", BigId, nullable=False),
        sa.Column("plan_id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=True),
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
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("crashes", sa.SmallInteger(), nullable=False),
        sa.Column("copy", sa.SmallInteger(), nullable=False),
        sa.Column("server", sa.String(length=255), nullable=True),
        sa.Column("code", sa.SmallInteger(), nullable=True),
        sa.Column("enhanced", sa.String(length=12), nullable=True),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("first_at", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        postgresql_with={"fillfactor": 45},
    )
    op.create_index("uq_deliveries_subscriber_id", "deliveries", ["subscriber_id", "digest_id"], unique=True)

    op.create_table(
        "digests",
        sa.Column("id", BigId, nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "assembled",
                "approved",
                "sending",
                "paused",
                "sent",
                "cancelled",
                "expired",
                "empty",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("planned_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("week", name=op.f("uq_digests_week")),
    )
    op.create_table(
        "domains",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=20), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domains")),
        sa.UniqueConstraint("lookup", name=op.f("uq_domains_lookup")),
    )
    op.create_table(
        "letters",
        sa.Column("id", BigId, nullable=False),
        sa.Column("digest_id", BigId, nullable=False),
        sa.Column("edition", sa.String(length=40), nullable=False),
        sa.Column("languages", sa.String(length=80), nullable=False),
        sa.Column(
            "variant",
            sa.Enum("full", "discreet", name="variant", native_enum=False, create_constraint=True, length=12),
            nullable=False,
        ),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("headers", sa.String(), nullable=False),
        sa.Column("leave_url", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_letters_digest_id_digests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint(
            "digest_id", "edition", "languages", "variant", name=op.f("uq_letters_digest_id_edition_languages_variant")
        ),
    )
    op.create_table(
        "notices",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("digest_id", BigId, nullable=True),
        sa.Column("week", sa.String(length=8), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column(
            "mail",
            sa.Enum(
                "queued",
                "deferred",
                "sending",
                "sent",
                "refused",
                "doubtful",
                "skipped",
                name="mail",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_notices_digest_id_digests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ref", sa.LargeBinary(length=8), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("domain_id", BigId, nullable=False),
        sa.Column("edition", sa.String(length=40), nullable=False),
        sa.Column("languages", sa.String(length=80), nullable=False),
        sa.Column(
            "variant",
            sa.Enum("full", "discreet", name="variant", native_enum=False, create_constraint=True, length=12),
            nullable=False,
        ),
        sa.Column("tongue", sa.String(length=8), nullable=False),
        sa.Column(
            "state",
            sa.Enum("active", "paused", "stopped", name="state", native_enum=False, create_constraint=True, length=12),
            nullable=False,
        ),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("stop_reason", sa.String(length=40), nullable=True),
        sa.Column("since_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name=op.f("fk_subscribers_domain_id_domains")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("lookup", name=op.f("uq_subscribers_lookup")),
        sa.UniqueConstraint("ref", name=op.f("uq_subscribers_ref")),
    )
    op.create_index(op.f("ix_subscribers_domain_id"), "subscribers", ["domain_id"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=20), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "left",
                "erased",
                "complaint",
                "operator",
                "imported",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("lookup", name=op.f("uq_suppressions_lookup")),
    )
    op.create_table(
        "translations",
        sa.Column("commentary_id", BigId, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("standfirst", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["commentary_id"],
            ["commentaries.id"],
            name=op.f("fk_translations_commentary_id_commentaries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commentary_id", "language", name=op.f("pk_translations")),
    )
    op.create_table(
        "plans",
        sa.Column("id", BigId, nullable=False),
        sa.Column("digest_id", BigId, nullable=False),
        sa.Column("letter_id", BigId, nullable=False),
        sa.Column("wave", sa.String(length=8), nullable=False),
        sa.Column("lo", BigId, nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_plans_digest_id_digests")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_plans_letter_id_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_digest_id"), "plans", ["digest_id"], unique=False)

    op.create_table(
        "workers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("letter_id", BigId, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("lease_until", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_workers_letter_id_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "batches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("letter_id", BigId, nullable=False),
        sa.Column("lo", BigId, nullable=False),
        sa.Column("hi", BigId, nullable=False),
        sa.Column("worker_id", BigId, nullable=True),
        sa.Column("not_before", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_batches_letter_id_letters")),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name=op.f("fk_batches_worker_id_workers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_letter_id"), "batches", ["letter_id"], unique=False)
