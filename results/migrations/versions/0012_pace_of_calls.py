"""when the next call of a carrier's account may be placed, whichever process places it"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_paces",
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("next_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_call_paces")),
    )
