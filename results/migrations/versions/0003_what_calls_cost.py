"""what calls cost, for caps on an account"""

import sqlalchemy as sa
from alembic import op

from results.tables import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spending",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wave", sa.String(length=64)),
        sa.Column("shop", sa.String(length=200)),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("pence", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending")),
    )
    op.create_index(op.f("ix_spending_day"), "spending", ["day"])
    op.create_index(op.f("ix_spending_wave"), "spending", ["wave"])
