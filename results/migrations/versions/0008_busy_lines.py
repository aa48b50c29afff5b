"""which lines are busy, and the pace of effects, for all processes together"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"
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
