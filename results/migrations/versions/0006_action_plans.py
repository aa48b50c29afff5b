"""action plans: what managers do about the findings, and what the next wave measures of it"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("wave", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("criterion", sa.String(length=200)),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("level", sa.Float()),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("date", sa.Date()),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Column("future", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["waves.id"], name=op.f("fk_actions_wave_waves")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_organisation"), "actions", ["organisation"])
