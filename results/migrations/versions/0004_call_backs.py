"""calls to our own numbers, and which contact each answers"""

import sqlalchemy as sa
from alembic import op

from results.tables import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_backs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("call", sa.String(length=100), nullable=False),
        sa.Column("own", sa.String(length=20), nullable=False),
        sa.Column("caller", sa.String(length=20)),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("shop", sa.String(length=200)),
        sa.Column("matched_by", sa.String(length=60)),
        sa.Column("suggested", sa.String(length=200)),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_backs")),
        sa.UniqueConstraint("call", name=op.f("uq_call_backs_call")),
    )
    op.create_index(op.f("ix_call_backs_shop"), "call_backs", ["shop"])
