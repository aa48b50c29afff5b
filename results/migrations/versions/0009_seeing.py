"""when each part of a server last did its work, alerts and who was told of them, and indexes for counting"""

import sqlalchemy as sa
from alembic import op

from results.tables import Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_shops_shopper_shops_state_shops_channel_shops_due_at"),
        "shops",
        ["shopper", "state", "channel", "due_at"],
    )
    op.create_index(op.f("ix_shops_closed_at"), "shops", ["closed_at"])
    op.create_index(op.f("ix_refusals_at"), "refusals", ["at"])
    op.create_table(
        "beats",
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_beats")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("whose", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=64)),
        sa.Column("begun_at", Utc(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("over_at", Utc(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_over_at"), "alerts", ["over_at"])
    op.create_table(
        "alert_notices",
        sa.Column("alert", sa.Integer(), nullable=False),
        sa.Column("turn", sa.String(length=8), nullable=False),
        sa.Column("route", sa.String(length=300), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_alert_notices_alert")),
        sa.PrimaryKeyConstraint("alert", "turn", "route", name=op.f("pk_alert_notices")),
    )
