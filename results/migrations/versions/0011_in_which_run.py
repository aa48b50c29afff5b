"""in which run a call was placed, for caps on a run"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spending", sa.Column("run", sa.String(length=64)))
    op.create_index(op.f("ix_spending_run"), "spending", ["run"])
