"""tasks handed out to people, their forms, reviews and appeals"""

import sqlalchemy as sa
from alembic import op

from results.tables import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("shop", sa.String(length=200), nullable=False),
        sa.Column("shopper", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("handed_out_at", Utc(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_tasks_shop")),
        sa.PrimaryKeyConstraint("shop", "shopper", name=op.f("pk_tasks")),
    )
    op.create_table(
        "forms",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("shop", sa.String(length=200), nullable=False),
        sa.Column("shopper", sa.String(length=64), nullable=False),
        sa.Column("made_at", Utc(timezone=True)),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("imported_at", Utc(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_forms_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
        sa.UniqueConstraint("shop", "shopper", "digest", name=op.f("uq_forms_shop_shopper_digest")),
    )
    for name in ("reviews", "appeals"):
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
            sa.Column("shop", sa.String(length=200), nullable=False),
            sa.Column("document", sa.JSON(), nullable=False),
            sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f(f"fk_{name}_shop")),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        )
        op.create_index(op.f(f"ix_{name}_shop"), name, ["shop"])
