"""which lines are busy, the pace of effects and the engine's jobs, for all processes together"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "busy_lines",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("shop", sa.String(length=200)),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_busy_lines")),
    )
    op.create_index(op.f("ix_busy_lines_shop"), "busy_lines", ["shop"])
    op.drop_index(op.f("ix_effects_organisation_effects_kind_effects_day"), table_name="effects")
    op.create_index(
        op.f("ix_effects_organisation_effects_kind_effects_day_effects_at"),
        "effects",
        ["organisation", "kind", "day", "at"],
    )
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.String(length=300), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("not_before", sa.Float(precision=53), nullable=False),
        sa.Column("holder", sa.String(length=32)),
        sa.Column("until", sa.Float(precision=53)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.JSON()),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_jobs_id")),
    )
    op.create_index(op.f("ix_jobs_state_jobs_turn_jobs_number"), "jobs", ["state", "turn", "number"])
    op.create_table(
        "held_scopes",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_held_scopes")),
    )
    op.create_index(op.f("ix_shops_organisation_shops_channel"), "shops", ["organisation", "channel"])
