"""what was forgotten, changes of consent, the nights of schedules, and who serves"""

import sqlalchemy as sa
from alembic import op

from results.tables import Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mails") as table:
        table.add_column(sa.Column("forgotten_at", Utc(timezone=True)))
    op.create_table(
        "forgotten",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "consent_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_changes")),
    )
    op.create_index(op.f("ix_consent_changes_organisation"), "consent_changes", ["organisation"])
    op.create_table(
        "schedule_marks",
        sa.Column("schedule", sa.String(length=64), nullable=False),
        sa.Column("until", Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("schedule", name=op.f("pk_schedule_marks")),
    )
    op.create_table(
        "nights",
        sa.Column("schedule", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("handled_at", Utc(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wave", sa.String(length=64)),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "day", name=op.f("pk_nights")),
    )
    op.create_index(op.f("ix_nights_wave"), "nights", ["wave"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("since", Utc(timezone=True), nullable=False),
        sa.Column("until", Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "troubles",
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("since", Utc(timezone=True), nullable=False),
        sa.Column("last", Utc(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_troubles")),
    )
